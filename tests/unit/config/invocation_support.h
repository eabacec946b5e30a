#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"

namespace elector::config {

using Arguments = std::vector<std::string>;

// A machine without service account.
inline Facts plainFacts() {
    Facts facts;
    facts.hostName = "box";
    facts.random = "0a1b2c3d";
    return facts;
}

// What `run` is configured to; throws where the arguments ask for something else.
inline Config configOf(const Arguments& arguments, const Environment& environment = {},
                       const Facts& facts = plainFacts()) {
    return std::get<Config>(parseInvocation(arguments, environment, facts));
}

// `more` after the one flag that is required.
inline Arguments withLease(Arguments more) {
    more.insert(more.begin(), "--lease-name=web");
    return more;
}

// The sentence that refuses the arguments, or "" if they are taken.
inline std::string refusalOf(const Arguments& arguments, const Environment& environment = {},
                             const Facts& facts = plainFacts()) {
    try {
        parseInvocation(arguments, environment, facts);
        return "";
    } catch (const Refusal& refusal) {
        return refusal.what();
    }
}

}  // namespace elector::config
