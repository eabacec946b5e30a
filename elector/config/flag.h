#pragma once

#include <string>
#include <string_view>

namespace elector::config {

// A flag as the scanner, the environment and the help see it.
struct FlagSpec {
    // Each has an initializer, so that a table may leave it out: g++ warns of it otherwise.
    // NOLINTBEGIN(readability-redundant-string-init)
    std::string_view name = "";         // without dashes
    std::string_view placeholder = "";  // of its value, in help: "DURATION"
    std::string_view environment = "";  // its variable; "" for none
    std::string_view fallback = "";     // the value where neither is given; "" where code chooses
    std::string_view shown = "";        // the default in words, where code chooses
    std::string_view purpose = "";      // lines of help
    std::string_view letter = "";       // the same with a single dash: "n"; "" for none
    // The name that replaces this one, for a flag that is kept for older manifests.
    std::string_view replacement = "";
    bool isSwitch = false;  // may stand without a value, and says "true" then
    // NOLINTEND(readability-redundant-string-init)
};

// A flag with what its value does to a Target. `assign` gets the value, from wherever it came, and
// returns "" or what is allowed instead, to follow "... is refused: ".
template <typename Target>
struct Flag {
    FlagSpec spec;
    std::string (*assign)(Target& target, const std::string& value);
};

}  // namespace elector::config
