#include "injector/dashboard/dashboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elector/kubernetes/lease_json.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/time_text.h"
#include "injector/dashboard/web.h"
#include "injector/elections/candidate.h"
#include "injector/elections/election_json.h"
#include "injector/operator/pod.h"

namespace injector::dashboard {
namespace {

namespace names = elector::names;
using cluster::ObjectKey;
using cluster::ObjectMeta;
using elections::Election;
using elector::http::Later;
using elector::http::Request;
using elector::http::Response;
using elector::runtime::Instant;
using elector::runtime::jsonString;

// Names come from anybody in the cluster: nothing but our own files runs, or is loaded.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";

constexpr std::size_t kMostOfSpace = std::size_t{8} * 1024 * 1024;

cluster::Selection leaseSelection() {
    return {cluster::kLeases,
            cluster::markedByUs(),
            "",
            [](const ObjectMeta& lease) { return !cluster::isProtected(lease.key.space); },
            kMostOfSpace,
            std::chrono::minutes(5),
            &cluster::kLeaseOnly};
}

cluster::Selection podSelection() {
    return {cluster::kPods, cluster::livePods(),     names::kPrefix,    &operators::concernsUs,
            kMostOfSpace,   std::chrono::minutes(5), &cluster::kPodOnly};
}

std::string inMilliseconds(Instant instant) {
    return std::to_string(elector::runtime::milliseconds(instant.time_since_epoch()));
}

Response page(const WebFile& file) {
    return {200,
            std::string(file.type),
            std::string(file.text),
            {{"Content-Security-Policy", kPolicy},
             {"Referrer-Policy", "no-referrer"},
             {"Cross-Origin-Opener-Policy", "same-origin"},
             {"Cross-Origin-Resource-Policy", "same-origin"},
             {"Cache-Control", "no-cache"}}};
}

}  // namespace

class Dashboard::LeaseSink final : public cluster::InformerSink {
  public:
    explicit LeaseSink(Dashboard& dashboard) : dashboard_(dashboard) {}

    void onPresent(ObjectMeta meta, std::string_view object) override {
        const auto lease = elector::kubernetes::parseLease(object);
        if (lease) {
            const std::lock_guard lock(dashboard_.mutex_);
            dashboard_.table_.put(meta.key, lease.value(), dashboard_.clock_.moment());
        }
    }
    void onGone(const ObjectKey& key) override {
        const std::lock_guard lock(dashboard_.mutex_);
        dashboard_.table_.remove(key, dashboard_.clock_.now());
    }
    void onPassedOver(const ObjectKey& /*key*/) override {}
    void onSynced() override {}

  private:
    Dashboard& dashboard_;
};

class Dashboard::PodSink final : public cluster::InformerSink {
  public:
    explicit PodSink(Dashboard& dashboard) : dashboard_(dashboard) {}

    void onPresent(ObjectMeta meta, std::string_view object) override {
        const auto pod = elections::campaigningPod(object);
        const std::lock_guard lock(dashboard_.mutex_);
        if (pod) {
            dashboard_.table_.putPod(pod->pod, pod->lease, pod->candidate, dashboard_.clock_.now());
        } else {
            dashboard_.table_.removePod(meta.key, dashboard_.clock_.now());
        }
    }
    void onGone(const ObjectKey& key) override {
        const std::lock_guard lock(dashboard_.mutex_);
        dashboard_.table_.removePod(key, dashboard_.clock_.now());
    }
    void onPassedOver(const ObjectKey& /*key*/) override {}
    void onSynced() override {}

