#pragma once

#include <cstddef>
#include <string_view>

namespace fuzz {

// What a fuzzer looks at: each has its own, which judges one input.
void judge(std::string_view input);

// Ends the program where a property does not hold, so that libFuzzer keeps the input. `property`
// says what should be; `shown` is what was found instead, which may be foreign.
void require(bool holds, std::string_view property, std::string_view shown = "");

// Requires a text for people, as errors and refusals are: not empty, a single line, all of it
// printable, of at most `most` bytes.
void requireSentence(std::string_view text, std::size_t most);

}  // namespace fuzz
