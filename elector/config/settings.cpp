#include "elector/config/settings.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "elector/runtime/log.h"

namespace elector::config {

namespace {

// Names where the value came from, the flag that it stands for, and the value.
std::string subjectOf(std::string_view where, const std::string& value, std::string_view remark) {
    return fmt::format("{} \"{}\"{}", where, runtime::quoted(value), remark);
}

std::optional<Setting> settingOf(const FlagSpec& spec, const Scan& scan,
                                 const Environment& environment) {
    if (const auto given = scan.flags.find(spec.name); given != scan.flags.end()) {
        const auto& [written, value] = given->second;
        return Setting{true, value, subjectOf(written, value, "")};
    }
    const auto variable = environment.find(std::string(spec.environment));
    if (variable != environment.end() && !variable->second.empty()) {
        const std::string remark = fmt::format(" (the environment's --{})", spec.name);
        return Setting{false, variable->second,
                       subjectOf(spec.environment, variable->second, remark)};
    }
    if (!spec.fallback.empty()) {
        const std::string value(spec.fallback);
        return Setting{false, value,
                       subjectOf(fmt::format("--{}", spec.name), value, " (the default)")};
    }
    return std::nullopt;
}

}  // namespace

Settings::Settings(const Scan& scan, const Environment& environment,
                   const std::vector<FlagSpec>& specs) {
    for (const FlagSpec& spec : specs) {
        if (auto setting = settingOf(spec, scan, environment)) {
            settings_.emplace(spec.name, *std::move(setting));
        }
    }
}

const Setting* Settings::find(std::string_view name) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? nullptr : &found->second;
}

bool Settings::isFlag(std::string_view name) const {
    const Setting* setting = find(name);
    return setting != nullptr && setting->isFlag;
}

void Settings::refuseIf(const std::string& complaint, const std::string& subject) {
    if (!complaint.empty()) {
        throw Refusal(subject + " is refused: " + complaint);
    }
}

}  // namespace elector::config
