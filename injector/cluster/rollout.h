#pragma once

#include <string>
#include <string_view>

#include "injector/cluster/workload.h"

// What becomes of the Pods of a workload whose template was changed. Pure.
namespace injector::cluster {

// Why Pods that a template of before made are not replaced by themselves, and what helps: a
// sentence; "" where they are, where there are none, or where the kind's controller has no say in
// it. `object`: the workload, JSON, as far as kTemplateOnly keeps it.
std::string whyPodsStay(const WorkloadKind& kind, std::string_view object);

// Whether the controller has yet to replace Pods of the template of before, or to look at it.
bool isRollingOut(std::string_view object);

}  // namespace injector::cluster
