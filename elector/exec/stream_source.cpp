#include "elector/exec/stream_source.h"

#include <fmt/format.h>

#include <chrono>
#include <stop_token>
#include <utility>

#include "elector/commands/commands.h"
#include "elector/kubernetes/connection.h"

namespace elector::exec {
namespace {

using kubernetes::ApiError;
using kubernetes::Connection;
using kubernetes::ErrorKind;

// A state has less than 4 KiB.
constexpr std::size_t kLongestLine = std::size_t{64} * 1024;
// A sign of life comes every 15 seconds.
constexpr std::chrono::seconds kSilence{40};
constexpr std::chrono::seconds kAnswer{2};
constexpr std::chrono::milliseconds kPause{100};
constexpr int kOk = 200;

}  // namespace

bool StateReader::take(std::string_view bytes,
                       const std::function<void(std::optional<Lead>)>& tell) {
    constexpr std::string_view kData = "data: ";
    line_ += bytes;
    for (std::size_t end = 0; (end = line_.find('\n')) != std::string::npos;
         line_.erase(0, end + 1)) {
        if (!line_.starts_with(kData)) {
            continue;
        }
        const auto state =
            commands::parseLeaderAnswer(line_.substr(kData.size(), end - kData.size()));
        if (!state) {
            return false;
        }
        if (!state->isLeader) {
            tell(std::nullopt);
            continue;
        }
        if (!state->fencingToken || !state->validUntilBoottimeMs) {
            return false;
        }
        tell(Lead{*state->fencingToken,
                  Instant(std::chrono::milliseconds(*state->validUntilBoottimeMs)),
                  state->lease.value_or(""), state->id});
    }
    return line_.size() <= kLongestLine;
}

StreamSource::StreamSource(config::Address elector, const runtime::Clock& clock,
                           const runtime::Log& log)
    : elector_(std::move(elector)), clock_(clock), log_(log) {}

void StreamSource::start(std::function<void()> wake) {
    wake_ = std::move(wake);
    reader_ = std::jthread([this](const std::stop_token& stop) { read(stop); });
}

std::optional<Lead> StreamSource::lead() {
    const std::lock_guard guard(mutex_);
    return lead_;
}

void StreamSource::read(const std::stop_token& stop) {
    const std::stop_callback waker(stop, [this] { pause_.wake(); });
    bool isTold = false;
    while (!stop.stop_requested()) {
        isHeard_ = false;
        const std::string why = readStream(stop);
        isTold = isTold && !isHeard_;
        if (!stop.stop_requested() && !std::exchange(isTold, true)) {
            log_.warn("the elector is not heard: asking it again",
                      {{"elector", elector_.text()}, {"reason", why}});
        }
        pause_.waitUntil(clock_.now() + kPause);
    }
}

std::string StreamSource::readStream(const std::stop_token& stop) {
    Connection connection(clock_);
    connection.setLimits({clock_.now() + kAnswer, stop});
    const auto head =
        commands::begin(connection, elector_, {.path = "/api/leader/watch?renewals=1"});
    if (!head) {
        return head.error().message;
    }
    if (head.value().status != kOk) {
        return fmt::format("it answers {}", head.value().status);
    }
    connection.setLimits({clock_.now() + kSilence, stop});
    StateReader reader;
    const auto end = connection.readRest([&](std::string_view bytes) -> std::optional<ApiError> {
        connection.setLimits({clock_.now() + kSilence, stop});
        isHeard_ = true;
        const bool understood = reader.take(bytes, [this](std::optional<Lead> lead) {
            {
                const std::lock_guard guard(mutex_);
                lead_ = std::move(lead);
            }
            wake_();
        });
        return understood ? std::nullopt
                          : std::optional(ApiError{ErrorKind::Malformed, 0, std::nullopt,
                                                   "it sends what no elector sends"});
    });
    return end ? "it has ended the stream" : end.error().message;
}

}  // namespace elector::exec
