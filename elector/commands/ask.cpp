#include "elector/commands/ask.h"

#include <fmt/format.h>

#include <array>
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

Result<std::string> readBody(Connection& connection) {
    std::string body;
    std::array<char, 4096> block{};
    for (;;) {
        const auto got = connection.readBody(block.data(), block.size());
        if (!got) {
            return got.error();
        }
        if (got.value() == 0) {
            return body;
        }
        body.append(block.data(), got.value());
        if (body.size() > kMaxBodyBytes) {
            return ApiError{ErrorKind::Malformed, 0, std::nullopt,
                            fmt::format("the answer has more than {} bytes", kMaxBodyBytes)};
        }
    }
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
    auto body = readBody(connection);
    if (!body) {
        return std::move(body).error();
    }
    return HttpAnswer{head.value().status, std::move(body).value()};
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
