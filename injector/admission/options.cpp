#include "injector/admission/options.h"

#include <charconv>
#include <cstdint>
#include <map>

#include "injector/admission/image_reference.h"
#include "injector/admission/quantity.h"

namespace injector::admission {

namespace {

std::string complaintAboutPort(const std::string& value) {
    std::uint16_t port = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, problem] = std::from_chars(value.data(), end, port);
    if (problem != std::errc() || stop != end || port == 0) {
        return "allowed is a number from 1 to 65535";
    }
    // Some readers take such a number for an octal one.
    return value.front() == '0' ? "write the number without a zero in front" : "";
}

// What the table leaves to the injector to judge.
const std::map<std::string_view, elector::config::Complain>& complaints() {
    static const std::map<std::string_view, elector::config::Complain> kComplaints{
        {"port", complaintAboutPort},
        {"image", complaintAboutImage},
        {"cpu-request", complaintAboutCpu},
        {"cpu-limit", complaintAboutCpu},
        {"memory-request", complaintAboutMemory},
        {"memory-limit", complaintAboutMemory},
        {"ephemeral-storage-request", complaintAboutStorage},
        {"ephemeral-storage-limit", complaintAboutStorage},
    };
    return kComplaints;
}

}  // namespace

const std::vector<Option>& sidecarOptions() {
    static const std::vector<Option> kOptions = [] {
        std::vector<Option> chosen;
        for (const Option& option : elector::config::options()) {
            if (option.isAnnotation || !option.releaseFlag.empty()) {
                const auto found = complaints().find(option.flag.name);
                chosen.push_back(option);
                chosen.back().flag.complain =
                    found == complaints().end() ? option.flag.complain : found->second;
            }
        }
        return chosen;
    }();
    return kOptions;
}

const std::vector<std::string_view>& resources() {
    static const std::vector<std::string_view> kResources{"cpu", "memory", "ephemeral-storage"};
    return kResources;
}

Defaults::Defaults() {
    for (const Option& option : sidecarOptions()) {
        if (!option.isElectors && !option.flag.fallback.empty()) {
            values[option.flag.name] = option.flag.fallback;
        }
    }
}

}  // namespace injector::admission
