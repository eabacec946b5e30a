#include "elector/health/probes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "elector/kubernetes/connection.h"
#include "elector/runtime/time_text.h"

namespace elector::health {
namespace {

std::string inSeconds(Duration duration) {
    return runtime::formatDuration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

}  // namespace

Probe httpProbe(kubernetes::Endpoint target, const runtime::Clock& clock) {
    return [target = std::move(target), &clock](Instant deadline, const std::stop_token& stop) {
        return whyRefused(target, nullptr, {}, {deadline, stop}, clock);
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
