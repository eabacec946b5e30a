#pragma once

#include <string>

namespace elector::config {

// What --help prints: commands, all flags with their variables and defaults, examples, exit codes.
// Made of the same tables that parsing uses.
std::string helpText();

// What --version prints: "leader-elector 0.1.0\n".
std::string versionText();

}  // namespace elector::config
