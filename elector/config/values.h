#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/config/address.h"
#include "elector/election/instant.h"
#include "elector/runtime/log.h"

// What the values of flags may be. Each function returns "" or what is allowed instead, to follow
// "... is refused: ".
namespace elector::config {

std::string complaintAboutId(const std::string& id);
std::string complaintAboutLeaseName(const std::string& name);
std::string complaintAboutNamespace(const std::string& name);

// These leave `target` as it is where they complain.
std::string assignDuration(election::Duration& target, const std::string& value);
std::string assignAddress(Address& target, const std::string& value);
// `value`: host names with commas between.
std::string assignHosts(std::vector<std::string>& target, const std::string& value);
std::string assignLogLevel(runtime::LogLevel& target, const std::string& value);

template <typename Choice>
std::string assignChoice(Choice& target, const std::string& value,
                         std::initializer_list<std::pair<std::string_view, Choice>> choices) {
    std::string allowed;
    for (const auto& [name, choice] : choices) {
        if (value == name) {
            target = choice;
            return "";
        }
        allowed += (allowed.empty() ? "allowed are " : " and ") + std::string(name);
    }
    return allowed;
}

}  // namespace elector::config
