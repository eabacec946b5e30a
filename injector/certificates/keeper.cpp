#include "injector/certificates/keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>
#include <variant>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/time_text.h"
#include "injector/certificates/certificate.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

namespace injector::certificates {
namespace {

namespace json_text = elector::json_text;
using cluster::kMutatingWebhookConfigurations;
using cluster::kSecrets;
using elector::election::ApiError;
using elector::election::ErrorKind;
using elector::runtime::jsonString;

constexpr const char* kAuthorityCertificate = "ca.crt";
constexpr const char* kAuthorityKey = "ca.key";
constexpr const char* kPrevious = "previous.crt";
constexpr const char* kLeafCertificate = "tls.crt";
constexpr const char* kLeafKey = "tls.key";

// A whole renewal takes five steps, of which settling ends a round: more would be a fault, and the
// next round tries again.
constexpr int kStepsPerRound = 8;

std::string decoded(std::string_view object, std::string_view key) {
    const auto text = json_text::stringIn(json_text::member(object, key).value_or(""));
    return fromBase64(text.value_or("")).value_or("");
}

// A value of a Secret; "" where there is none, or what is there is no base64.
std::string secretValue(std::string_view secret, std::string_view key) {
    return decoded(json_text::member(secret, "data").value_or(""), key);
}

std::optional<std::string_view> webhookIn(std::string_view configuration) {
    for (const std::string_view webhook :
         json_text::elementsOf(json_text::member(configuration, "webhooks").value_or(""))) {
        const auto name = json_text::stringIn(json_text::member(webhook, "name").value_or(""));
        if (name == elector::names::kWebhook) {
            return webhook;
        }
    }
    return std::nullopt;
}

std::optional<WallTime> expiryOf(const std::string& pem) {
    const std::vector<Certificate> certificates = Certificate::readAll(pem);
    return certificates.empty() ? std::nullopt : std::optional(certificates.front().notAfter());
}

ApiError failure(ErrorKind kind, std::string sentence) {
    return {kind, 0, std::nullopt, std::move(sentence)};
}

std::string missing(const char* kind, const std::string& name) {
    return fmt::format(
        "there is no {} {}; whoever installed the injector made it, so install it "
        "again or upgrade it",
        kind, name);
}

// What a step did, for the log.
std::pair<const char*, std::string> described(const Step& step) {
    struct Visitor {
        std::pair<const char*, std::string> operator()(const MintAuthority& mint) const {
            return {"made a certificate authority", mint.reason};
        }
        std::pair<const char*, std::string> operator()(const StorePrevious& store) const {
            return {"changed which former certificate authorities are trusted", store.reason};
        }
        std::pair<const char*, std::string> operator()(const PublishBundle& publish) const {
            return {"published the certificate authorities to trust", publish.reason};
        }
        std::pair<const char*, std::string> operator()(const MintLeaf& mint) const {
            return {"made a certificate for the webhook", mint.reason};
        }
        std::pair<const char*, std::string> operator()(const Rest& /*rest*/) const { return {}; }
    };
    return std::visit(Visitor(), step);
}

}  // namespace

std::vector<std::string> serviceNames(const std::string& service, const std::string& space) {
    return {fmt::format("{}.{}.svc", service, space), fmt::format("{}.{}", service, space)};
}

Keeper::Keeper(Places places, Lifetimes lifetimes, cluster::Api& api,
               const elector::runtime::Clock& clock, const elector::runtime::Log& log)
    : places_(std::move(places)),
      lifetimes_(lifetimes),
      names_(serviceNames(places_.service, places_.space)),
      api_(api),
      clock_(clock),
      log_(log) {}

Duration Keeper::keep() {
    const auto failed = [this](const ApiError& error) {
        // A conflict is somebody else's write: the next look sees it.
        if (error.message != trouble_ && error.kind != ErrorKind::Conflict) {
            log_.warn("cannot maintain the webhook's certificate, will retry",
                      {{"error", error.message}});
        }
        trouble_ = error.message;
        return kRetryPeriod;
    };
    for (int steps = 0; steps < kStepsPerRound; ++steps) {
        const Result<Seen> seen = look();
        if (!seen) {
            return failed(seen.error());
        }
        const Step step = nextStep(seen.value().stored, names_, clock_.wall(), lifetimes_);
        if (const Rest* rest = std::get_if<Rest>(&step)) {
            trouble_.clear();
            return std::min<Duration>(rest->wait, kCheckPeriod);
        }
        if (const Result<Done> done = carryOut(step, seen.value()); !done) {
            return failed(done.error());
        }
        const auto [sentence, reason] = described(step);
        log_.info(sentence, {{"reason", reason}});
    }
    return failed(failure(ErrorKind::Server,
                          "what is stored does not come to rest; does another "
                          "program write the certificates as well?"));
}

// The configuration is read first: where another keeper replaces the authority meanwhile, it
// publishes afterwards, and our write to the configuration as read here conflicts.
Keeper::Result<Keeper::Seen> Keeper::look() {
    const auto configuration =
        read(cluster::objectPath(kMutatingWebhookConfigurations, "", places_.webhookConfiguration),
             "MutatingWebhookConfiguration", places_.webhookConfiguration);
    if (!configuration) {
        return configuration.error();
    }
    const auto webhook = webhookIn(configuration.value());
    if (!webhook) {
        return failure(ErrorKind::NotFound,
                       fmt::format("the MutatingWebhookConfiguration {} has no webhook {}",
                                   places_.webhookConfiguration, elector::names::kWebhook));
    }
    const auto authority =
        read(cluster::objectPath(kSecrets, places_.space, places_.authoritySecret), "Secret",
             places_.authoritySecret);
    if (!authority) {
        return authority.error();
    }
    const auto leaf = read(cluster::objectPath(kSecrets, places_.space, places_.leafSecret),
                           "Secret", places_.leafSecret);
    if (!leaf) {
        return leaf.error();
    }
    Seen seen;
    for (const auto& [document, version] : {std::pair(&configuration, &seen.configuration),
                                            {&authority, &seen.authority},
                                            {&leaf, &seen.leaf}}) {
        const auto meta = cluster::parseMeta(document->value());
        if (!meta) {
            return meta.error();
        }
        *version = {meta.value().uid, meta.value().resourceVersion};
    }
    Stored& stored = seen.stored;
    stored.authority = {{secretValue(authority.value(), kAuthorityCertificate),
                         secretValue(authority.value(), kAuthorityKey)},
                        secretValue(authority.value(), kPrevious)};
    stored.leaf = {secretValue(leaf.value(), kLeafCertificate),
                   secretValue(leaf.value(), kLeafKey)};
    stored.bundle = decoded(json_text::member(*webhook, "clientConfig").value_or(""), "caBundle");
    stored.carriedFor = carriedFor(stored.bundle);
    leafExpiry_ = expiryOf(stored.leaf.certificate);
    authorityExpiry_ = expiryOf(stored.authority.current.certificate);
    return seen;
}

Keeper::Result<std::string> Keeper::read(const std::string& path, const char* kind,
                                         const std::string& name) {
    auto object = api_.get(path);
    if (!object) {
        return failure(object.error().kind, fmt::format("cannot read the {} {}: {}", kind, name,
                                                        object.error().message));
    }
    std::optional<std::string> document = std::move(object).value();
    if (!document) {
        return failure(ErrorKind::NotFound, missing(kind, name));
    }
    if (!json_text::isValid(*document)) {
        return failure(ErrorKind::Malformed, fmt::format("the {} {} is not JSON", kind, name));
    }
    return std::move(*document);
}

// Notes that the configuration carries this bundle; for how long it is known to.
Duration Keeper::carriedFor(const std::string& bundle) {
    const elector::runtime::Instant now = clock_.now();
    if (!bundleSince_ || bundle != bundle_) {
        bundle_ = bundle;
        bundleSince_ = now;
        return {};
    }
    return now - *bundleSince_;
}

elector::runtime::Result<cluster::Done> Keeper::carryOut(const Step& step, const Seen& seen) {
    struct Visitor {
        Keeper& keeper;
        const Seen& seen;

        Result<Done> operator()(const MintAuthority& mint) const {
            const KeyPair pair = mintAuthority(keeper.clock_.wall(), keeper.lifetimes_.authority);
            return keeper.storeSecret(keeper.places_.authoritySecret, seen.authority,
                                      {{kAuthorityCertificate, pair.certificate},
                                       {kAuthorityKey, pair.key},
                                       {kPrevious, mint.previous}});
        }
        Result<Done> operator()(const StorePrevious& store) const {
            return keeper.storeSecret(keeper.places_.authoritySecret, seen.authority,
                                      {{kPrevious, store.previous}});
        }
        Result<Done> operator()(const PublishBundle& publish) const {
            return keeper.publish(publish.bundle, seen.configuration);
        }
        Result<Done> operator()(const MintLeaf& /*mint*/) const {
            const KeyPair leaf = mintLeaf(seen.stored.authority.current, keeper.names_,
                                          keeper.clock_.wall(), keeper.lifetimes_.leaf);
            return keeper.storeSecret(keeper.places_.leafSecret, seen.leaf,
                                      {{kLeafCertificate, leaf.certificate}, {kLeafKey, leaf.key}});
        }
        Result<Done> operator()(const Rest& /*rest*/) const { return Done(); }
    };
    try {
        return std::visit(Visitor{*this, seen}, step);
    } catch (const std::exception& error) {  // of OpenSSL
        return failure(ErrorKind::Server, error.what());
    }
}

// A merge patch, so that keys of others stay; of the named keys those with an empty value go.
elector::runtime::Result<cluster::Done> Keeper::storeSecret(
    const std::string& name, const Version& version,
    const std::vector<std::pair<std::string, std::string>>& data) {
    std::string members;
    for (const auto& [key, value] : data) {
        members += fmt::format("{}{}:{}", members.empty() ? "" : ",", jsonString(key),
                               value.empty() ? "null" : jsonString(toBase64(value)));
    }
    const std::string body =
        fmt::format(R"({{"metadata":{{"uid":{},"resourceVersion":{}}},"data":{{{}}}}})",
                    jsonString(version.uid), jsonString(version.resourceVersion), members);
    const auto patched = api_.mergePatch(cluster::objectPath(kSecrets, places_.space, name), body);
    if (!patched) {
        return failure(patched.error().kind, fmt::format("cannot write the Secret {}: {}", name,
                                                         patched.error().message));
    }
    return Done();
}

// By server-side apply, which finds the webhook by its name wherever it stands in the list (a merge
// patch would replace the list), and makes the field ours: whoever installs the injector by
// server-side apply as well, and leaves it out, neither conflicts with us nor takes it away. uid
// and resourceVersion make it a compare-and-swap, which creates nothing either. By force, because
// nobody else can know what has to stand there.
elector::runtime::Result<cluster::Done> Keeper::publish(const std::string& bundle,
                                                        const Version& version) {
    const std::string body = fmt::format(
        R"({{"apiVersion":{},"kind":{},"metadata":{{"name":{},"uid":{},"resourceVersion":{}}},)"
        R"("webhooks":[{{"name":{},"clientConfig":{{"caBundle":{}}}}}]}})",
        jsonString(kMutatingWebhookConfigurations.apiVersion),
        jsonString(kMutatingWebhookConfigurations.kind), jsonString(places_.webhookConfiguration),
        jsonString(version.uid), jsonString(version.resourceVersion),
        jsonString(elector::names::kWebhook), jsonString(toBase64(bundle)));
    const auto applied = api_.apply(
        cluster::objectPath(kMutatingWebhookConfigurations, "", places_.webhookConfiguration), body,
        cluster::Api::Force::Yes);
    if (!applied) {
        return failure(applied.error().kind,
                       fmt::format("cannot write the caBundle of the MutatingWebhookConfiguration "
                                   "{}: {}",
                                   places_.webhookConfiguration, applied.error().message));
    }
    return Done();
}

}  // namespace injector::certificates
