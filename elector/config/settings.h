#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"
#include "elector/config/invocation.h"
#include "elector/config/options.h"
#include "elector/config/values.h"
#include "elector/election/instant.h"
#include "elector/runtime/log.h"

namespace elector::config {

// A value with where it came from, for sentences about it.
struct Setting {
    bool isFlag = false;  // rather than from the environment, or the fallback
    std::string value;
    std::string subject;  // such as: --id "web-0"; how a sentence about it begins
};

// The settings of one command by flag name: from the arguments, else from the environment, else
// the fallback, else absent. What is there is what its flag allows.
class Settings {
  public:
    // Throws Refusal with the first complaint.
    Settings(const Scan& scan, const Environment& environment, const std::vector<FlagSpec>& specs);

    // Null where nothing was set and there is no fallback. Valid as long as this object.
    const Setting* find(std::string_view name) const;
    bool isFlag(std::string_view name) const;
    // The value; "" where nothing was set and there is no fallback.
    std::string text(std::string_view name) const;
    OptionValues values() const;
    // How a sentence about a flag begins: with its setting, or `chosen` where it is not set.
    std::string subjectOf(std::string_view name, std::string_view chosen) const;
    // The value of a flag that takes addresses or durations, and is set.
    Address address(std::string_view name) const;
    election::Duration duration(std::string_view name) const;

  private:
    std::map<std::string_view, Setting> settings_;
};

// What several commands take: how an answer is printed, and the least level that is logged.
Output outputIn(const Settings& settings);
runtime::LogLevel logLevelIn(const Settings& settings);

// The format of the log that is set, else the one for where the log goes.
runtime::LogFormat logFormatIn(const Settings& settings, const Facts& facts);

// The id that is set, else one of the machine's, which is refused where its host's name is no part
// of an id; and the Pod's UID, else that of its token, else "".
std::string idIn(const Settings& settings, const Facts& facts);
std::string podUidIn(const Settings& settings, const Facts& facts);

}  // namespace elector::config
