#include "elector/commands/http_answer.h"

#include <fmt/format.h>

#include "elector/http/response_head.h"

namespace elector::commands {

namespace {

using http::HeadScanner;

// An elector sends five or six.
constexpr std::size_t kMaxFields = 100;

// The length of the body, or why there is none.
std::variant<std::size_t, NoAnswer> bodyLength(const http::HeaderFields& fields) {
    if (fields.count("Transfer-Encoding") > 0 || fields.count("Content-Length") != 1) {
        return NoAnswer{"it does not say how long its answer is"};
    }
    const auto length = http::numberIn(fields.find("Content-Length").value_or(""));
    if (!length) {
        return NoAnswer{"the length of its answer is no number"};
    }
    if (*length > kMaxBodyBytes) {
        return NoAnswer{
            fmt::format("its answer has {} bytes, more than {}", *length, kMaxBodyBytes)};
    }
    return static_cast<std::size_t>(*length);
}

}  // namespace

ReadAnswer AnswerReader::read(std::string_view bytes) {
    if (found_ == HeadScanner::Found::Nothing) {
        if (auto unread = readHead(bytes)) {
            return *std::move(unread);
        }
    }
    const auto body = bytes.substr(scanner_.length());
    if (body.size() < bodyBytes_) {
        return Incomplete{};
    }
    return HttpAnswer{status_, std::string(body.substr(0, bodyBytes_))};
}

std::optional<ReadAnswer> AnswerReader::readHead(std::string_view bytes) {
    found_ = scanner_.scan(bytes);
    if (scanner_.length() > kMaxHeadBytes) {
        return NoAnswer{
            fmt::format("the head of its answer is longer than {} bytes", kMaxHeadBytes)};
    }
    if (found_ == HeadScanner::Found::Nothing) {
        return Incomplete{};
    }
    http::ResponseHead head;
    if (found_ == HeadScanner::Found::Rubbish ||
        !head.read(bytes.substr(0, scanner_.length()), kMaxFields)) {
        return NoAnswer{"it speaks no HTTP"};
    }
    const auto length = bodyLength(head.fields());
    if (const auto* none = std::get_if<NoAnswer>(&length)) {
        return *none;
    }
    status_ = head.status();
    bodyBytes_ = std::get<std::size_t>(length);
    return std::nullopt;
}

}  // namespace elector::commands
