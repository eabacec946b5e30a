#include "tests/simulation/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "tests/simulation/wording.h"

namespace elector::simulation {

using election::Actions;
using election::ErrorKind;
using election::Event;
using election::Instant;
using election::Moment;
using std::chrono::microseconds;
using std::chrono::milliseconds;

Process::Process(World& world, int number, election::Settings settings, const DriftingClock& clock,
                 Link& link, bool mayWatch, bool confirms)
    : world_(world),
      number_(number),
      clock_(clock),
      link_(link),
      mayWatch_(mayWatch),
      confirms_(confirms),
      election_(std::move(settings)),
      watchPace_(election_.settings().timing.retryPeriod, election_.settings().timing.leaseDuration,
                 ~election_.settings().seed) {}

void Process::start() {
    alive_ = true;
    record("starts, session " + election_.settings().identity.session);
    arrive({election::Started{}});
    openWatch();
}

void Process::kill() {
    record("is dead");
    alive_ = false;
    world_.watches.close(stream_);
    world_.judge.left(number_);
    inbox_.clear();
}

void Process::requestStop() {
    if (!std::exchange(stopping_, true)) {
        arrive({election::StopRequested{}});
    }
}

void Process::pauseUntil(Duration when) {
    if (when > stalledUntil_) {
        stalledUntil_ = when;
        world_.queue.at(when, [this] { resume(); });
    }
}

void Process::ask() {
    if (!alive_ || isStalled()) {
        return;
    }
    const Moment now = clock_.at(world_.queue.now());
    const election::Answer answer =
        answerAt(election_.standing(), election_.settings().identity.id, now);
    if (election_.standing().term && (saidNo_ || !answer.isLeader)) {
        // Once said it stays, until the election has heard of it.
        saidNo_ = true;
        world_.judge.saidNo(number_);
        world_.queue.after(lateness(), [this] {
            if (saidNo_) {
                arrive({election::TimePassed{}});
            }
        });
        return;
    }
    world_.judge.answered(number_, answer, now.boot);
}

void Process::arrive(Item item) {
    if (!alive_) {
        return;
    }
    if (isStalled() || !inbox_.empty()) {
        inbox_.push_back(std::move(item));
        return;
    }
    process(item);
}

void Process::resume() {
    while (alive_ && !isStalled() && !inbox_.empty()) {
        const Item item = std::move(inbox_.front());
        inbox_.pop_front();
        process(item);
    }
}

void Process::process(const Item& item) {
    if (item.request != 0) {
        if (item.request != pendingRequest_) {
            return;
        }
        pendingRequest_ = 0;
    }
    if (item.watch != 0 && item.watch != watch_) {
        return;
    }
    step(item.event);
}

void Process::step(const Event& event) {
    const Moment now = clock_.at(world_.queue.now());
    world_.judge.told(number_, event, now.boot);
    if (!world_.random.chance(world_.stalls)) {
        finishStep(event, now);
        return;
    }
    // Stopped after the clock was read and before anything was made of it. What waits, waits for
    // the rest of this step too.
    const Duration until =
        world_.queue.now() + world_.random.between(Duration(0), world_.longestStall);
    stalledUntil_ = std::max(stalledUntil_, until);
    inStep_ = true;
    world_.queue.at(stalledUntil_, [this, event, now] {
        inStep_ = false;
        if (alive_) {
            finishStep(event, now);
            resume();
        }
    });
}

void Process::finishStep(const Event& event, const Moment& now) {
    if (saidNo_ && !std::holds_alternative<election::AnsweredNo>(event)) {
        finishStep(election::AnsweredNo{}, now);
    }
    const EventClass kind = classOf(event);
    world_.tally.coverage.count(phase_, kind);
    ++world_.tally.events;
    world_.history.digest(static_cast<std::uint64_t>(world_.queue.now().count()) * 64 +
                          static_cast<std::uint64_t>(kind));
    const std::optional<election::Term> before = election_.standing().term;
    const Actions actions = election_.step(event, now);
    if (kind == EventClass::AnsweredNo) {
        saidNo_ = false;
        world_.judge.heardNo(number_);
    }
    if (actions.announceNo) {
        world_.judge.leaving(number_, before);
        world_.judge.stepsDown(number_, kind != EventClass::StopRequested);
        if (kind != EventClass::StopRequested && kind != EventClass::StepDownRequested) {
            world_.judge.stepsDownUnasked(number_, before);
        }
    }
    world_.judge.stepped(number_);
    for (const election::Note& note : actions.notes) {
        world_.tally.degradedTerms += note.kind == election::NoteKind::Degraded ? 1U : 0U;
    }
    if (world_.history.isKept()) {
        record(
            wordsFor(toString(phase_), toString(kind), event, actions, election_.standing(), now));
    }
    followPhase(event, actions, now);
    checkContract(actions, now);
    checkTold(actions, now);
    act(actions, now);
}

void Process::checkContract(const Actions& actions, const Moment& now) {
    if (actions.request && pendingRequest_ != 0) {
        world_.judge.fail("contract: a second request while one is under way");
    }
    if (!actions.finished && actions.wakeAt <= now.boot) {
        world_.judge.fail("contract: it asks to be woken at once, for ever");
    }
    if (!actions.request) {
        return;
    }
    if (now.boot >= periodEnds_) {
        periodEnds_ = now.boot + election_.settings().timing.retryPeriod;
        requests_ = 0;
    }
    constexpr int kMostRequests = 100;
    if (++requests_ > kMostRequests) {
        world_.judge.fail("load: more than 100 requests within one retry period");
    }
}

// Whoever only listens knows after each step what whoever asks is answered, and has heard a "no"
// between two terms unless the second began while the first lasted.
void Process::checkTold(const Actions& actions, const Moment& now) {
    const auto sameTerm = [](const election::Term& one, const election::Term& other) {
        return one.token == other.token;
    };
    for (const election::Standing& next : actions.told) {
        if (next.seq != told_.seq + 1) {
            world_.judge.fail("rule 13: a standing has no number, or two have one");
        }
        if (next.term && told_.term && !sameTerm(*next.term, *told_.term) &&
            !told_.term->isValidAt(now)) {
            world_.judge.fail("rule 13: no \"no\" was told between two terms");
        }
        told_ = next;
        if (next.reason == election::Reason::Draining) {
            drain_ = next.seq;
            releasesAt_ = now.boot + election_.settings().drain;
            if (confirms_) {
                confirm();
            }
        }
    }
    const election::Standing& standing = election_.standing();
    const bool sameOwn = standing.term ? told_.term && sameTerm(*standing.term, *told_.term) &&
                                             standing.term->validUntil == told_.term->validUntil
                                       : !told_.term;
    const bool named = !standing.leader.empty() && now.boot < standing.leaderUntil &&
                       standing.leader != election_.settings().identity.id;
    const bool sameOther =
        !named || standing.term ||
        (told_.leader == standing.leader && told_.leaderUntil == standing.leaderUntil);
    if (!sameOwn || !sameOther) {
        world_.judge.fail("rule 13: what was told is not what is answered");
    }
}

void Process::followPhase(const Event& event, const Actions& actions, const Moment& now) {
    const auto* steppingDown = std::get_if<election::StepDownRequested>(&event);
    const bool stops = std::holds_alternative<election::StopRequested>(event);
    const bool stepsDown = actions.announceNo && !stops;
    const bool in = phase_ == Phase::Following || phase_ == Phase::Leading;
    if (stepsDown || (in && stops)) {
        phase_ = actions.announceNo ? Phase::Draining : Phase::Releasing;
        noAnnounced_ = false;
        const Duration drain = election_.settings().drain;
        drainedAt_ = now.boot + drain;
        if (stepsDown || drain > Duration(0)) {
            drainedAt_ = std::max(drainedAt_, world_.judge.promisedUntil(number_));
        }
    }
    const auto* stopped = std::get_if<election::ProgramStopped>(&event);
    if (stopped != nullptr && stopped->seq == drain_) {
        releasesAt_ = Instant();
        drainedAt_ = std::min(drainedAt_, stopped->promisedUntil);
    }
    if (stepsDown) {
        const election::Settings& settings = election_.settings();
        pause_ = steppingDown != nullptr        ? steppingDown->pause
                 : election_.standing().healthy ? defaultPause(settings.timing)
                                                : settings.health->pause;
    }
    const bool left = std::ranges::any_of(actions.notes, [](const election::Note& note) {
        return note.kind == election::NoteKind::Released ||
               note.kind == election::NoteKind::NotReleased;
    });
    if (left && !actions.finished) {
        phase_ = Phase::Following;
        world_.judge.pauses(number_, now.boot + pause_);
    }
    noAnnounced_ = noAnnounced_ || std::holds_alternative<election::NoAnnounced>(event);
    if (phase_ == Phase::Draining && noAnnounced_ && now.boot >= drainedAt_) {
        phase_ = Phase::Releasing;
    }
    if (phase_ == Phase::Following || phase_ == Phase::Leading) {
        phase_ = election_.standing().term ? Phase::Leading : Phase::Following;
    }
}

void Process::act(const Actions& actions, const Moment& now) {
    if (actions.finished) {
        kill();
        return;
    }
    if (actions.announceNo) {
        world_.queue.after(world_.random.between(microseconds(50), milliseconds(50)),
                           [this] { announceNo(); });
    }
    setTimer(actions.wakeAt);
    if (actions.request) {
        send(*actions.request, now);
    }
}

// The program says that it has stopped: soon, or late, perhaps after the next drain has begun. What
// it has answered to a state before comes in between.
void Process::confirm() {
    const Duration soon = election_.settings().timing.leaseDuration / 16;
    const auto answer = [&](std::uint64_t seq, Duration longest) {
        world_.queue.after(world_.random.between(Duration(0), longest), [this, seq] {
            arrive({election::ProgramStopped{seq, world_.judge.promisedUntil(number_)}});
        });
    };
    answer(drain_ - 1, soon);
    answer(drain_, world_.random.chance(500) ? soon : soon * 96);
}

// Every "yes" on its way is out by now, unless the process was stopped meanwhile.
void Process::announceNo() {
    if (isStalled()) {
        world_.queue.at(std::max(stalledUntil_, world_.queue.now() + microseconds(1)),
                        [this] { announceNo(); });
        return;
    }
    world_.judge.leaving(number_, std::nullopt);
    arrive({election::NoAnnounced{}});
}

void Process::send(const election::Request& request, const Moment& now) {
    Call call;
    if (const auto* write = std::get_if<election::WriteRequest>(&request)) {
        call.kind = Call::Kind::Write;
        call.write = *write;
        if (write->intent == election::Intent::Release && now.boot < releasesAt_) {
            world_.judge.fail("rule 13: the Lease is released before the drain is over");
        }
    }
    world_.judge.asked(number_, call, now);
    pendingRequest_ = ++lastRequest_;
    if (!world_.random.chance(world_.stalls)) {
        submit(call, pendingRequest_);
        return;
    }
    const Duration until =
        world_.queue.now() + world_.random.between(Duration(0), world_.longestStall);
    pauseUntil(until);
    world_.queue.at(until, [this, call, serial = pendingRequest_] {
        if (alive_) {
            submit(call, serial);
        }
    });
}

void Process::submit(const Call& call, std::uint64_t request) {
    world_.network.submit(call, link_, [this, request](const Event& answer, std::size_t) {
        arrive({answer, request});
    });
    const Instant now = clock_.bootAt(world_.queue.now());
    const auto& term = election_.standing().term;
    const Instant deadline =
        now + attemptTimeout(election_.settings().timing,
                             term ? std::optional(term->validUntil - now) : std::nullopt);
    world_.queue.at(clock_.trueTimeOf(deadline) + lateness(), [this, request, kind = call.kind] {
        if (pendingRequest_ == request) {
            arrive({failureOf(kind, errorOf(ErrorKind::TimedOut)), request});
        }
    });
}

void Process::openWatch() {
    if (!alive_) {
        return;
    }
    const std::uint64_t serial = ++watch_;
    if (isStalled()) {
        world_.queue.at(stalledUntil_, [this, serial] {
            if (serial == watch_) {
                openWatch();
            }
        });
        return;
    }
    watchPace_.opening(clock_.bootAt(world_.queue.now()));
    if (!mayWatch_) {
        world_.queue.after(milliseconds(1), [this] { watchEnded(errorOf(ErrorKind::Forbidden)); });
        return;
    }
    Call call;
    call.kind = Call::Kind::List;
    call.process = number_;
    call.sentAt = clock_.bootAt(world_.queue.now());
    world_.network.submit(call, link_, [this, serial](const Event& answer, std::size_t place) {
        if (!alive_ || serial != watch_ || stream_ != 0) {
            return;
        }
        if (const auto* failed = std::get_if<election::WatchFailed>(&answer)) {
            watchEnded(failed->error);
            return;
        }
        arrive({answer, 0, serial});
        stream_ = world_.watches.open(
            link_, place, [this, serial](const Event& event) { arrive({event, 0, serial}); });
        if (eachWatchEndsBy_) {
            watchEnded(errorOf(*eachWatchEndsBy_));
        }
    });
    world_.queue.after(attemptTimeout(election_.settings().timing), [this, serial] {
        if (serial == watch_ && stream_ == 0) {
            watchEnded(errorOf(ErrorKind::TimedOut));
        }
    });
}

void Process::watchEnded(const election::ApiError& error) {
    if (!alive_) {
        return;
    }
    world_.watches.close(std::exchange(stream_, 0));
    ++watch_;
    arrive({election::WatchFailed{error}});
    const Instant now = clock_.bootAt(world_.queue.now());
    const Duration after = clock_.trueTimeOf(now + watchPace_.ended(error, now));
    world_.queue.at(after + lateness(), [this, serial = watch_] {
        if (serial == watch_) {
            openWatch();
        }
    });
}

void Process::breakWatch() {
    if (alive_ && stream_ != 0) {
        watchEnded(errorOf(ErrorKind::Gone));
    }
}

void Process::silenceWatch(Duration howLong) {
    world_.watches.silence(stream_);
    world_.queue.after(howLong, [this, serial = watch_] {
        if (serial == watch_) {
            breakWatch();
        }
    });
}

void Process::replayWatch() {
    world_.watches.replay(stream_);
}

void Process::setTimer(Instant wakeAt) {
    const std::uint64_t serial = ++timer_;
    if (wakeAt == Instant::max()) {
        return;
    }
    const Duration when = clock_.trueTimeOf(wakeAt);
    if (when == Duration::max()) {
        return;
    }
    world_.queue.at(when + lateness(), [this, serial] {
        if (serial == timer_) {
            arrive({election::TimePassed{}});
        }
    });
}

Duration Process::lateness() {
    return world_.random.between(Duration(0), microseconds(1000));
}

void Process::record(const std::string& line) {
    if (world_.history.isKept()) {
        world_.history.add(
            world_.queue.now(),
            fmt::format("{}#{}: {}", election_.settings().identity.id, number_, line));
    }
}

}  // namespace elector::simulation
