#pragma once

#include <string_view>

namespace fuzz {

// True if all that the JSON `before` says stands in `after` too, which may say more: members of
// objects, and up to three elements of an array, anywhere among those there were. Null counts as
// absent, and of a key that stands twice the last one counts.
//
// What is the injector's to rewrite may differ: members with its prefix, and the restartPolicy of a
// container of its name.
bool survives(std::string_view before, std::string_view after);

}  // namespace fuzz
