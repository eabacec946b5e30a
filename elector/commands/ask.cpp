#include "elector/commands/ask.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <vector>

#include "elector/kubernetes/connection.h"
#include "elector/runtime/time_text.h"

namespace elector::commands {

namespace {

using kubernetes::ApiError;
using kubernetes::Connection;
using kubernetes::ErrorKind;
using kubernetes::Result;

std::vector<std::string> addressesOf(const std::string& host) {
    return host == "localhost" ? std::vector<std::string>{"127.0.0.1", "::1"}
                               : std::vector<std::string>{host};
}

// Opens the connection to the first of the addresses that accepts; why the first one did not, if
// none does.
Result<kubernetes::Done> open(Connection& connection, const config::Address& address) {
    Result<kubernetes::Done> first = kubernetes::Done();
    for (const std::string& host : addressesOf(address.host)) {
        auto opened = connection.open({false, host, address.port, ""}, nullptr);
        if (opened || opened.error().kind == ErrorKind::TimedOut) {
            return opened;
        }
        if (first) {
            first = std::move(opened);
        }
    }
    return first;
}

Result<HttpAnswer> exchange(Connection& connection, const config::Address& address,
                            const std::string& path) {
    if (auto opened = open(connection, address); !opened) {
        return std::move(opened).error();
    }
    if (auto sent = connection.send({.path = path}, ""); !sent) {
        return std::move(sent).error();
    }
    const auto head = connection.receiveHead();
    if (!head) {
        return head.error();
    }
    std::string body;
    const auto read = connection.readRest([&body](std::string_view bytes) {
        body += bytes;
        return body.size() <= kMaxBodyBytes
                   ? std::nullopt
                   : std::optional(
                         ApiError{ErrorKind::Malformed, 0, std::nullopt,
                                  fmt::format("the answer has more than {} bytes", kMaxBodyBytes)});
    });
    if (!read) {
        return read.error();
    }
    return HttpAnswer{head.value().status, std::move(body)};
}

}  // namespace

std::variant<HttpAnswer, NoAnswer> ask(const config::Address& address, const std::string& path,
                                       election::Duration timeout, const runtime::Clock& clock) {
    Connection connection(clock);
    connection.setLimits({clock.now() + timeout, {}});
    auto answer = exchange(connection, address, path);
    if (answer) {
        return std::move(answer).value();
    }
    return NoAnswer{fmt::format("no elector answers at {} within {}: {}", address.text(),
                                runtime::formatDuration(timeout), answer.error().message)};
}

}  // namespace elector::commands
