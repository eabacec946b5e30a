#pragma once

#include <string>
#include <string_view>

#include "injector/cluster/workload.h"

namespace injector::check {

// The workload that is asked about.
struct Target {
    const cluster::WorkloadKind* kind = nullptr;  // of the table of kinds, which outlives all
    cluster::ObjectKey key;

    // "Deployment/web": for sentences.
    std::string text() const;
    bool is(const cluster::OwnerReference& workload) const;
};

// Reads "deployment/web"; of a kind its name in any case, its plural and kubectl's short name will
// do. Throws elector::config::Refusal for other kinds, and for what no object can be called.
Target parseTarget(std::string_view workload, const std::string& space);

}  // namespace injector::check
