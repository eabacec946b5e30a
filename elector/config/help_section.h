#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"

namespace elector::config {

// What --help says of one table of flags: each with its variable, its default and its purpose.
std::string helpSection(std::string_view title, const std::vector<FlagSpec>& specs);

}  // namespace elector::config
