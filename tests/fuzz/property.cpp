#include "tests/fuzz/property.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "elector/runtime/escape.h"

namespace fuzz {

void require(bool holds, std::string_view property, std::string_view shown) {
    if (holds) {
        return;
    }
    constexpr std::size_t kMostShown = 4000;
    fmt::print(stderr, "PROPERTY BROKEN: {}\n", property);
    if (!shown.empty()) {
        fmt::print(stderr, "found: {}\n", elector::runtime::jsonString(shown, kMostShown));
    }
    std::abort();
}

void requireSentence(std::string_view text, std::size_t most) {
    require(!text.empty(), "a sentence is not empty");
    require(text.size() <= most, fmt::format("a sentence has at most {} bytes", most), text);
    for (auto rest = text; !rest.empty();) {
        const auto character = elector::runtime::firstCharacter(rest);
        require(character.printable, "a sentence is printable, foreign text in it included", text);
        rest.remove_prefix(character.length);
    }
}

}  // namespace fuzz

// libFuzzer calls this one by its name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::judge({reinterpret_cast<const char*>(data), size});
    return 0;
}
