#include "elector/health/probes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "elector/kubernetes/connection.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector::health {
namespace {

using kubernetes::Connection;
using kubernetes::ErrorKind;

std::vector<std::string> addressesOf(const std::string& host) {
    return host == "localhost" ? std::vector<std::string>{"127.0.0.1", "::1"}
                               : std::vector<std::string>{host};
}

kubernetes::Result<kubernetes::Head> head(Connection& connection,
                                          const config::HttpTarget& target) {
    kubernetes::Result<kubernetes::Done> opened = kubernetes::Done();
    for (const std::string& host : addressesOf(target.address.host)) {
        opened = connection.open({false, host, target.address.port, ""}, nullptr);
        if (opened || opened.error().kind == ErrorKind::TimedOut) {
            break;
        }
    }
    if (!opened) {
        return std::move(opened).error();
    }
    if (auto sent = connection.send({.path = target.path}, ""); !sent) {
        return std::move(sent).error();
    }
    return connection.receiveHead();
}

std::string inSeconds(Duration duration) {
    return runtime::formatDuration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

}  // namespace

Probe httpProbe(config::HttpTarget target, const runtime::Clock& clock) {
    return [target = std::move(target), &clock](
               Instant deadline, const std::stop_token& stop) -> std::optional<std::string> {
        constexpr int kFirstGood = 200;
        constexpr int kFirstOther = 300;
        constexpr std::size_t kMaxCharacters = 300;
        Connection connection(clock);
        connection.setLimits({deadline, stop});
        const auto answer = head(connection, target);
        if (!answer) {
            return fmt::format("{} gives no answer: {}", target.text(),
                               runtime::quoted(answer.error().message, kMaxCharacters));
        }
        const int status = answer.value().status;
        return status >= kFirstGood && status < kFirstOther
                   ? std::nullopt
                   : std::optional(fmt::format("{} answers {}", target.text(), status));
    };
}

Probe fileProbe(std::string path, Duration maxAge, const runtime::Clock& clock) {
    return [path = std::move(path), maxAge, &clock](
               Instant /*deadline*/, const std::stop_token&) -> std::optional<std::string> {
        struct stat found{};
        if (::stat(path.c_str(), &found) != 0) {
            return fmt::format("{}: {}", path, std::system_category().message(errno));
        }
        const Duration written = std::chrono::seconds(found.st_mtim.tv_sec) +
                                 std::chrono::nanoseconds(found.st_mtim.tv_nsec);
        const Duration age = clock.wall().time_since_epoch() - written;
        if (age > maxAge) {
            return fmt::format("{} was last written {} ago", path, inSeconds(age));
        }
        return age < -maxAge ? std::optional(fmt::format("{} was written in the future", path))
                             : std::nullopt;
    };
}

Probe askedProbe(std::function<std::optional<Instant>()> lastAsked, Duration within,
                 const runtime::Clock& clock) {
    return [lastAsked = std::move(lastAsked), within, &clock](
               Instant /*deadline*/, const std::stop_token&) -> std::optional<std::string> {
        const auto last = lastAsked();
        if (!last) {
            return "it has not asked yet who leads";
        }
        const Duration ago = clock.now() - *last;
        return ago > within
                   ? std::optional(fmt::format("it last asked {} ago who leads", inSeconds(ago)))
                   : std::nullopt;
    };
}

}  // namespace elector::health
