#include "injector/operator/announcer.h"

#include <fmt/format.h>

#include "elector/kubernetes/events.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/random.h"
#include "injector/cluster/resource.h"
#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

using elector::runtime::jsonString;

constexpr std::size_t kInstanceBytes = 6;
// Leaves room for what makes an Event's name unique; a name has at most 253 characters.
constexpr std::size_t kMaxNamePrefix = 200;

std::string involved(const std::string& space, const OwnerReference& object) {
    return fmt::format(R"({{"apiVersion":{},"kind":{},"namespace":{},"name":{},"uid":{}}})",
                       jsonString(object.apiVersion), jsonString(object.kind), jsonString(space),
                       jsonString(object.name), jsonString(object.uid));
}

// By which an object is known again; some are known by their names alone.
std::string identityOf(const OwnerReference& object) {
    return object.uid.empty() ? object.kind + "/" + object.name : object.uid;
}

}  // namespace

Announcer::Announcer(LeadingApi& api, const elector::runtime::Clock& clock,
                     const elector::runtime::Log& log, elector::http::MetricFamily& posted)
    : api_(api),
      clock_(clock),
      log_(log),
      posted_(posted),
      instance_(elector::runtime::randomHex(kInstanceBytes)) {}

void Announcer::warn(const std::string& space, const OwnerReference& object, const char* reason,
                     const std::string& message) {
    auto& told = told_[space];
    const auto now = clock_.now();
    if (told.inSpell == 0 || now - told.since >= kSpell) {
        told.since = now;
        told.inSpell = 0;
    }
    const auto known = told.events.lower_bound({reason, ""});
    const bool isFirst = known == told.events.end() || known->first != reason;
    if (told.events.contains({reason, identityOf(object)}) ||
        (told.inSpell > kMostEvents && !isFirst)) {
        return;
    }
    if (told.inSpell == kMostEvents && !isFirst) {
        ++told.inSpell;
        post(space, object, reasons::kEventsLeftOut,
             fmt::format("the operator has posted {} Events in this namespace within an hour, and "
                         "posts no more for a while: leader-elector-injector check -A says what is "
                         "wrong",
                         kMostEvents));
        return;
    }
    if (told.inSpell < kMostEvents) {
        ++told.inSpell;
    }
    if (told.events.size() >= kMaxKept) {
        told.events.clear();
    }
    told.events.emplace(reason, identityOf(object));
    post(space, object, reason, message);
}

void Announcer::post(const std::string& space, const OwnerReference& object, const char* reason,
                     const std::string& message) {
    elector::kubernetes::EventText event;
    event.space = space;
    event.name =
        fmt::format("{}.{}{:x}", object.name.substr(0, kMaxNamePrefix), instance_, count_++);
    event.object = involved(space, object);
    event.message = message;
    event.time = clock_.wall();
    event.reason = reason;
    event.type = "Warning";
    event.component = elector::names::kOperator;
    const auto answer = api_.create(cluster::collectionPath(cluster::kEvents, space),
                                    elector::kubernetes::eventBody(event));
    if (answer) {
        posted_.add({reason}, 1);
        log_.warn(message, {{"namespace", space}, {"object", object.name}, {"reason", reason}});
        return;
    }
    ++missed_;
    told_[space].events.erase({reason, identityOf(object)});
    log_.debug("cannot post an Event", {{"namespace", space},
                                        {"object", object.name},
                                        {"reason", reason},
                                        {"error", answer.error().message}});
}

}  // namespace injector::operators
