#include "injector/cluster/informer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/random.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::json_text;
using elector::kubernetes::ApiError;
using elector::kubernetes::ErrorKind;

// Failures in a row are so far apart at last; a server that asks for more time gets a minute.
constexpr std::chrono::seconds kRetry{10};
constexpr std::chrono::seconds kLongestWait{60};
// A version that so many watches in a row could not begin with is given up, whatever they were
// answered: an etcd restored from a backup knows no version as high.
constexpr int kMaxFailures = 5;
constexpr int kGoneStatus = 410;

}  // namespace

std::string livePods() {
    return "fieldSelector=" + encoded("status.phase!=Succeeded,status.phase!=Failed");
}

std::string markedByUs() {
    return "labelSelector=" + encoded(fmt::format("{}={}", elector::names::kManagedByLabel,
                                                  elector::names::kOperator));
}

Informer::Informer(elector::kubernetes::Access access, Selection selection, InformerSink& sink,
                   const elector::runtime::Clock& clock, const elector::runtime::Log& log)
    : access_(std::move(access)),
      selection_(std::move(selection)),
      sink_(sink),
      clock_(clock),
      log_(log),
      health_{clock.now(), "", 0, 0, 0},
      listed_(clock.now()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Informer::~Informer() = default;

void Informer::run(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_.wake(); });
    Api api(access_, clock_, stop);
    elector::election::WatchPace pace(kRetry, kLongestWait, elector::runtime::randomSeed());
    for (;;) {
        pace.opening(clock_.now());
        const auto error = follow(api);
        if (stop.stop_requested()) {
            return;
        }
        complain(error);
        ++failures_;
        const bool isForgotten = error.kind == ErrorKind::Gone && error.httpStatus == kGoneStatus;
        if (isForgotten || error.kind == ErrorKind::Malformed || failures_ >= kMaxFailures) {
            version_.clear();
        }
        const auto now = clock_.now();
        wake_.waitUntil(now + pace.ended(error, now));
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
    return api.watch(
        collectionPath(selection_.resource, ""), selection_.query, version_,
        [this](const auto& event) { return take(event); }, *selection_.object);
}

elector::kubernetes::Result<Done> Informer::list(Api& api) {
    std::set<ObjectKey> present;
    for (auto& [name, space] : spaces_) {
        space.isFull = false;
    }
    auto version = api.list(
        collectionPath(selection_.resource, ""), selection_.query,
        [&](const Item& item) {
            if (auto key = tell(item)) {
                present.insert(*std::move(key));
            }
        },
        [&] { present.clear(); }, *selection_.object);
    if (!version) {
        return std::move(version).error();
    }
    std::vector<ObjectKey> gone;
    for (const auto& [key, bytes] : kept_) {
        if (!present.contains(key)) {
            gone.push_back(key);
        }
    }
    std::ranges::for_each(gone, [this](const ObjectKey& key) { forget(key); });
    for (auto& [name, space] : spaces_) {
        space.isTold = space.isTold && space.isFull;
    }
    version_ = std::move(version).value();
    hasRoomAgain_ = false;
    listed_ = clock_.now();
    noteHeard();
    if (!std::exchange(synced_, true)) {
        sink_.onSynced();
    }
    return Done();
}

bool Informer::take(const elector::kubernetes::WatchEvent& event) {
    noteHeard();
    if (!event.problem.empty()) {
        noteUnreadable({}, event.problem);
        return true;
    }
    const auto metadata = json_text::member(event.object, "metadata").value_or("");
    const auto version = json_text::textAt(metadata, "resourceVersion");
    if (!version.empty()) {
        version_ = version;
    }
    if (event.type == "DELETED") {
        forget(keyOf(event.object));
    } else if (event.type == "ADDED" || event.type == "MODIFIED") {
        if (!tell({event.object, event.leftOut})) {
            forget(keyOf(event.object));
        }
    }
    if (hasRoomAgain_ && clock_.now() - listed_ >= selection_.listAgain) {
        version_.clear();
        return false;
    }
    return true;
}

