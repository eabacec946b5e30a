#include "elector/kubernetes/events.h"

#include <fmt/format.h>

#include "elector/kubernetes/client.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/random.h"
#include "elector/runtime/time_text.h"

namespace elector::kubernetes {

namespace {

using runtime::jsonString;

// Leaves room for what makes an Event's name unique; a name has at most 253 characters.
constexpr std::size_t kMaxNamePrefix = 200;
constexpr std::size_t kMaxMessage = 1000;  // the API server takes 1024 bytes
constexpr std::size_t kInstanceBytes = 6;

std::string pathOf(const std::string& space) {
    return fmt::format("/api/v1/namespaces/{}/events", encoded(space));
}

}  // namespace

std::string eventBody(const EventText& event) {
    const auto time = jsonString(runtime::formatSeconds(event.time));
    const auto component = jsonString(event.component);
    return fmt::format(
        R"({{"apiVersion":"v1","kind":"Event","metadata":{{"name":{},"namespace":{}}},)"
        R"("involvedObject":{},"reason":{},"message":{},"type":{},)"
        R"("source":{{"component":{}}},"reportingComponent":{},"firstTimestamp":{},)"
        R"("lastTimestamp":{},"count":1}})",
        jsonString(event.name), jsonString(event.space), event.object, jsonString(event.reason),
        jsonString(event.message, kMaxMessage), jsonString(event.type), component, component, time,
        time);
}

EventRecorder::EventRecorder(Access access, const runtime::Clock& clock, const runtime::Log& log,
                             std::optional<PodReference> pod)
    : clock_(clock),
      log_(log),
      pod_(std::move(pod)),
      instance_(runtime::randomHex(kInstanceBytes)),
      client_(std::move(access), clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void EventRecorder::record(const election::LeaseKey& lease, const std::string& leaseUid,
                           const std::string& message) {
    const auto time = clock_.wall();
    const std::lock_guard lock(mutex_);
    const auto add = [&](const std::string& space, const std::string& name,
                         const std::string& object) {
        if (queue_.size() < kMaxQueued) {
            const auto unique =
                fmt::format("{}.{}{:x}", name.substr(0, kMaxNamePrefix), instance_, recorded_++);
            queue_.push_back({pathOf(space), eventBody({space, unique, object, message, time})});
        }
    };
    add(lease.space, lease.name,
        fmt::format(R"({{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","namespace":{},)"
                    R"("name":{},"uid":{}}})",
                    jsonString(lease.space), jsonString(lease.name), jsonString(leaseUid)));
    if (pod_) {
        add(pod_->space, pod_->name,
            fmt::format(R"({{"apiVersion":"v1","kind":"Pod","namespace":{},"name":{},"uid":{}}})",
                        jsonString(pod_->space), jsonString(pod_->name), jsonString(pod_->uid)));
    }
    wake_.wake();
}

void EventRecorder::run(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_.wake(); });
    while (!stop.stop_requested()) {
        while (const auto next = take()) {
            post(*next, clock_.now() + kPostLimit);
            if (stop.stop_requested()) {
                break;
            }
        }
        if (!stop.stop_requested()) {
            client_.close();  // the next Event may be days away
            wake_.waitUntil(std::nullopt);
        }
    }
    const Instant end = clock_.now() + kClosingLimit;
    while (const auto next = take()) {
        post(*next, end);
    }
}

std::optional<EventRecorder::Post> EventRecorder::take() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
        return std::nullopt;
    }
    auto next = std::move(queue_.front());
    queue_.pop_front();
    return next;
}

void EventRecorder::post(const Post& post, Instant deadline) {
    const auto answer = client_.request({Method::Post, post.path, post.body}, {deadline, {}});
    if (answer) {
        return;
    }
    const auto& error = answer.error();
    if (error.kind != ErrorKind::Forbidden) {
        log_.debug("an Event could not be posted", {{"error", error.message}});
    } else if (!toldForbidden_) {
        toldForbidden_ = true;
        log_.warn(canARoleMend(error, "events")
                      ? "Events cannot be posted; the Role needs apiGroups [\"\"], resources "
                        "[events], verbs [create]"
                      : "Events cannot be posted",
                  {{"error", error.message}});
    }
}

}  // namespace elector::kubernetes
