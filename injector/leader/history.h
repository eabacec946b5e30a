#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/election/lease.h"

namespace injector::leader {

using elector::election::WallTime;

// What an elector has posted about its own term: that it began, or ended.
struct Change {
    WallTime at;  // whole seconds
    std::string who;
    bool began = false;
};
// Nothing where `event`, JSON, says something else.
std::optional<Change> changeIn(std::string_view event);

// A term as far as it is known.
struct Term {
    std::string who;
    std::optional<WallTime> began;
    std::optional<WallTime> ended;
    bool goesOn = false;  // the Lease names it
};
// The terms that `changes` and the Lease itself tell of, the oldest first. Pure.
std::vector<Term> termsOf(const elector::election::Lease& lease, std::vector<Change> changes);

}  // namespace injector::leader
