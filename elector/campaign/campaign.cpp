#include "elector/campaign/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "elector/campaign/pod_lock.h"
#include "elector/election/watch_pace.h"
#include "elector/runtime/time_text.h"

namespace elector::campaign {
namespace {

using election::ApiError;
using election::Duration;
using election::ErrorKind;
using election::Event;
using election::Instant;

// The election's thread looks at the clock at least this often, so that a wedged one shows. More
// seldom than the default retry period, so that mostly it is awake anyway: with a second, a leader
// took a tenth more CPU.
constexpr Duration kBeat = std::chrono::seconds(3);
// A thread that has missed three beats is wedged; one that missed them because the whole process
// was stopped gets a grace to show that it goes on.
constexpr Duration kWedged = std::chrono::seconds(10);
constexpr Duration kGrace = std::chrono::seconds(2);

// Events of a watch wait here at most, each with a whole Lease: beyond it the watch waits.
constexpr std::size_t kMostQueued = 16;

// Of an attempt that timed out, the limit and the flag that sets it.
void nameLimit(ApiError& error, Duration limit, const election::Timing& timing) {
    using Hundredths = std::chrono::duration<std::int64_t, std::centi>;
    if (error.kind == ErrorKind::TimedOut) {
        error.message += fmt::format(" (the limit was {}, by --lease-renew-duration={})",
                                     runtime::formatDuration(std::chrono::round<Hundredths>(limit)),
                                     runtime::formatDuration(timing.renewDeadline));
    }
}

const char* operationOf(const election::Request& request) {
    const auto* write = std::get_if<election::WriteRequest>(&request);
    return write == nullptr ? "read" : toString(write->intent);
}

}  // namespace

// Carries what the watch tells into the queue.
class Campaign::Sink final : public store::WatchSink {
  public:
    Sink(Campaign& campaign, std::stop_token stop) : campaign_(campaign), stop_(std::move(stop)) {}

    void onListed(std::optional<election::Lease> lease, Instant sentAt) override {
        campaign_.postFromWatch(election::Listed{std::move(lease), sentAt}, stop_);
    }
    void onChanged(election::Lease lease) override {
        campaign_.postFromWatch(election::Changed{std::move(lease)}, stop_);
    }
    void onDeleted() override { campaign_.postFromWatch(election::Deleted{}, stop_); }

