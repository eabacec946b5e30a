#pragma once

#include <string>
#include <string_view>

#include "injector/admission/admission.h"
#include "injector/check/facts.h"
#include "injector/check/report.h"
#include "injector/offline/workload.h"

// What is said about one workload, and about the Pods of a namespace. Pure.
namespace injector::check {

// How the Pods of the workload will be decided about.
struct Judgement {
    offline::Annotated annotated;
    // Annotations of the workload itself that the operator has still to copy to the template, as
    // it will.
    bool isToBeCopied = false;
    std::string notCopied;  // why it will not; "" where it will, or there is none
    admission::Decision decision;
};

Judgement judge(const WorkloadFacts& facts);

// The answer. `lease` is what stands under judgement.decision.leaseName; of no meaning where that
// is "". `version` is that of this program.
Report diagnose(const WorkloadFacts& facts, const Judgement& judgement, const LeaseFacts& lease,
                std::string_view version);

// What is said about all Pods that concern the injector, of the namespace `space` or, for "", of
// all: which have sidecars older than `version`, which asked for one in vain.
Report survey(const PodFacts& facts, const std::string& space, std::string_view version);

}  // namespace injector::check
