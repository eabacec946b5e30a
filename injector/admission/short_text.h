#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace injector::admission {

// What a JSON string says, where no more than `most` bytes of it are of use: of a longer one some
// beginning, which is longer than `most` too, so that whoever compares or measures it sees that it
// does not fit. So what is kept of a foreign text is bounded by `most`, not by the text. Nothing
// where `value` is no string, or one whose beginning is no Unicode.
std::optional<std::string> shortTextIn(std::string_view value, std::size_t most);

}  // namespace injector::admission
