// What judging a review takes of the memory, of the largest reviews. The input is a short text of
// one: <COUNT*TEXT> in it stands for TEXT that many times, where # in TEXT is the number of each.
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "injector/admission/review.h"
#include "tests/fuzz/property.h"
#include "tests/support/heap_peak.h"

namespace fuzz {
namespace {

using injector::admission::Defaults;
using injector::admission::ReviewAnswer;

// The largest body that the webhook takes.
constexpr std::size_t kMostBytes = std::size_t{7} << 20U;
// And a bit for each bracket that is open, with room to become more.
constexpr std::size_t kMostHeap = (std::size_t{128} << 10U) + kMostBytes / 4;

void append(std::string& body, std::string_view text) {
    body += text.substr(0, kMostBytes - body.size());
}

// Appends `text`, with `number` in the place of each #.
void appendNumbered(std::string& body, std::string_view text, int number) {
    for (auto mark = text.find('#'); mark != std::string_view::npos; mark = text.find('#')) {
        append(body, text.substr(0, mark));
        append(body, std::to_string(number));
        text.remove_prefix(mark + 1);
    }
    append(body, text);
}

// Takes "COUNT*TEXT>" from the front of `text` and appends what it stands for; false, and nothing
// is taken, where it is something else.
bool appendRepeated(std::string& body, std::string_view& text) {
    int count = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view rest = text.substr(static_cast<std::size_t>(stop - text.data()));
    const auto end = rest.find('>');
    if (problem != std::errc() || !rest.starts_with('*') || end == std::string_view::npos) {
        return false;
    }
    const std::string_view repeated = rest.substr(1, end - 1);
    for (int number = 0; number < count && !repeated.empty() && body.size() < kMostBytes;
         ++number) {
        appendNumbered(body, repeated, number);
    }
    text = rest.substr(end + 1);
    return true;
}

std::string bodyOf(std::string_view text) {
    std::string body;
    body.reserve(kMostBytes);
    while (!text.empty() && body.size() < kMostBytes) {
        const auto mark = text.find('<');
        append(body, text.substr(0, mark));
        text.remove_prefix(mark == std::string_view::npos ? text.size() : mark + 1);
        if (mark != std::string_view::npos && !appendRepeated(body, text)) {
            append(body, "<");
        }
    }
    return body;
}

}  // namespace

void judge(std::string_view text) {
    const std::string body = bodyOf(text);
    Defaults defaults;
    defaults.values["image"] = "leader-elector:fuzz";
    ReviewAnswer answer;
    const std::size_t peak =
        elector::test::heapPeakOf([&] { answer = injector::admission::review(body, defaults); });
    require(peak <= kMostHeap, "what a review takes of the heap is bounded, however large it is",
            std::to_string(peak));
    require(answer.status == 200 || answer.status == 400, "a review is answered", answer.body);
}

}  // namespace fuzz
