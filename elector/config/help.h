#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"

namespace elector::config {

// What --help prints: commands, all flags with their variables and defaults, examples, exit codes.
// Made of the same tables that parsing uses.
std::string helpText();

// What --help says of one table of flags: each with its variable, its default and its purpose.
std::string helpSection(std::string_view title, const std::vector<FlagSpec>& specs);

// What --version prints: "leader-elector 0.1.0\n".
std::string versionText();

}  // namespace elector::config
