#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace elector::config {

// Returns "", or what is allowed instead of `value`, to follow "... is refused: ".
using Complain = std::string (*)(const std::string& value);

// A flag: from tables of these come parsing, environment, defaults and help.
struct FlagSpec {
    // Each has an initializer, so that a table may leave it out: g++ warns of it otherwise.
    // NOLINTBEGIN(readability-redundant-string-init)
    std::string_view name = "";         // without dashes
    std::string_view placeholder = "";  // of its value, in help: "DURATION"
    std::string_view environment = "";  // its variable; "" for none
    // The variable of another elector that says the same; counts where `environment` is not set.
    std::string_view othersVariable = "";
    std::string_view fallback = "";  // the value where neither is given; "" where code chooses
    std::string_view shown = "";     // the default in words, where code chooses
    std::string_view purpose = "";   // lines of help
    std::string_view letter = "";    // the same with a single dash: "n"; "" for none
    // The name that replaces this one, for a flag that is kept for older manifests.
    std::string_view replacement = "";
    // Null where the placeholder lists all values that are allowed ("a|b"), or any text is.
    Complain complain = nullptr;
    bool isSwitch = false;    // may stand without a value, and says "true" then
    bool mayBeEmpty = false;  // "" is allowed as well, and stands for no value
    // The injector's flag for something that the elector decides where nobody says it: `fallback`
    // and `shown` are the elector's then, and only shown.
    bool isLeftToElector = false;
    // NOLINTEND(readability-redundant-string-init)
};

// A flag as it stood among the arguments.
struct GivenFlag {
    std::string written;  // with the dashes, as written: an old name, a single dash
    std::string value;
    bool isOld = false;  // it was given by an old name
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

// What --help prints: commands, all flags with their variables and defaults, examples, exit codes.
// Made of the same tables that parsing uses.
std::string helpText();

// What --help says of one table of flags: each with its variable, its default and its purpose.
std::string helpSection(std::string_view title, const std::vector<FlagSpec>& specs);

// What --version prints: "leader-elector 0.1.0\n".
std::string versionText();

}  // namespace elector::config
