#include "injector/cluster/informer.h"

#include <fmt/format.h>

#include <utility>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/random.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::kubernetes::json_text;
using elector::kubernetes::ApiError;
using elector::kubernetes::ErrorKind;

// After failures it waits between an eighth of this and all of it.
constexpr std::chrono::seconds kRetry{10};
// A version that so many watches in a row could not begin with is given up, whatever they were
// answered: an etcd restored from a backup knows no version as high.
constexpr int kMaxFailures = 5;
constexpr int kGoneStatus = 410;
constexpr std::size_t kSeedBytes = 8;

elector::election::Jitter newJitter() {
    return elector::election::Jitter(
        std::stoull(elector::runtime::randomHex(kSeedBytes), nullptr, 16));
}

}  // namespace

Informer::Informer(elector::kubernetes::Access access, Selection selection, InformerSink& sink,
                   const elector::runtime::Clock& clock, const elector::runtime::Log& log)
    : access_(std::move(access)),
      selection_(std::move(selection)),
      sink_(sink),
      clock_(clock),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Informer::~Informer() = default;

void Informer::run(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_.wake(); });
    Api api(access_, clock_, stop);
    auto jitter = newJitter();
    elector::election::Backoff backoff(kRetry, jitter);
    for (;;) {
        const auto error = follow(api);
        if (stop.stop_requested()) {
            return;
        }
        complain(error);
        if (failures_ == 0) {
            backoff.reset();
        }
        ++failures_;
        const bool isForgotten = error.kind == ErrorKind::Gone && error.httpStatus == kGoneStatus;
        if (isForgotten || error.kind == ErrorKind::Malformed || failures_ >= kMaxFailures) {
            version_.clear();
        }
        wake_.waitUntil(clock_.now() + backoff.next(error.retryAfter));
        if (stop.stop_requested()) {
            return;
        }
    }
}

ApiError Informer::follow(Api& api) {
    if (version_.empty()) {
        if (const auto listed = list(api); !listed) {
            return listed.error();
        }
    }
    return api.watchMetadata(collectionPath(selection_.resource, ""), selection_.query, version_,
                             [this](const auto& event) { take(event); });
}

elector::kubernetes::Result<Done> Informer::list(Api& api) {
    std::set<ObjectKey> present;
    auto version = api.listMetadata(
        collectionPath(selection_.resource, ""), selection_.query,
        [&](std::string_view item) { tell(item, present); }, [&] { present.clear(); });
    if (!version) {
        return std::move(version).error();
    }
    for (const auto& key : std::set(kept_)) {
        if (!present.contains(key)) {
            forget(key);
        }
    }
    version_ = std::move(version).value();
    failures_ = 0;
    if (!std::exchange(synced_, true)) {
        sink_.onSynced();
    }
    return Done();
}

void Informer::take(const elector::kubernetes::WatchEvent& event) {
    failures_ = 0;
    const auto metadata = json_text::member(event.object, "metadata").value_or("");
    const auto version =
        json_text::stringIn(json_text::member(metadata, "resourceVersion").value_or(""));
    if (version && !version->empty()) {
        version_ = *version;
    }
    if (event.type == "DELETED") {
        forget(keyOf(event.object));
    } else if (event.type == "ADDED" || event.type == "MODIFIED") {
        std::set<ObjectKey> present;
        tell(event.object, present);
        if (present.empty() && !kept_.empty()) {
            forget(keyOf(event.object));
        }
    }
}

void Informer::tell(std::string_view document, std::set<ObjectKey>& present) {
    if (document.find(selection_.mark) == std::string_view::npos) {
        return;
    }
    auto meta = parseMeta(document);
    if (!meta || !selection_.keeps(meta.value())) {
        return;
    }
    present.insert(meta.value().key);
    kept_.insert(meta.value().key);
    sink_.onPresent(std::move(meta).value());
}

void Informer::forget(const ObjectKey& key) {
    if (kept_.erase(key) > 0) {
        sink_.onGone(key);
    }
}

// A watch that just ends is no news; of several failures in a row the first is told.
void Informer::complain(const ApiError& error) {
    const elector::runtime::LogFields fields = {
        {"resource", std::string(selection_.resource.plural)}, {"error", error.message}};
    if (error.kind == ErrorKind::Gone || failures_ > 0) {
        log_.debug("a watch ended, it will be opened again", fields);
    } else {
        log_.warn("cannot list or watch: trying again", fields);
    }
}

}  // namespace injector::cluster
