#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/certificates/rotation.h"
#include "injector/cluster/api.h"

namespace injector::certificates {

// Where the keeper finds and puts things. All of these objects are made by whoever installs the
// injector, without content; the keeper only fills them in.
struct Places {
    std::string space;                 // the namespace of the two Secrets and of the Service
    std::string authoritySecret;       // keys ca.crt, ca.key, previous.crt
    std::string leafSecret;            // keys tls.crt, tls.key
    std::string webhookConfiguration;  // a MutatingWebhookConfiguration
    std::string service;               // of the webhook
};

// The DNS names of a service that do not depend on the cluster's domain: first the one that API
// servers call.
std::vector<std::string> serviceNames(const std::string& service, const std::string& space);

// Mints, renews and publishes the webhook's certificate, one step of rotation.h after the other.
// Every write is a compare-and-swap on the object's resourceVersion, and creates nothing. For the
// elected replica; a second one that works at the same time, by mistake, does no harm.
//
// Rights that it needs: get and patch on the two Secrets and the configuration, by name.
//
// Threads: one.
class Keeper {
  public:
    // `api`, `clock` and `log` outlive it.
    Keeper(Places places, Lifetimes lifetimes, cluster::Api& api,
           const elector::runtime::Clock& clock, const elector::runtime::Log& log);

    // Looks, and does what is due. Never throws. Returns after how long to come again: kCheckPeriod
    // at most, as somebody may have damaged what is stored; sooner after a failure.
    Duration keep();

    // Of the stored leaf and authority, as last read; nothing where there was none.
    std::optional<WallTime> leafExpiry() const { return leafExpiry_; }
    std::optional<WallTime> authorityExpiry() const { return authorityExpiry_; }
    // Why the last keep() did not succeed, in a sentence; "" where it did.
    const std::string& trouble() const { return trouble_; }

    static constexpr std::chrono::seconds kCheckPeriod{30};
    static constexpr std::chrono::seconds kRetryPeriod{5};

  private:
    // An object as read: for the compare-and-swap.
    struct Version {
        std::string uid;
        std::string resourceVersion;
    };
    struct Seen {
        Stored stored;
        Version authority;
        Version leaf;
        Version configuration;
    };
    using Done = cluster::Done;
    template <typename T>
    using Result = cluster::Result<T>;

    Result<Seen> look();
    Result<std::string> read(const std::string& path, const char* kind, const std::string& name);
    Result<Done> carryOut(const Step& step, const Seen& seen);
    Result<Done> storeSecret(const std::string& name, const Version& version,
                             const std::vector<std::pair<std::string, std::string>>& data);
    Result<Done> publish(const std::string& bundle, const Version& version);
    Duration carriedFor(const std::string& bundle);

    const Places places_;
    const Lifetimes lifetimes_;
    const std::vector<std::string> names_;
    cluster::Api& api_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;

    // The bundle that the configuration carried when it was last read, and since when, at the
    // latest, it has.
    std::string bundle_;
    std::optional<elector::runtime::Instant> bundleSince_;
    std::optional<WallTime> leafExpiry_;
    std::optional<WallTime> authorityExpiry_;
    std::string trouble_;
};

}  // namespace injector::certificates
