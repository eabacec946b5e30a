#include "elector/teller.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "elector/answer_writer.h"
#include "elector/election/backoff.h"
#include "elector/runtime/random.h"
#include "elector/runtime/time_text.h"

namespace elector {
namespace {

using election::Duration;
using election::Instant;

constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(5);
// A disk or a program that takes longer than this to be told is in trouble.
constexpr Duration kPatience = std::chrono::seconds(5);

std::string behind(Duration since) {
    return fmt::format(
        "nothing was told for {}",
        runtime::formatDuration(std::chrono::duration_cast<std::chrono::seconds>(since)));
}

}  // namespace

struct Teller::Shared {
    Shared(Way theWay, const Surroundings& theSurroundings)
        : way(std::move(theWay)),
          around(theSurroundings),
          writer(around.source, around.clock),
          attempts(around.metrics.counter(
              "leader_elector_told_total",
              "States that were told to files and programs, by the flag that "
              "asks for it and result.",
              {"way", "result", "namespace", "lease"})),
          untold(
              around.metrics.gauge("leader_elector_untold_seconds",
                                   "For how long the newest state could not be told; 0 once it is.",
                                   {"way", "namespace", "lease"})) {
        for (const char* result : {"ok", "failed"}) {
            attempts.add(labels(result), 0);
        }
    }

    void run();
    std::optional<State> next(std::uint64_t told);
    bool note(const State& state, const std::optional<std::string>& failure);
    void pause(std::uint64_t tried, Duration length);
    void changed();
    void warn(const std::string& sentence);
    http::MetricFamily::Values labels(const char* result) const;

    const Way way;

    // What `around` refers to, and `writer`, may be used only while the mutex is held and the
    // thread is not left behind, or by whoever owns the teller.
    std::mutex mutex;
    const Surroundings around;
    AnswerWriter writer;
    http::MetricFamily& attempts;
    http::MetricFamily& untold;
    std::string why;  // the newest state is not told; "" where nothing is known to be wrong
    bool isLeft = false;
    bool isDone = false;
    std::condition_variable done;

    runtime::Wake wake;
    std::stop_source stop;
    std::atomic<bool> isEnding = false;
    // Since when there is something to tell; the epoch where there is nothing.
    std::atomic<Instant> untoldSince{Instant()};
    std::atomic<bool> isWarned = false;
};

http::MetricFamily::Values Teller::Shared::labels(const char* result) const {
    return {way.flag, result, around.source.lease().space, around.source.lease().name};
}

void Teller::Shared::run() {
    election::Jitter jitter(runtime::randomSeed());
    election::Backoff backoff(8 * kFirstPause, jitter);
    std::uint64_t told = 0;
    while (!stop.stop_requested()) {
        const auto state = next(told);
        if (!state) {
            if (isEnding) {
                break;
            }
            wake.waitUntil(std::nullopt);
            continue;
        }
        const auto failure = way.tell(*state, stop.get_token());
        if (!note(*state, failure)) {
            break;
        }
        if (!failure) {
            told = state->answer.seq;
            backoff.reset();
            continue;
        }
        if (isEnding) {
            break;
        }
        pause(state->answer.seq, backoff.nextUpTo(kLongestPause));
    }
    const std::lock_guard guard(mutex);
    isDone = true;
    done.notify_all();
}

// The state to tell after the one numbered `told`, if there is any.
std::optional<Teller::State> Teller::Shared::next(std::uint64_t told) {
    const std::lock_guard guard(mutex);
    if (isLeft) {
        return std::nullopt;
    }
    auto standing = around.feed.after(told, false);
    if (!standing) {
        standing = around.feed.after(told);
        if (!standing || !standing->term) {  // that another has renewed changes nothing here
            untoldSince = Instant();
            return std::nullopt;
        }
    }
    Instant nothing;
    untoldSince.compare_exchange_strong(nothing, around.clock.now());
    State state{answerOf(*standing, around.source, around.clock), {}};
    state.json = writer.common(state.answer);
    writer.appendDeadlines(state.json, state.answer);
    state.json += '\n';
    return state;
}

// That it was told, or why not. False where nobody wants to know any more.
bool Teller::Shared::note(const State& state, const std::optional<std::string>& failure) {
    const std::lock_guard guard(mutex);
    if (isLeft) {
        return false;
    }
    attempts.add(labels(failure ? "failed" : "ok"), 1);
    why = failure.value_or("");
    if (failure) {
        warn(*failure);
        return true;
    }
    untoldSince = Instant();
    if (isWarned.exchange(false)) {
        around.log.info(fmt::format("--{} works again", way.flag),
                        {{"lease", around.source.lease().text()}});
    }
    if (way.told) {
        way.told(state.answer);
    }
    return true;
}

void Teller::Shared::pause(std::uint64_t tried, Duration length) {
    const Instant until = runtime::SystemClock().now() + length;
    while (!isEnding && runtime::SystemClock().now() < until) {
        wake.waitUntil(until);
        const std::lock_guard guard(mutex);
        if (isLeft || around.feed.after(tried, false)) {
            return;
        }
    }
}

// By whoever publishes: it waits for nothing.
void Teller::Shared::changed() {
    const Instant now = around.clock.now();
    Instant since;
    if (!untoldSince.compare_exchange_strong(since, now) && now - since > kPatience) {
        warn(behind(now - since));
    }
    wake.wake();
}

void Teller::Shared::warn(const std::string& sentence) {
    if (!isWarned.exchange(true)) {
        around.log.warn(fmt::format("--{} does not work, will retry", way.flag),
                        {{"lease", around.source.lease().text()}, {"error", sentence}});
    }
}

Teller::Teller(Way way, const Surroundings& around)
    : shared_(std::make_shared<Shared>(std::move(way), around)) {
    // A Subscription cannot be moved.
    // NOLINTNEXTLINE(modernize-make-unique)
    subscription_ = std::unique_ptr<campaign::Feed::Subscription>(new campaign::Feed::Subscription(
        around.feed.subscribe([shared = shared_.get()] { shared->changed(); })));
    thread_ = std::thread([shared = shared_] { shared->run(); });
}

Teller::~Teller() {
    subscription_.reset();
    shared_->isEnding = true;
    shared_->wake.wake();
    {
        std::unique_lock lock(shared_->mutex);
        const auto isDone = [this] { return shared_->isDone; };
        if (!shared_->done.wait_for(lock, kLastWords, isDone)) {
            shared_->isLeft = true;
            shared_->stop.request_stop();
            shared_->wake.wake();
            shared_->done.wait_for(lock, kLastWords, isDone);
        }
        if (!shared_->isDone) {
            thread_.detach();
        }
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::optional<std::string> Teller::trouble() const {
    const std::lock_guard guard(shared_->mutex);
    const Instant since = shared_->untoldSince;
    const Duration waits = shared_->around.clock.now() - since;
    if (shared_->why.empty() && (since == Instant() || waits <= kPatience)) {
        return std::nullopt;
    }
    return fmt::format("--{}: {}", shared_->way.flag,
                       shared_->why.empty() ? behind(waits) : shared_->why);
}

void Teller::measure() const {
    const Instant since = shared_->untoldSince;
    const Duration waits = since == Instant() ? Duration(0) : shared_->around.clock.now() - since;
    const auto& lease = shared_->around.source.lease();
    shared_->untold.set({shared_->way.flag, lease.space, lease.name},
                        std::chrono::duration<double>(waits).count());
}

}  // namespace elector