std::optional<ObjectKey> Informer::tell(const Item& item) {
    if (item.text.find(selection_.mark) == std::string_view::npos) {
        return std::nullopt;
    }
    auto read = parseMeta(item.text);
    if (!read) {
        noteUnreadable(keyOf(item.text), read.error().message);
        return std::nullopt;
    }
    auto& meta = read.value();
    if (!selection_.keeps(meta)) {
        return std::nullopt;
    }
    if (item.leftOut > 0) {
        noteLeftOut(meta.key, item.leftOut);
    }
    if (!admit(meta.key, item.text.size() + Selection::kOverhead)) {
        notePassedOver(meta.key);
        return std::nullopt;
    }
    auto key = meta.key;
    sink_.onPresent(std::move(meta), item.text);
    return key;
}

bool Informer::admit(const ObjectKey& key, std::size_t bytes) {
    const auto known = kept_.find(key);
    const std::size_t before = known == kept_.end() ? 0 : known->second;
    auto& space = spaces_[key.space];
    if (space.bytes - before + bytes > selection_.mostOfSpace) {
        return false;
    }
    space.bytes += bytes - before;
    kept_.insert_or_assign(key, bytes);
    return true;
}

void Informer::forget(const ObjectKey& key) {
    const auto known = kept_.find(key);
    if (known == kept_.end()) {
        return;
    }
    const auto space = spaces_.find(key.space);
    space->second.bytes -= known->second;
    kept_.erase(known);
    if (space->second.isFull) {
        // Not at the first place that is free: else one object could have all listed forever.
        constexpr std::size_t kParts = 4;
        hasRoomAgain_ =
            hasRoomAgain_ || space->second.bytes <= selection_.mostOfSpace / kParts * (kParts - 1);
    } else if (space->second.bytes == 0) {
        spaces_.erase(space);
    }
    sink_.onGone(key);
}

InformerHealth Informer::health() const {
    const std::lock_guard lock(mutex_);
    return health_;
}

void Informer::noteHeard() {
    failures_ = 0;
    const std::lock_guard lock(mutex_);
    health_.heard = clock_.now();
    health_.error.clear();
}

void Informer::noteUnreadable(const ObjectKey& key, const std::string& problem) {
    log_.warn("skipped an unreadable object",
              {{"resource", std::string(selection_.resource.plural)},
               {"object", key.name.empty() ? "unknown" : key.text()},
               {"error", problem}});
    const std::lock_guard lock(mutex_);
    ++health_.unreadable;
}

void Informer::noteLeftOut(const ObjectKey& key, std::size_t parts) {
    constexpr std::size_t kMostLogged = 1000;
    if (logged_.size() >= kMostLogged) {
        logged_.clear();
    }
    if (logged_.insert(key).second) {
        log_.warn("truncated an object, parts of it are too long",
                  {{"resource", std::string(selection_.resource.plural)},
                   {"object", key.text()},
                   {"parts", std::to_string(parts)},
                   {"longest_annotation", std::to_string(kLongestAnnotation)}});
    }
    const std::lock_guard lock(mutex_);
    health_.leftOut += parts;
}

void Informer::notePassedOver(const ObjectKey& key) {
    auto& space = spaces_[key.space];
    space.isFull = true;
    if (!std::exchange(space.isTold, true)) {
        log_.warn("a namespace has too many objects: this one and others are ignored",
                  {{"resource", std::string(selection_.resource.plural)},
                   {"namespace", key.space},
                   {"object", key.text()},
                   {"bytes_kept", std::to_string(selection_.mostOfSpace)}});
        sink_.onPassedOver(key);
    }
    const std::lock_guard lock(mutex_);
    ++health_.passedOver;
}

// A watch that just ends is no news; of several failures in a row the first is told.
void Informer::complain(const ApiError& error) {
    if (error.kind != ErrorKind::Gone) {
        const std::lock_guard lock(mutex_);
        health_.error = error.message;
    }
    const elector::runtime::LogFields fields = {
        {"resource", std::string(selection_.resource.plural)}, {"error", error.message}};
    if (error.kind == ErrorKind::Gone || failures_ > 0) {
        log_.debug("a watch ended, reopening it", fields);
    } else {
        log_.warn("list or watch failed, will retry", fields);
    }
}

}  // namespace injector::cluster
