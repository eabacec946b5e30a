#include "elector/runtime/ending_signals.h"

#include <cerrno>
#include <chrono>
#include <ctime>

namespace elector::runtime {
namespace {

std::string nameOf(int signal) {
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace

EndingSignals::EndingSignals() : signals_() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

void EndingSignals::unblock() const {
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

std::string EndingSignals::await() const {
    int received = 0;
    sigwait(&signals_, &received);
    return nameOf(received);
}

std::optional<std::string> EndingSignals::await(election::Duration limit) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const std::timespec time{static_cast<std::time_t>(seconds.count()),
                             static_cast<long>((limit - seconds).count())};
    int received = 0;
    do {
        received = sigtimedwait(&signals_, nullptr, &time);
    } while (received < 0 && errno == EINTR);  // the process was stopped and continued
    return received < 0 ? std::nullopt : std::optional(nameOf(received));
}

}  // namespace elector::runtime
