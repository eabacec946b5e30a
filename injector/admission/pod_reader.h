#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "elector/runtime/json_text.h"

namespace injector::admission {

// What a JSON string says, where no more than `most` bytes of it are of use: of a longer one some
// beginning, which is longer than `most` too, so that whoever compares or measures it sees that it
// does not fit. So what is kept of a foreign text is bounded by `most`, not by the text. Nothing
// where `value` is no string, or one whose beginning is no Unicode.
std::optional<std::string> shortTextIn(std::string_view value, std::size_t most);

// Reads members of a Pod that have one type or are absent (or null, which the API server takes for
// absent). Remembers the first problem; what is read after that is of no use. A `path` names for
// sentences where a value was found. Threads: one.
class PodReader {
  public:
    using Kind = elector::json_text::Kind;
    using Value = std::optional<std::string_view>;

    // The first problem in a sentence, or "".
    const std::string& problem() const { return problem_; }
    bool hasProblem() const { return !problem_.empty(); }
    // Whether it is that something is too large, and not that it cannot be read.
    bool isRefused() const { return isRefused_; }

    void complain(std::string problem);
    // Refuses a list or map of `count` elements where `most` are allowed.
    void limit(std::size_t count, std::size_t most, std::string_view path);

    // `value` where it is of this kind.
    Value typed(Value value, Kind kind, std::string_view path);
    // "" where it is absent. Refuses one of more than 512 bytes: no name has as many.
    std::string text(Value value, std::string_view path);
    bool truth(Value value, std::string_view path);
    std::optional<std::int64_t> integer(Value value, std::string_view path);

    // Calls visit(element) for each element of the list at `path` up to the first problem: of more
    // than `most` for none beyond them. Elements are of this kind, or null. Returns whether there
    // is such a list.
    template <typename Visit>
    bool each(Value value, Kind kind, std::string_view path, std::size_t most, Visit visit) {
        const auto list = typed(value, Kind::Array, path);
        if (!list) {
            return false;
        }
        const std::string elementPath = fmt::format("{}[]", path);
        std::size_t count = 0;
        elector::json_text::forEachElement(*list, [&](std::string_view element) {
            if (++count <= most) {  // the others are only counted
                visit(typed(element, kind, elementPath).value_or(""));
            }
            return !hasProblem();
        });
        limit(count, most, path);
        return true;
    }

  private:
    void refuse(std::string sentence);

    std::string problem_;
    bool isRefused_ = false;
};

}  // namespace injector::admission
