#include "elector/commands/http_answer.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPResponse.h>
#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <sstream>

namespace elector::commands {

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::optional<std::size_t> parseLength(const std::string& text) {
    std::size_t length = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, length);
    const bool whole = error == std::errc() && stop == end;
    return whole ? std::optional(length) : std::nullopt;
}

// The length of the body, or why there is none.
std::variant<std::size_t, NoAnswer> bodyLength(const Poco::Net::HTTPResponse& head) {
    if (head.has(Poco::Net::HTTPMessage::TRANSFER_ENCODING) ||
        !head.has(Poco::Net::HTTPMessage::CONTENT_LENGTH)) {
        return NoAnswer{"it does not say how long its answer is"};
    }
    const auto length = parseLength(head.get(Poco::Net::HTTPMessage::CONTENT_LENGTH));
    if (!length) {
        return NoAnswer{"the length of its answer is no number"};
    }
    if (*length > kMaxBodyBytes) {
        return NoAnswer{
            fmt::format("its answer has {} bytes, more than {}", *length, kMaxBodyBytes)};
    }
    return *length;
}

}  // namespace

ReadAnswer readAnswer(std::string_view bytes) {
    const std::size_t end = bytes.find(kEndOfHead);
    if (end == std::string_view::npos) {
        if (bytes.size() > kMaxHeadBytes) {
            return NoAnswer{
                fmt::format("the head of its answer is longer than {} bytes", kMaxHeadBytes)};
        }
        return Incomplete{};
    }
    const std::size_t bodyStart = end + kEndOfHead.size();
    try {
        std::istringstream head{std::string(bytes.substr(0, bodyStart))};
        Poco::Net::HTTPResponse response;
        response.read(head);
        const auto length = bodyLength(response);
        if (const auto* none = std::get_if<NoAnswer>(&length)) {
            return *none;
        }
        const std::size_t bodyBytes = std::get<std::size_t>(length);
        if (bytes.size() - bodyStart < bodyBytes) {
            return Incomplete{};
        }
        return HttpAnswer{static_cast<int>(response.getStatus()),
                          std::string(bytes.substr(bodyStart, bodyBytes))};
    } catch (const Poco::Exception&) {
        return NoAnswer{"it speaks no HTTP"};
    }
}

}  // namespace elector::commands
