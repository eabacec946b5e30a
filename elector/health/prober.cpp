#include "elector/health/prober.h"

#include <utility>

namespace elector::health {

std::optional<HealthChanged> Verdict::count(const std::optional<std::string>& why) {
    const bool passed = !why;
    inARow_ = passed == std::exchange(lastPassed_, passed) ? inARow_ + 1 : 1;
    if (healthy_ == passed || inARow_ < (passed ? successes_ : failures_)) {
        return std::nullopt;
    }
    healthy_ = passed;
    return HealthChanged{passed, why.value_or("")};
}

Prober::Prober(Probe probe, Pace pace, const runtime::Clock& clock, Tell tell)
    : probe_(std::move(probe)), pace_(pace), clock_(clock), tell_(std::move(tell)) {}

Prober::~Prober() {
    thread_.request_stop();
    pause_.wake();
}

void Prober::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Prober::run(const std::stop_token& stop) {
    Verdict verdict(pace_.failures, pace_.successes);
    while (!stop.stop_requested()) {
        const Instant began = clock_.now();
        const auto why = probe_(began + pace_.timeout, stop);
        if (stop.stop_requested()) {
            return;
        }
        if (auto changed = verdict.count(why)) {
            tell_(*std::move(changed));
        }
        pause_.waitUntil(began + pace_.period);
    }
}

}  // namespace elector::health
