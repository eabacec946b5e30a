#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "injector/elections/elections.h"

namespace injector::elections {

// A Pod that campaigns, or asked to.
struct CampaigningPod {
    ObjectKey pod;
    std::string lease;
    Candidate candidate;
};

// Reads a whole Pod, of which what cluster::kPodOnly names is enough. Nothing where it has nothing
// to do with an election, has ended, or cannot be read.
std::optional<CampaigningPod> campaigningPod(std::string_view document);

}  // namespace injector::elections
