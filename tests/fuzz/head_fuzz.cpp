// The head of a request, as it arrives at our servers. The input is what a peer sends.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/http/head.h"
#include "elector/http/router.h"
#include "tests/fuzz/property.h"

namespace fuzz {
namespace {

using elector::http::HeadScanner;
using elector::http::Limits;
using elector::http::Refusal;
using elector::http::RequestHead;
using elector::http::Response;
using elector::http::Router;

constexpr std::size_t kMostSentence = 200;
constexpr std::string_view kLineEnd = "\r\n";

Limits someLimits() {
    Limits limits;
    limits.bodyBytes = 1000;
    return limits;
}

void judgeRefusal(const Refusal& refusal) {
    constexpr std::array kKnown{400, 411, 413, 417, 421, 431, 505};
    require(std::ranges::find(kKnown, refusal.status) != kKnown.end(),
            "a refusal has a status that says whose fault it is", std::to_string(refusal.status));
    requireSentence(refusal.sentence, kMostSentence);
}

// What the scanner says of bytes that arrive in pieces of `size`.
HeadScanner::Found scanInPieces(std::string_view bytes, std::size_t size, std::size_t& length) {
    HeadScanner scanner;
    auto found = HeadScanner::Found::Nothing;
    for (std::size_t arrived = 0; arrived < bytes.size() && found == HeadScanner::Found::Nothing;) {
        arrived = std::min(arrived + size, bytes.size());
        found = scanner.scan(bytes.substr(0, arrived));
    }
    length = scanner.length();
    return found;
}

// A line of a head after the first, as a reader of RFC 9112 takes it.
struct Line {
    std::string_view name;
    std::string_view value;
};

std::vector<Line> linesOf(std::string_view head) {
    std::vector<Line> lines;
    auto end = head.find(kLineEnd);
    for (;;) {
        head.remove_prefix(end + kLineEnd.size());
        end = head.find(kLineEnd);
        if (end == 0 || end == std::string_view::npos) {
            return lines;
        }
        const auto line = head.substr(0, end);
        const auto colon = std::min(line.find(':'), line.size() - 1);
        lines.push_back({line.substr(0, colon), elector::http::trimmed(line.substr(colon + 1))});
    }
}

std::vector<std::string_view> valuesOf(const std::vector<Line>& lines, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& line : lines) {
        if (elector::http::equalsIgnoringCase(line.name, name)) {
            values.push_back(line.value);
        }
    }
    return values;
}

// The body's length: what another reader of the same bytes takes for it, too.
void judgeLength(const RequestHead& head, const std::vector<Line>& lines) {
    require(valuesOf(lines, "Transfer-Encoding").empty(), "no body comes in chunks");
    const auto lengths = valuesOf(lines, "Content-Length");
    require(lengths.size() <= 1, "there is one length, or none");
    if (lengths.empty()) {
        require(head.contentLength() == 0, "a body has its length said");
        return;
    }
    const auto text = lengths.front();
    require(!text.empty() && std::ranges::all_of(text, elector::http::isDigit),
            "a length is digits, as sent", text);
    std::size_t length = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), length);
    const bool fits = problem == std::errc();
    require(head.contentLength() == (fits ? length : std::numeric_limits<std::size_t>::max()),
            "a length is the number that was sent", text);
}

void judgeFields(const RequestHead& head, const std::vector<Line>& lines) {
    const auto hosts = valuesOf(lines, "Host");
    require(hosts.size() == 1 || (head.isOld() && hosts.empty()), "there is one Host");
    for (const auto& [name, value] : lines) {
        const auto read = head.field(std::string(name));
        require(read.has_value(), "a field that was sent is there", name);
        require(*read == valuesOf(lines, name).front(), "a field has the value that was sent",
                *read);
    }
    if (!hosts.empty()) {
        require(head.field("Host") == hosts.front(), "the Host is that which was sent",
                hosts.front());
    }
}

// Who answers it, of a table with whole paths, prefixes and parameters.
void judgeRoute(const RequestHead& head) {
    static const Router kRouter = [] {
        const auto nothing = [](const elector::http::Request&) { return Response(); };
        Router router;
        router.answer("GET", "/inject", nothing);
        router.answer("GET", "/*", nothing, {"a", "b"});
        router.answer("POST", "/inject/*", nothing, {"a"});
        return router;
    }();
    const auto found = kRouter.find(head.method(), head.path(), head.query());
    if (const auto* refused = std::get_if<Response>(&found)) {
        require(refused->status == 400 || refused->status == 405, "a path below / is known");
        require(refused->body.ends_with(".\n"), "a refusal is a line", refused->body);
        requireSentence(std::string_view(refused->body).substr(0, refused->body.size() - 1),
                        kMostSentence);
        return;
    }
    const auto& match = std::get<Router::Match>(found);
    require(head.path().ends_with(match.rest), "the rest is the end of the path", match.rest);
    for (const auto& [name, value] : match.parameters) {
        require(value.size() <= Router::kLongestValue && value.size() <= head.query().size(),
                "a value is bounded", value);
        require(std::ranges::none_of(value, [](char c) { return (c >= 0 && c < ' ') || c == 127; }),
                "a value has no control characters", value);
    }
}

void judgeHead(std::string_view bytes) {
    const auto limits = someLimits();
    RequestHead head;
    if (const auto refusal = head.read(bytes, limits)) {
        judgeRefusal(*refusal);
        return;
    }
    const auto first = bytes.substr(0, bytes.find(kLineEnd));
    const auto space = first.find(' ');
    require(head.method() == first.substr(0, space), "the method is that which was sent",
            head.method());
    const auto target = first.substr(space + 1, first.rfind(' ') - space - 1);
    const std::string mark = target.find('?') == std::string_view::npos ? "" : "?";
    require(std::string(head.path()) + mark + std::string(head.query()) == target,
            "path and query are those which were sent", target);
    require(head.path().starts_with('/'), "a target is a path", head.path());
    require(head.isOld() == first.ends_with("HTTP/1.0"), "the version is that which was sent",
            first);
    judgeRoute(head);
    const auto lines = linesOf(bytes);
    require(lines.size() <= limits.headerFields, "fields are counted");
    judgeFields(head, lines);
    judgeLength(head, lines);
    const auto tooLarge = head.judgeBody(limits);
    require(tooLarge.has_value() == (head.contentLength() > limits.bodyBytes),
            "a body is refused for its size alone");
    for (const auto& hosts :
         {elector::http::AllowedHosts({"web"}), elector::http::AllowedHosts::any()}) {
        if (const auto refusal = hosts.judge(head.field("Host").value_or(""))) {
            judgeRefusal(*refusal);
        }
    }
}

}  // namespace

void judge(std::string_view bytes) {
    std::size_t length = 0;
    const auto found = scanInPieces(bytes, std::max<std::size_t>(bytes.size(), 1), length);
    for (const std::size_t size : {1U, 3U, 16U}) {
        std::size_t other = 0;
        require(scanInPieces(bytes, size, other) == found &&
                    (found != HeadScanner::Found::Head || other == length),
                "however bytes arrive, they are the same head");
    }
    if (found != HeadScanner::Found::Head) {
        return;
    }
    const auto head = bytes.substr(0, length);
    require(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4,
            "a head ends with the first empty line", head);
    judgeHead(head);
}

}  // namespace fuzz
