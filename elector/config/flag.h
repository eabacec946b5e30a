#pragma once

#include <string>
#include <string_view>

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
    std::string_view fallback = "";     // the value where neither is given; "" where code chooses
    std::string_view shown = "";        // the default in words, where code chooses
    std::string_view purpose = "";      // lines of help
    std::string_view letter = "";       // the same with a single dash: "n"; "" for none
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

}  // namespace elector::config
