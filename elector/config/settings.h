#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"
#include "elector/config/invocation.h"
#include "elector/config/scan.h"

namespace elector::config {

// A value with where it came from, for sentences about it.
struct Setting {
    bool isFlag = false;  // rather than from the environment, or the fallback
    std::string value;
    std::string subject;  // such as: --id "web-0"; how a sentence about it begins
};

// The settings of one command by flag name: from the arguments, else from the environment, else
// the fallback, else absent.
class Settings {
  public:
    Settings(const Scan& scan, const Environment& environment, const std::vector<FlagSpec>& specs);

    // Null where nothing was set and there is no fallback. Valid as long as this object.
    const Setting* find(std::string_view name) const;
    bool isFlag(std::string_view name) const;

    // Gives each setting to its flag. Throws Refusal with the first complaint.
    template <typename Target>
    void apply(const std::vector<Flag<Target>>& flags, Target& target) const {
        for (const Flag<Target>& flag : flags) {
            if (const Setting* setting = find(flag.spec.name)) {
                refuseIf(flag.assign(target, setting->value), setting->subject);
            }
        }
    }

  private:
    static void refuseIf(const std::string& complaint, const std::string& subject);

    std::map<std::string_view, Setting> settings_;
};

template <typename Target>
std::vector<FlagSpec> specsOf(const std::vector<Flag<Target>>& flags) {
    std::vector<FlagSpec> specs;
    specs.reserve(flags.size());
    for (const Flag<Target>& flag : flags) {
        specs.push_back(flag.spec);
    }
    return specs;
}

}  // namespace elector::config
