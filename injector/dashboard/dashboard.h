#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "elector/config/values.h"
#include "elector/http/server.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/cluster/informer.h"
#include "injector/elections/elections.h"

namespace injector::dashboard {

// What is shown of the process that shows.
struct Source {
    std::string replica;                 // its name
    std::function<bool()> leads;         // whether it is the operator that works; any thread
    elector::config::Address address;    // where to serve; on no other than loopback by default
    std::vector<std::string> hostNames;  // by which it may be asked for, besides localhost and IPs
};

// A page with every election of the cluster, read-only and live, over plain HTTP: for people, by
// `kubectl port-forward`. Follows Leases and Pods by itself, in each replica of the operator,
// whichever leads: what it counts is what it saw since it started.
//
//   GET /                       the page, and its files beside it
//   GET /api/elections          all elections as JSON
//   GET /api/elections/watch    the same as server-sent events, then what changes
//
// Times are milliseconds on a clock of the server's own, of which each message says "now".
//
// Threads: one of the server, one for each kind that is followed.
class Dashboard {
  public:
    // Listens from here on. Throws std::runtime_error with a sentence where it cannot. `clock` and
    // `log` outlive it.
    Dashboard(Source source, elector::kubernetes::Access access,
              const elector::runtime::Clock& clock, const elector::runtime::Log& log);
    ~Dashboard();
    Dashboard(const Dashboard&) = delete;
    Dashboard& operator=(const Dashboard&) = delete;

    // Follows the cluster, and answers, until the destruction, which ends both within moments.
    // Once.
    void start();

    std::uint16_t port() const { return server_->port(); }

    static constexpr std::size_t kMaxViewers = 32;
    // How often viewers are told of what changed, and how often that nothing did.
    static constexpr std::chrono::milliseconds kBetweenUpdates{250};
    static constexpr std::chrono::seconds kBetweenBeats{5};
    // The most elections in one message: a page is drawn before the last one has come.
    static constexpr std::size_t kAtOnce = 100;

  private:
    class LeaseSink;
    class PodSink;

    // Somebody who watches. All in the server's loop.
    struct Viewer {
        elector::http::Responder responder;
        std::uint64_t seen = 0;  // the version of the table up to which it was told
        bool began = false;
        bool beat = false;
        std::string problem;  // that it was told of last
    };

    void follow(cluster::Selection selection, std::unique_ptr<cluster::InformerSink> sink);
    elector::http::Router routes();
    std::variant<elector::http::Response, elector::http::Later> watch();
    std::string next(Viewer& viewer);
    void tick();
    // What keeps the page from being true; "" for nothing.
    std::string problem() const;
    // The message for who was told up to `seen`, which becomes what it is told of. REQUIRES: mutex_
    std::string message(std::uint64_t& seen, bool isWhole, std::size_t most,
                        const std::string& problem);
    const std::string& textOf(const elections::Election& election);

    const Source source_;
    const elector::kubernetes::Access access_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;

    mutable std::mutex mutex_;
    elections::Elections table_;
    struct Text {
        std::uint64_t version = 0;
        std::string json;
    };
    std::map<cluster::ObjectKey, Text> texts_;  // of elections, until they change

    // Of the server's loop.
    std::list<std::shared_ptr<Viewer>> viewers_;
    elector::runtime::Instant nextBeat_;
    bool ticking_ = false;

    std::unique_ptr<elector::http::Server> server_;
    std::vector<std::unique_ptr<cluster::InformerSink>> sinks_;
    // Last, so that they end before what they use.
    std::vector<std::unique_ptr<cluster::Informer>> informers_;
};

}  // namespace injector::dashboard