  private:
    Campaign& campaign_;
    std::stop_token stop_;
};

Campaign::Campaign(election::LeaseKey key, election::Settings settings, store::LeaseStore& store,
                   PodLock* lock, const runtime::Clock& clock, Listener& listener,
                   AnnounceNo announceNo)
    : key_(std::move(key)),
      store_(store),
      lock_(lock),
      clock_(clock),
      listener_(listener),
      announceNo_(std::move(announceNo)),
      election_(std::move(settings)),
      locked_(lock == nullptr),
      beat_(clock.now()),
      wakeAt_(clock.now()),
      finished_(finishedPromise_.get_future().share()) {}

Campaign::~Campaign() {
    turner_.request_stop();
    requester_.request_stop();
    watcher_.request_stop();
    wake_.wake();
}

void Campaign::start() {
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    requester_ = std::jthread([this](const std::stop_token& stop) { makeRequests(stop); });
    turner_ = std::jthread([this](const std::stop_token& stop) { turn(stop); });
}

std::shared_future<void> Campaign::stop() {
    post(election::StopRequested{});
    return finished_;
}

election::Answer Campaign::answer() {
    const std::lock_guard guard(electionMutex_);
    const election::Standing& standing = election_.standing();
    const election::Moment now = clock_.moment();
    const std::string& id = election_.settings().identity.id;
    if (!standing.term || (!answeredNo_ && standing.term->isValidAt(now))) {
        return answerAt(standing, id, now);
    }
    // Once "no" was said it stays, though the wall clock be set back before the next step.
    answeredNo_ = true;
    wake_.wake();
    election::Standing ended = standing;
    ended.term.reset();
    return answerAt(ended, id, now);
}

std::optional<std::string> Campaign::notLive() {
    const std::lock_guard guard(electionMutex_);
    const Instant now = clock_.now();
    if (now - beat_ < kWedged) {
        staleSince_.reset();
        return std::nullopt;
    }
    if (!staleSince_) {
        staleSince_ = now;
    }
    if (now - *staleSince_ < kGrace) {
        return std::nullopt;
    }
    return fmt::format("the election of {} has not moved for {}", key_.text(),
                       runtime::formatDuration(now - beat_));
}

std::optional<Duration> Campaign::newsAge() {
    const std::lock_guard guard(electionMutex_);
    const auto& heardAt = election_.standing().heardAt;
    return heardAt ? std::optional(clock_.now() - *heardAt) : std::nullopt;
}

bool Campaign::isHealthy() {
    const std::lock_guard guard(electionMutex_);
    return election_.standing().healthy;
}

std::optional<std::string> Campaign::notReady() {
    const std::lock_guard guard(electionMutex_);
    const election::Standing& standing = election_.standing();
    const election::Timing& timing = election_.settings().timing;
    if (!locked_) {
        return fmt::format("another elector in this Pod campaigns for Lease {}", key_.text());
    }
    if (standing.denied) {
        return standing.trouble;
    }
    if (!standing.heardAt) {
        return fmt::format("the state of Lease {} is not known yet{}{}", key_.text(),
                           standing.trouble.empty() ? "" : ": ", standing.trouble);
    }
    const Duration silence = clock_.now() - *standing.heardAt;
    if (silence > std::max(timing.leaseDuration, 3 * timing.retryPeriod)) {
        return fmt::format(
            "nothing was heard of Lease {} for {}{}{}", key_.text(),
            runtime::formatDuration(std::chrono::duration_cast<std::chrono::seconds>(silence)),
            standing.trouble.empty() ? "" : ": ", standing.trouble);
    }
    return std::nullopt;
}

void Campaign::post(Event event) {
    {
        const std::lock_guard guard(eventsMutex_);
        events_.push_back(std::move(event));
    }
    wake_.wake();
}

void Campaign::postFromWatch(Event event, const std::stop_token& stop) {
    {
        std::unique_lock guard(eventsMutex_);
        if (!roomForEvents_.wait(guard, stop, [this] { return events_.size() < kMostQueued; })) {
            return;
        }
        events_.push_back(std::move(event));
    }
    wake_.wake();
}

void Campaign::turn(const std::stop_token& stop) {
    std::optional<Event> health;  // what was told of it meanwhile
    if (!awaitLock(stop, health)) {
        return;
    }
    step(election::Started{});
    if (health) {
        step(*health);
    }
    while (!stop.stop_requested()) {
        if (const auto event = nextEvent()) {
            step(*event);
            continue;
        }
        const Instant now = beat();
        if (now >= wakeAt_ || hasAnsweredNo()) {
            step(election::TimePassed{});
        } else {
            wake_.waitUntil(std::min(wakeAt_, now + kBeat));
        }
    }
}

Instant Campaign::beat() {
    const std::lock_guard guard(electionMutex_);
    beat_ = clock_.now();
    return beat_;
}

// Whether somebody was told "no", and the election has not heard of it yet: it has to at once.
bool Campaign::hasAnsweredNo() {
    const std::lock_guard guard(electionMutex_);
    return answeredNo_;
}

// False where the process stops before it holds the lock.
bool Campaign::awaitLock(const std::stop_token& stop, std::optional<Event>& health) {
    bool told = false;
    while (lock_ != nullptr && !lock_->tryAcquire()) {
        if (!std::exchange(told, true)) {
            listener_.onNote({election::NoteKind::PodLocked, lock_->name()}, election_.standing());
        }
        while (const auto event = nextEvent()) {
            if (std::holds_alternative<election::StopRequested>(*event)) {
                finish();
            } else if (std::holds_alternative<election::HealthChanged>(*event)) {
                health = event;
            }
        }
        if (finishedTold_ || stop.stop_requested()) {
            return false;
        }
        wake_.waitUntil(beat() + kBeat);
    }
    {
        const std::lock_guard guard(electionMutex_);
        locked_ = true;
    }
    const std::lock_guard guard(requestMutex_);
    campaigning_ = true;
    requestPosted_.notify_all();
    return true;
}

std::optional<Event> Campaign::nextEvent() {
    std::optional<Event> event;
    {
        const std::lock_guard guard(eventsMutex_);
        if (events_.empty()) {
            return std::nullopt;
        }
        event = std::move(events_.front());
        events_.pop_front();
    }
    roomForEvents_.notify_one();
    return event;
}

void Campaign::step(const Event& event) {
    std::vector<election::Actions> done;
    {
        const std::lock_guard guard(electionMutex_);
        if (std::exchange(answeredNo_, false)) {
            done.push_back(election_.step(election::AnsweredNo{}, clock_.moment()));
        }
        done.push_back(election_.step(event, clock_.moment()));
        beat_ = clock_.now();
    }
    for (election::Actions& actions : done) {
        carryOut(actions);
    }
}

void Campaign::carryOut(election::Actions& actions) {
    wakeAt_ = actions.wakeAt;
    feed_.publish(actions.told);
    if (actions.request) {
        const auto& term = election_.standing().term;  // only this thread changes it
        const Instant now = clock_.now();
        const Duration limit = attemptTimeout(
            settings().timing, term ? std::optional(term->validUntil - now) : std::nullopt);
        const std::lock_guard guard(requestMutex_);
        request_ = Posted{std::move(*actions.request), now + limit};
        requestPosted_.notify_all();
    }
    if (actions.announceNo) {
        announceNo_([this] { post(election::NoAnnounced{}); });
    }
    for (const election::Note& note : actions.notes) {
        listener_.onNote(note, election_.standing());  // only this thread changes it
    }
    if (actions.finished) {
        finish();
    }
}

void Campaign::finish() {
    if (!std::exchange(finishedTold_, true)) {
        finishedPromise_.set_value();
    }
}

void Campaign::makeRequests(const std::stop_token& stop) {
    while (const auto posted = awaitRequest(stop)) {
        post(make(posted->request, {posted->deadline, stop}));
    }
}

// Nothing once a stop is requested.
std::optional<Campaign::Posted> Campaign::awaitRequest(const std::stop_token& stop) {
    std::unique_lock guard(requestMutex_);
    requestPosted_.wait(guard, stop, [this] { return request_.has_value(); });
    return std::exchange(request_, std::nullopt);
}

Event Campaign::make(const election::Request& request, const store::CallLimits& limits) {
    const Instant from = clock_.now();
    const auto tell = [&](ApiError* error) {
        if (error != nullptr && !limits.stop.stop_requested()) {
            nameLimit(*error, limits.deadline - from, settings().timing);
        }
        listener_.onRequest(operationOf(request), error, clock_.now() - from);
    };
    const auto* write = std::get_if<election::WriteRequest>(&request);
    if (write == nullptr) {
        auto answer = store_.get(key_, limits);
        tell(answer ? nullptr : &answer.error());
        if (!answer) {
            return election::ReadAnswered{std::move(answer).error()};
        }
        return election::ReadAnswered{std::move(answer).value()};
    }
    auto answer = write->base ? store_.update(key_, *write->base, write->record, limits)
                              : store_.create(key_, write->record, limits);
    tell(answer ? nullptr : &answer.error());
    if (!answer) {
        return election::WriteAnswered{std::move(answer).error()};
    }
    store::Written written = std::move(answer).value();
    return election::WriteAnswered{election::Landed{std::move(written.lease), written.created}};
}

void Campaign::watch(const std::stop_token& stop) {
    {
        std::unique_lock guard(requestMutex_);
        if (!requestPosted_.wait(guard, stop, [this] { return campaigning_; })) {
            return;
        }
    }
    const std::stop_callback waker(stop, [this] { watchPause_.wake(); });
    const election::Timing& timing = settings().timing;
    election::WatchPace pace(timing.retryPeriod, timing.leaseDuration, ~settings().seed);
    while (!stop.stop_requested()) {
        Sink sink(*this, stop);
        pace.opening(clock_.now());
        ApiError error = store_.watch(key_, sink, attemptTimeout(timing), stop);
        if (stop.stop_requested()) {
            return;
        }
        nameLimit(error, attemptTimeout(timing), timing);
        listener_.onWatchEnded(error);
        postFromWatch(election::WatchFailed{error}, stop);
        const Instant now = clock_.now();
        watchPause_.waitUntil(now + pace.ended(error, now));
    }
}

}  // namespace elector::campaign
