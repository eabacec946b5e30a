#include "elector/config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "elector/config/dns_name.h"
#include "elector/names.h"
#include "elector/runtime/duration.h"

namespace elector::config {

std::string complaintAboutId(const std::string& id) {
    constexpr std::size_t kMaxCharacters = 253;  // of the longest name that a Pod can have
    if (id == names::kVacantHolder) {
        return "the name is reserved for a Lease that nobody holds";
    }
    const bool printable = std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
    if (id.empty() || id.size() > kMaxCharacters || !printable) {
        return fmt::format("an id has 1 to {} printable ASCII characters and no spaces",
                           kMaxCharacters);
    }
    return "";
}

std::string complaintAboutLeaseName(const std::string& name) {
    return isDnsSubdomain(name)
               ? ""
               : "a Lease's name is a DNS subdomain: lower-case letters, digits, dashes and "
                 "points, beginning and ending with a letter or digit, at most 253 characters";
}

std::string complaintAboutNamespace(const std::string& name) {
    return isDnsLabel(name)
               ? ""
               : "a namespace's name is a DNS label: lower-case letters, digits and dashes, "
                 "beginning and ending with a letter or digit, at most 63 characters";
}

std::string assignDuration(election::Duration& target, const std::string& value) {
    const auto duration = runtime::parseDuration(value);
    target = duration.value_or(target);
    return duration ? "" : "write a duration with its units, such as 10s, 1m30s or 500ms";
}

std::string assignAddress(Address& target, const std::string& value) {
    const auto address = parseAddress(value);
    target = address.value_or(target);
    return address ? ""
                   : "allowed are :PORT, localhost:PORT, ADDRESS:PORT and [IPV6-ADDRESS]:PORT with "
                     "a port up to 65535";
}

std::string assignHosts(std::vector<std::string>& target, const std::string& value) {
    std::vector<std::string> names;
    std::string_view rest = value;
    for (;;) {
        const auto end = std::min(rest.find(','), rest.size());
        std::string name(rest.substr(0, end));
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (!isDnsSubdomain(name)) {
            return "allowed are host names, without ports, with commas between";
        }
        names.push_back(std::move(name));
        if (end == rest.size()) {
            target = std::move(names);
            return "";
        }
        rest.remove_prefix(end + 1);
    }
}

std::string assignLogLevel(runtime::LogLevel& target, const std::string& value) {
    const auto level = runtime::parseLogLevel(value);
    target = level.value_or(target);
    return level ? "" : "allowed are debug, info, warn and error";
}

}  // namespace elector::config
