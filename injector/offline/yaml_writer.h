#pragma once

#include <string>
#include <string_view>

namespace injector::offline {

// The JSON object `json` as a document of YAML in block style, each line ended by a line feed. All
// readers of YAML find the same values in it: texts that could be taken for something else stand in
// quotes, as JSON strings; those of several lines as literal blocks where they can; numbers as they
// are in `json`.
std::string writeYaml(std::string_view json);

}  // namespace injector::offline
