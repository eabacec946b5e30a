#include "elector/elector.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <utility>

#include "elector/election/election.h"
#include "elector/health/probes.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/random.h"
#include "elector/store/file_store.h"
#include "elector/store/kubernetes_store.h"
#include "elector/store/read_only_store.h"
#include "elector/store/yielding_store.h"
#include "elector/version.h"

namespace elector {
namespace {

// Above the longest wait that LeaderApi grants.
constexpr std::chrono::minutes kLongestLater{11};

// How long a leader whose program failed stands back: it may fail again.
std::optional<election::HealthGate> gateOf(const config::Config& config) {
    if (!config.health) {
        return std::nullopt;
    }
    constexpr std::chrono::seconds kLeast{10};
    return election::HealthGate{
        .pause = std::max<election::Duration>(kLeast, config.timing.leaseDuration),
        .degradedAfter = config.health->degradedAfter};
}

election::Settings settingsOf(const config::Config& config) {
    return {{config.id, config.podUid, config.podUid + "/" + runtime::randomHex(16)},
            config.timing,
            config.onMissing,
            config.onShutdown,
            config.drain,
            runtime::randomSeed(),
            gateOf(config)};
}

struct MakeProbe {
    LeaderApi& api;
    const runtime::Clock& clock;

    health::Probe operator()(const kubernetes::Endpoint& target) const {
        return health::httpProbe(target, clock);
    }
    health::Probe operator()(const config::HealthCheck::File& file) const {
        return health::fileProbe(file.path, file.maxAge, clock);
    }
    health::Probe operator()(const config::HealthCheck::Asked& asked) const {
        return health::askedProbe([leaderApi = &api] { return leaderApi->lastAsked(); },
                                  asked.within, clock);
    }
};

}  // namespace

Elector::Elector(config::Config config, const runtime::Clock& clock, const runtime::Log& log)
    : config_(std::move(config)),
      settings_(settingsOf(config_)),
      clock_(clock),
      log_(log),
      promisedBefore_(clock.now() + config_.timing.renewDeadline),
      leaderApi_(*this, clock, config_.tellsNamesOnly),
      termApi_(
          *this, {config_.takesNoOrders, config_.timing, config_.drain, settings_.identity.session},
          [this](election::StepDownRequested how) { campaign_->stepDown(std::move(how)); },
          [this](FreshReads::Reader reader) {
              reads_->ask([this, reader = std::move(reader)](const FreshReads::Reading& reading) {
                  server_->post([reader, reading] { reader(reading); });
              });
          }) {
    describeMetrics();
    openStore();
    if (config_.isInjected) {
        store_ = std::make_unique<store::YieldingStore>(std::move(store_), clock_);
    }
    if (!config_.followsOnly.empty()) {
        store_ = std::make_unique<store::ReadOnlyStore>(std::move(store_), config_.followsOnly);
        log_.warn("following only", {{"reason", config_.followsOnly}});
    }
    if (!config_.podUid.empty()) {
        podLock_ = std::make_unique<campaign::PodLock>(config_.lease, config_.podUid);
    }
    reporter_ = std::make_unique<Reporter>(config_.lease, config_.id, clock_, log_, metrics_,
                                           events_.get());

    http::ServerOptions options;
    options.host = config_.address.host;
    options.port = config_.address.port;
    for (const config::Address& other : config_.otherAddresses) {
        options.others.emplace_back(other.host, other.port);
    }
    options.limits.later = kLongestLater;
    options.limits.bodyBytes = TermApi::kLargestOrder;
    options.hostNames = config_.allowedHosts;
    options.hostNames.push_back(config_.id);
    http::Router router;
    addStatusRoutes(router, *this);
    leaderApi_.addRoutes(router);
    termApi_.addRoutes(router);
    server_ = std::make_unique<http::Server>(std::move(options), std::move(router), clock_, log_);

    campaign_ = std::make_unique<campaign::Campaign>(
        config_.lease, settings_, *store_, podLock_.get(), clock_, *reporter_,
        [this](const std::function<void()>& announced) {
            // What the loop runs after this was decided after the "no".
            if (!server_->post(announced)) {
                announced();
            }
        });
    // A Subscription cannot be moved.
    // NOLINTBEGIN(modernize-make-unique)
    subscription_ = std::unique_ptr<campaign::Feed::Subscription>(
        new campaign::Feed::Subscription(leaderApi_.begin(*server_, campaign_->feed())));
    reporting_ = std::unique_ptr<campaign::Feed::Subscription>(new campaign::Feed::Subscription(
        reporter_->begin(campaign_->feed(), config_.timing.renewDeadline)));
    // NOLINTEND(modernize-make-unique)
    beginTelling();
    if (config_.health) {
        watchHealth(*config_.health);
    }
}

void Elector::watchHealth(const config::HealthCheck& check) {
    prober_ = std::make_unique<health::Prober>(
        std::visit(MakeProbe{leaderApi_, clock_}, check.by),
        health::Pace{check.period, check.timeout, check.failures, check.successes}, clock_,
        [this](election::HealthChanged health) { campaign_->setHealth(std::move(health)); });
}

void Elector::openStore() {
    if (config_.folder) {
        store_ = std::make_unique<store::FileStore>(*config_.folder, clock_);
        reads_ = std::make_unique<FreshReads>(
            std::make_unique<store::FileStore>(*config_.folder, clock_), config_.lease, clock_);
        return;
    }
    const kubernetes::Access access = kubernetes::requireAccess(config_.kubeconfig);
    log_.info("using the Kubernetes API", {{"access", access.origin}});
    store_ = std::make_unique<store::KubernetesStore>(access, clock_);
    reads_ = std::make_unique<FreshReads>(std::make_unique<store::KubernetesStore>(access, clock_),
                                          config_.lease, clock_);
    std::optional<kubernetes::PodReference> pod;
    if (!config_.podUid.empty()) {
        pod = kubernetes::PodReference{config_.lease.space, config_.id, config_.podUid};
    }
    events_ = std::make_unique<kubernetes::EventRecorder>(access, clock_, log_, pod);
}

void Elector::beginTelling() {
    const Teller::Surroundings around{campaign_->feed(), *this, clock_, log_, metrics_};
    if (!config_.statusFolder.empty()) {
        tellers_.emplace_back(Teller::Way{"status-dir", statusFolder(config_.statusFolder), {}},
                              around);
    }
    if (config_.onChange) {
        tellers_.emplace_back(
            Teller::Way{"on-change-url", callback(*config_.onChange),
                        [this](const election::Answer& answer) { programTold(answer); }},
            around);
    }
}

// The program that is called speaks for itself. Whom else the server has told a "yes", it knows
// once it is done with all that it was asked before; who reads files, nobody knows.
void Elector::programTold(const election::Answer& answer) {
    if (answer.reason == election::Reason::Draining && config_.statusFolder.empty()) {
        server_->post([this, seq = answer.seq] {
            campaign_->programStopped({seq, std::max(promisedBefore_, leaderApi_.promisedUntil())});
        });
    }
}

void Elector::describeMetrics() {
    connections_ = &metrics_.gauge("leader_elector_http_connections", "Open connections.");
    served_ = &metrics_.counter("leader_elector_http_requests_total", "Requests answered.");
    droppedLines_ = &metrics_.counter("leader_elector_log_lines_dropped_total",
                                      "Log lines that were not taken as fast as they came.");
    metrics_.gauge("leader_elector_info", "1; the version that runs.", {"version"})
        .set({kVersion}, 1);
}

void Elector::start() {
    server_->start();
    log_.info("campaigning", {{"lease", config_.lease.text()},
                              {"id", config_.id},
                              {"port", std::to_string(server_->port())},
                              {"version", kVersion}});
    campaign_->start();
    if (prober_) {
        prober_->start();
    }
}

void Elector::stop() {
    const auto finished = campaign_->stop();
    // A drain is no shorter than the longest promise. A release takes D at most, and so does a
    // request that is under way when it begins.
    const election::Duration deadline = config_.timing.renewDeadline;
    const election::Duration most =
        std::max({config_.drain, config_.timing.pollTolerance, deadline}) + 2 * deadline;
    if (finished.wait_for(most) != std::future_status::ready) {
        log_.warn("did not step down in time: its Lease will expire",
                  {{"lease", config_.lease.text()}});
    }
    tellers_.clear();
    leaderApi_.end();
    server_->stop();
}

std::optional<std::string> Elector::notReady() const {
    if (auto reason = campaign_->notReady()) {
        return reason;
    }
    if (config_.ready == config::ReadyWhen::Leader && !campaign_->answer().isLeader) {
        return config_.id + " does not lead (--ready=leader)";
    }
    return alsoNotReady_ ? alsoNotReady_() : std::nullopt;
}

std::string Elector::remarks() const {
    std::string lines;
    for (const Teller& teller : tellers_) {
        if (const auto trouble = teller.trouble()) {
            lines += *trouble + '\n';
        }
    }
    return lines;
}

std::string Elector::metrics() const {
    reporter_->measure(*campaign_);
    for (const Teller& teller : tellers_) {
        teller.measure();
    }
    connections_->set(static_cast<double>(server_->stats().open));
    served_->set(static_cast<double>(server_->stats().requests));
    droppedLines_->set(static_cast<double>(log_.dropped()));
    return metrics_.text();
}

}  // namespace elector
