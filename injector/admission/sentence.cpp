#include "injector/admission/sentence.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/runtime/log.h"

namespace injector::admission {

namespace {

// Escaped text can be longer than what it was made of, so that the cut is looked for.
std::string quotedWithin(std::string_view text, std::size_t bytes) {
    constexpr std::size_t kMaxCharacters = 100;
    const std::size_t room = std::min(bytes, kMaxCharacters);
    for (std::size_t limit = room; limit > 0; --limit) {
        std::string quoted = elector::runtime::quoted(text, limit);
        if (quoted.size() <= room) {
            return quoted;
        }
    }
    return "";
}

}  // namespace

std::string sentenceAbout(std::string_view before, std::string_view foreign, std::string_view after,
                          std::size_t most) {
    const std::size_t own = before.size() + after.size() + 2;
    return fmt::format("{}\"{}\"{}", before, quotedWithin(foreign, most - std::min(most, own)),
                       after);
}

}  // namespace injector::admission
