#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"
#include "injector/config/invocation.h"

namespace injector::config {

using Arguments = std::vector<std::string>;
using elector::config::Environment;
using elector::config::Facts;

inline Facts plainFacts() {
    Facts facts;
    facts.hostName = "box";
    facts.random = "0a1b2c3d";
    return facts;
}

// What a command with these arguments becomes; throws where it becomes something else.
template <typename Target>
Target parsed(const Arguments& arguments, const Environment& environment = {},
              const Facts& facts = plainFacts()) {
    return std::get<Target>(config::parseInvocation(arguments, environment, facts));
}

// `more` after a command and the flags that it requires.
inline Arguments with(Arguments required, const Arguments& more) {
    required.insert(required.end(), more.begin(), more.end());
    return required;
}
inline Arguments webhookWith(const Arguments& more) {
    return with({"webhook", "--certificate=/run/c.pem", "--namespace=system"}, more);
}
inline Arguments operatorWith(const Arguments& more) {
    return with({"operator", "--lease-name=op", "--namespace=system"}, more);
}
inline Arguments ownOperatorWith(const Arguments& more) {
    return with(operatorWith({"--certificate-secret=hook-tls", "--authority-secret=hook-ca",
                              "--service=hook", "--webhook-configuration=hook"}),
                more);
}
inline Arguments injectWith(const Arguments& more) {
    return with({"inject", "-f", "-"}, more);
}

// The sentence that refuses the arguments, or "" if they are taken.
inline std::string refusalOf(const Arguments& arguments, const Environment& environment = {},
                             const Facts& facts = plainFacts()) {
    try {
        config::parseInvocation(arguments, environment, facts);
        return "";
    } catch (const elector::config::Refusal& refusal) {
        return refusal.what();
    }
}

}  // namespace injector::config
