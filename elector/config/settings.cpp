#include "elector/config/settings.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "elector/config/invocation.h"
#include "elector/config/values.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

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
    if (!spec.fallback.empty() && !spec.isLeftToElector) {
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
        auto setting = settingOf(spec, scan, environment);
        if (!setting) {
            continue;
        }
        if (const std::string complaint = complaintAbout(spec, setting->value);
            !complaint.empty()) {
            throw Refusal(setting->subject + " is refused: " + complaint);
        }
        settings_.emplace(spec.name, *std::move(setting));
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

std::string Settings::text(std::string_view name) const {
    const Setting* setting = find(name);
    return setting == nullptr ? "" : setting->value;
}

OptionValues Settings::values() const {
    OptionValues values;
    for (const auto& [name, setting] : settings_) {
        values[name] = setting.value;
    }
    return values;
}

std::string Settings::subjectOf(std::string_view name, std::string_view chosen) const {
    const Setting* setting = find(name);
    return setting == nullptr ? fmt::format("--{} \"{}\" (the default)", name, chosen)
                              : setting->subject;
}

Address Settings::address(std::string_view name) const {
    return parseAddress(text(name)).value_or(Address{});
}

election::Duration Settings::duration(std::string_view name) const {
    return runtime::parseDuration(text(name)).value_or(election::Duration{});
}

Output outputIn(const Settings& settings) {
    return settings.text("output") == "json" ? Output::Json : Output::Human;
}

runtime::LogLevel logLevelIn(const Settings& settings) {
    return runtime::parseLogLevel(settings.text("log-level")).value_or(runtime::LogLevel::Info);
}

runtime::LogFormat logFormatIn(const Settings& settings, const Facts& facts) {
    return runtime::parseLogFormat(settings.text("log-format"))
        .value_or(facts.logsToTerminal ? runtime::LogFormat::Text : runtime::LogFormat::Json);
}

std::string idIn(const Settings& settings, const Facts& facts) {
    if (settings.find("id") != nullptr) {
        return settings.text("id");
    }
    std::string id = facts.hostName + "_" + facts.random;
    if (const std::string complaint = complaintAboutId(id); !complaint.empty()) {
        throw Refusal(fmt::format("{} is refused: {}",
                                  settings.subjectOf("id", runtime::quoted(id)), complaint));
    }
    return id;
}

std::string podUidIn(const Settings& settings, const Facts& facts) {
    return settings.find("pod-uid") != nullptr ? settings.text("pod-uid")
                                               : podUidOf(facts.serviceAccountToken.value_or(""));
}

}  // namespace elector::config
