#include "elector/commands/ask.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <vector>

#include "elector/runtime/duration.h"

namespace elector::commands {

namespace {

using election::Instant;
using Poco::Net::StreamSocket;

constexpr const char* kLate = "it did not answer in time";

// What is left until a deadline; nothing once it has passed.
class Deadline {
  public:
    Deadline(const runtime::Clock& clock, election::Duration timeout)
        : clock_(clock), when_(clock.now() + timeout) {}

    std::optional<Poco::Timespan> remaining() const {
        const auto left =
            std::chrono::duration_cast<std::chrono::microseconds>(when_ - clock_.now());
        return left.count() > 0 ? std::optional(Poco::Timespan(left.count())) : std::nullopt;
    }

  private:
    const runtime::Clock& clock_;
    Instant when_;
};

std::vector<std::string> addressesOf(const config::Address& address) {
    if (address.host == "localhost") {
        return {"127.0.0.1", "::1"};
    }
    return {address.host};
}

// Connects to the first of the addresses that accepts; why the first one did not, if none does.
std::variant<StreamSocket, NoAnswer> connect(const config::Address& address,
                                             const Deadline& deadline) {
    std::string reason;
    for (const std::string& host : addressesOf(address)) {
        const auto remaining = deadline.remaining();
        if (!remaining) {
            break;
        }
        try {
            StreamSocket socket;
            socket.connect(Poco::Net::SocketAddress(host, address.port), *remaining);
            return socket;
        } catch (const Poco::TimeoutException&) {
            return NoAnswer{kLate};
        } catch (const Poco::Exception& error) {
            reason = reason.empty() ? error.displayText() : reason;
        }
    }
    return NoAnswer{reason.empty() ? kLate : reason};
}

void sendRequest(StreamSocket& socket, const config::Address& address, const std::string& path) {
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, address.text());
    // Shorter than any send buffer, and so never held up. Without a signal, should the peer be
    // gone.
    socket.sendBytes(request.data(), static_cast<int>(request.size()), MSG_NOSIGNAL);
}

ReadAnswer receive(StreamSocket& socket, const Deadline& deadline) {
    std::string bytes;
    AnswerReader reader;
    for (;;) {
        const auto remaining = deadline.remaining();
        if (!remaining || !socket.poll(*remaining, Poco::Net::Socket::SELECT_READ)) {
            return NoAnswer{kLate};
        }
        std::array<char, 4096> buffer{};
        const int got = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
        if (got <= 0) {
            return NoAnswer{"it closed the connection before its answer was whole"};
        }
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        ReadAnswer answer = reader.read(bytes);
        if (!std::holds_alternative<Incomplete>(answer)) {
            return answer;
        }
    }
}

ReadAnswer exchange(const config::Address& address, const std::string& path,
                    const Deadline& deadline) {
    auto connected = connect(address, deadline);
    if (const auto* none = std::get_if<NoAnswer>(&connected)) {
        return *none;
    }
    try {
        auto& socket = std::get<StreamSocket>(connected);
        sendRequest(socket, address, path);
        return receive(socket, deadline);
    } catch (const Poco::Exception& error) {
        return NoAnswer{error.displayText()};
    }
}

}  // namespace

std::variant<HttpAnswer, NoAnswer> ask(const config::Address& address, const std::string& path,
                                       election::Duration timeout, const runtime::Clock& clock) {
    ReadAnswer read = exchange(address, path, Deadline(clock, timeout));
    if (auto* answer = std::get_if<HttpAnswer>(&read)) {
        return std::move(*answer);
    }
    return NoAnswer{fmt::format("no elector answers at {} within {}: {}", address.text(),
                                runtime::formatDuration(timeout), std::get<NoAnswer>(read).reason)};
}

}  // namespace elector::commands