  private:
    Dashboard& dashboard_;
};

Dashboard::Dashboard(Source source, elector::kubernetes::Access access,
                     const elector::runtime::Clock& clock, const elector::runtime::Log& log)
    : source_(std::move(source)),
      access_(std::move(access)),
      clock_(clock),
      log_(log),
      table_(clock.now()) {
    elector::http::ServerOptions options;
    options.host = source_.address.host;
    options.port = source_.address.port;
    options.hostNames = source_.hostNames;
    server_ = std::make_unique<elector::http::Server>(std::move(options), routes(), clock_, log_);
}

Dashboard::~Dashboard() {
    server_->stop();
}

void Dashboard::start() {
    follow(leaseSelection(), std::make_unique<LeaseSink>(*this));
    follow(podSelection(), std::make_unique<PodSink>(*this));
    server_->start();
}

void Dashboard::follow(cluster::Selection selection, std::unique_ptr<cluster::InformerSink> sink) {
    sinks_.push_back(std::move(sink));
    informers_.push_back(std::make_unique<cluster::Informer>(access_, std::move(selection),
                                                             *sinks_.back(), clock_, log_));
}

elector::http::Router Dashboard::routes() {
    elector::http::Router router;
    for (const WebFile& file : webFiles()) {
        const std::string path = file.name == "index.html" ? "" : std::string(file.name);
        router.answer("GET", "/" + path, [&file](const Request&) { return page(file); });
    }
    router.answer("GET", "/api/elections", [this](const Request&) {
        const std::string trouble = problem();
        const std::lock_guard lock(mutex_);
        table_.passTime(clock_.now());
        std::uint64_t seen = 0;
        return Response::json(message(seen, true, table_.all().size(), trouble) + "\n");
    });
    router.answer("GET", "/api/elections/watch", [this](const Request&) { return watch(); });
    return router;
}

std::variant<Response, Later> Dashboard::watch() {
    std::erase_if(viewers_, [](const auto& viewer) { return !viewer->responder.isOpen(); });
    if (viewers_.size() >= kMaxViewers) {
        return Response::unavailable("Too many watch this page.\n");
    }
    return [this](const elector::http::Responder& responder) {
        auto viewer = std::make_shared<Viewer>(Viewer{responder, 0, false, false, ""});
        const Response head{
            200,
            "text/event-stream; charset=utf-8",
            "",
            {{"Cache-Control", "no-store, no-transform"}, {"X-Accel-Buffering", "no"}}};
        viewers_.push_back(viewer);
        // Not the viewer itself, which has the responder that has the source.
        responder.stream(head, [this, weak = std::weak_ptr(viewer)] {
            const auto each = weak.lock();
            return each ? next(*each) : std::string();
        });
        if (!std::exchange(ticking_, true)) {
            tick();
        }
    };
}

// What a viewer is to be sent next: what changed since it was told last, if it has read all that.
std::string Dashboard::next(Viewer& viewer) {
    const std::string trouble = problem();
    const std::lock_guard lock(mutex_);
    const bool isWhole = !viewer.began || !table_.goneSince(viewer.seen);
    if (isWhole || viewer.seen != table_.version() || viewer.problem != trouble) {
        viewer.began = true;
        viewer.problem = trouble;
        if (isWhole) {
            viewer.seen = 0;
        }
        return "data: " + message(viewer.seen, isWhole, kAtOnce, trouble) + "\n\n";
    }
    return std::exchange(viewer.beat, false) ? "event: alive\ndata:\n\n" : "";
}

void Dashboard::tick() {
    const Instant now = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        table_.passTime(now);
    }
    const bool beats = now >= nextBeat_;
    if (beats) {
        nextBeat_ = now + kBetweenBeats;
    }
    std::erase_if(viewers_, [beats](const auto& viewer) {
        viewer->beat |= beats;
        return !viewer->responder.more();
    });
    ticking_ = !viewers_.empty();
    if (ticking_) {
        server_->postAt(now + kBetweenUpdates, [this] { tick(); });
    }
}

std::string Dashboard::problem() const {
    for (const auto& informer : informers_) {
        if (const auto health = informer->health(); !health.error.empty()) {
            return fmt::format("What is shown may be old: {} cannot be followed: {}",
                               informer->resource().plural, health.error);
        }
    }
    return "";
}

std::string Dashboard::message(std::uint64_t& seen, bool isWhole, std::size_t most,
                               const std::string& problem) {
    std::vector<const Election*> changed;
    for (const auto& [key, election] : table_.all()) {
        if (election.version > seen) {
            changed.push_back(&election);
        }
    }
    std::ranges::sort(changed, {}, &Election::version);
    std::string text = fmt::format(
        R"({{"now":{},"began":{},"whole":{},"source":{{"replica":{},"leads":{},"problem":{}}})",
        inMilliseconds(clock_.now()), inMilliseconds(table_.began()), isWhole,
        jsonString(source_.replica), source_.leads(), jsonString(problem));
    text += R"(,"gone":[)";
    if (!isWhole) {
        for (const auto& key : table_.goneSince(seen).value_or(std::vector<ObjectKey>())) {
            text += (text.back() == '[' ? "" : ",") + jsonString(key.text());
            texts_.erase(key);
        }
    }
    text += R"(],"elections":[)";
    seen = table_.version();
    for (std::size_t i = 0; i < changed.size(); ++i) {
        if (i == most) {
            seen = changed[i - 1]->version;
            break;
        }
        text += (i == 0 ? "" : ",") + textOf(*changed[i]);
    }
    return text += "]}";
}

const std::string& Dashboard::textOf(const Election& election) {
    Text& text = texts_[election.lease];
    if (text.version != election.version) {
        text = {election.version, electionJson(election, inMilliseconds, elections::Watched::Yes)};
    }
    return text.json;
}

}  // namespace injector::dashboard
