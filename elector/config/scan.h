#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"

namespace elector::config {

// A flag as it stood among the arguments.
struct GivenFlag {
    std::string written;  // with the dashes, as written: an old name, a single dash
    std::string value;
};

// Arguments taken apart, nothing judged but the flags' names.
struct Scan {
    // By the name in the spec. Of a flag that was repeated the last one counts, as in Go.
    std::map<std::string_view, GivenFlag> flags;
    std::vector<std::string> rest;  // what is no flag, in order
    bool help = false;
    bool version = false;
};

// Takes Go's forms: "--flag=value", "--flag value", the same with one dash; "--" ends the flags.
// A switch takes its value after "=" only.
// -h, --help and --version are known without a spec. Throws Refusal for an unknown flag, one
// without its value, and --help or --version with one. `specs` must outlive the result.
Scan scan(const std::vector<std::string>& arguments, const std::vector<FlagSpec>& specs);

// " (did you mean X?)" for the nearest of `names` if it is near enough, else "".
std::string suggestion(std::string_view written, const std::vector<std::string_view>& names,
                       std::string_view prefix);

}  // namespace elector::config
