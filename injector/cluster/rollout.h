#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "elector/runtime/clock.h"
#include "injector/cluster/workload.h"

// What becomes of the Pods of a workload whose template was changed. Pure.
namespace injector::cluster {

// Why Pods that a template of before made are not replaced by themselves, or new ones not made, and
// what helps: a sentence; "" where nothing keeps them, where there are none, or where the kind's
// controller has no say in it. `object`: the workload, JSON, as far as kTemplateOnly keeps it.
// `failure`: what its controller said last of Pods that it could not make, "" for nothing; looked
// at where lacksPods().
std::string whyPodsStay(const WorkloadKind& kind, std::string_view object,
                        std::string_view failure = "");

// Whether a DaemonSet, StatefulSet or running Job has fewer Pods than it is to have. Why, only its
// controller's Events say.
bool lacksPods(const WorkloadKind& kind, std::string_view object);

// What a rollout waits for that may come by itself. It does not, once the object's status has been
// the same for `patience`.
struct Wait {
    std::string why;  // and what helps: a sentence
    elector::runtime::Duration patience{};
};
// Nothing where no Pod waits to be replaced. `object` as above.
std::optional<Wait> waitOf(const WorkloadKind& kind, std::string_view object);

// Whether the controller has yet to replace Pods of the template of before, to make new ones, or to
// look at it.
bool isRollingOut(const WorkloadKind& kind, std::string_view object);

// Where the Events are that are about an object of this uid; `reason`: of that one alone, and as
// many as a controller posts.
std::string eventsPath(std::string_view space, std::string_view uid, std::string_view reason = "");

// The message of the newest one of `events`, a list as JSON, that `isWanted`; "" for none.
std::string newestMessage(std::string_view events,
                          const std::function<bool(std::string_view event)>& isWanted);

// The reason of Events by which controllers say that they could not make a Pod.
inline constexpr std::string_view kFailedCreate = "FailedCreate";
bool isFailedCreate(std::string_view event);

}  // namespace injector::cluster
