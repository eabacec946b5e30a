#pragma once

#include <string>
#include <string_view>

#include "injector/check/facts.h"
#include "injector/check/report.h"

namespace injector::check {

// What is said about all Pods that concern the injector, of the namespace `space` or, for "", of
// all: which have sidecars older than `version`, which asked for one in vain. Pure.
Report survey(const PodFacts& facts, const std::string& space, std::string_view version);

}  // namespace injector::check
