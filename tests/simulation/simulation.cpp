#include "tests/simulation/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "tests/simulation/nemesis.h"
#include "tests/simulation/population.h"
#include "tests/simulation/wording.h"

namespace elector::simulation {
namespace {

using std::chrono::milliseconds;

class Run {
  public:
    Run(const Schedule& schedule, bool keepHistory)
        : schedule_(schedule),
          random_(schedule.run),
          api_(schedule_.firstRevision, random_),
          network_(queue_, api_, random_, schedule_.shortestDeadline * 4 / 5),
          watches_(queue_, api_, network_, random_),
          judge_(outcome_.tally),
          history_(keepHistory),
          world_{queue_, network_, watches_, judge_, outcome_.tally, history_, random_},
          population_(world_, schedule_),
          foreigners_(world_, schedule_),
          lifers_(world_, api_, schedule_),
          nemesis_(world_, api_, population_, foreigners_, lifers_, schedule_) {
        network_.onLanded([this](const Call& call, const election::Landed& landed) {
            if (api_.isConfused()) {
                judge_.disordered();
            }
            judge_.landed(call, landed);
            history_.digest(landed.lease.fingerprint);
            if (history_.isKept()) {
                history_.add(queue_.now(), fmt::format("    #{} {}", call.process,
                                                       wordsFor(*call.write, landed.lease)));
            }
        });
    }

    Outcome run() {
        outcome_.tally.schedules = 1;
        for (const auto& seat : population_.seats()) {
            population_.start(*seat);
        }
        askNow();
        nemesis_.begin();
        advance(schedule_.trouble);
        nemesis_.leaveOff();
        recover();
        constexpr int kRounds = 5;
        for (int round = 0; round < kRounds && !judge_.violation(); ++round) {
            handOver();
        }
        failAll();
        outcome_.violation = judge_.violation();
        outcome_.digest = history_.digest();
        outcome_.history = history_.lines();
        outcome_.strikes = nemesis_.strikes();
        return std::move(outcome_);
    }

  private:
    void advance(Duration until) {
        while (!judge_.violation() && queue_.runNext(until)) {
            judge_.setNow(queue_.now());
            judge_.check(queue_.now());
        }
    }

    // Until somebody leads; false if nobody did in time.
    bool awaitLeader(Duration within) {
        const Duration since = queue_.now();
        while (!judge_.violation() && queue_.now() < since + within) {
            if (judge_.leaderAt(queue_.now())) {
                return true;
            }
            if (queue_.runNext(since + within)) {
                judge_.setNow(queue_.now());
                judge_.check(queue_.now());
            }
        }
        return false;
    }

    // Programs ask who leads, at any time.
    void askNow() {
        for (const auto& seat : population_.seats()) {
            seat->process->ask();
        }
        queue_.after(random_.between(Duration(0), schedule_.shortestDeadline / 4),
                     [this] { askNow(); });
    }

    Duration longestRetry() const {
        Duration longest{0};
        for (const auto& seat : population_.seats()) {
            longest = std::max(longest, seat->place.timing.retryPeriod);
        }
        return longest;
    }

    // Whether leaders of this run are asked to hand over, and annotations are edited in vain.
    bool handsOver() const {
        return std::ranges::find(schedule_.faults, Fault::HandOver) != schedule_.faults.end();
    }

    // In true time, of a duration that somebody counts on a slow clock.
    Duration slowed(Duration duration) const {
        return Duration(static_cast<std::int64_t>(static_cast<double>(duration.count()) /
                                                  schedule_.slowestRate));
    }

    // L1 and L2: after the last fault somebody leads, and goes on leading.
    void recover() {
        if (judge_.violation()) {
            return;
        }
        // What the faults left behind: pauses and cut streams, requests that still arrive, a
        // Retry-After, a watch that has not noticed; then the lease.
        Duration leftover = schedule_.longestLease * 3 + std::chrono::seconds(3);
        if (handsOver()) {  // who has handed over stands back for defaultPause()
            leftover += slowed(std::chrono::seconds(10));
        }
        const Duration within =
            slowed(schedule_.longestLease + longestRetry() * 3 + milliseconds(200));
        const Duration quiet = queue_.now();
        advance(quiet + leftover);
        if (judge_.violation()) {
            return;
        }
        if (!awaitLeader(within)) {
            judge_.fail("L1: nobody leads although all is well");
            return;
        }
        outcome_.tally.worstRecoveryNanos =
            std::max<Duration>(Duration(0), judge_.leaderSince() - quiet).count();
        settle();
        stall();
    }

    // All is well: whoever leads, leads on.
    void settle() {
        if (!awaitLeader(slowed(schedule_.longestLease + longestRetry() * 3 + milliseconds(200)))) {
            judge_.fail("L1: nobody leads although all is well");
            return;
        }
        const int leader = *judge_.leaderAt(queue_.now());
        const Duration period = slowed(longestRetry());
        const Duration until = queue_.now() + period * 3 + milliseconds(100);
        editMetadata(period * 3);  // no loss (rule 11)
        expectToLead(leader, until, "L1: a leader lost its term although all is well");
    }

    // Somebody labels the Lease now and then.
    void editMetadata(Duration within) {
        constexpr int kEdits = 6;
        for (int edit = 0; edit < kEdits; ++edit) {
            queue_.after(random_.between(Duration(0), within), [this] {
                if (handsOver()) {
                    nemesis_.annotateInVain();
                } else {
                    api_.editMetadata();
                }
            });
        }
    }

    void expectToLead(int leader, Duration until, const char* otherwise) {
        while (!judge_.violation() && queue_.runNext(until)) {
            judge_.setNow(queue_.now());
            judge_.check(queue_.now());
            if (judge_.leaderAt(queue_.now()) != leader) {
                judge_.fail(otherwise);
            }
        }
    }

    // One request of the leader is never answered, then some are refused: no loss (rules 12 and 11)
    // with a retry period of at most half the deadline, as all schedules have it.
    void stall() {
        const std::optional<int> leader = judge_.leaderAt(queue_.now());
        if (judge_.violation() || !leader) {
            return;
        }
        Seat& seat = *population_.seatOf(*leader);
        const election::Timing& timing = seat.place.timing;
        network_.swallowNextOf(*leader);
        expectToLead(*leader, queue_.now() + slowed(timing.renewDeadline * 2),
                     "rule 12: a term ended by one lost request");
        // From its next renewal on, for a quarter of the retry period: two refusals at most, and
        // the wait after them is half the period.
        queue_.at(seat.clock.trueTimeOf(seat.process->election().standing().term->validUntil -
                                        timing.renewDeadline + timing.retryPeriod),
                  [this, &seat] {
                      seat.link.refusedUntil = queue_.now() + seat.place.timing.retryPeriod / 4;
                  });
        expectToLead(*leader, queue_.now() + slowed(timing.renewDeadline * 2),
                     "rule 11: a term ended by a refused request");
    }

    // Whether leaders of this run step down where others stop.
    bool stepsDown() const {
        return std::ranges::find(schedule_.faults, Fault::StepDown) != schedule_.faults.end();
    }

    // Makes the leader hand over; or its program fail where it has a gate, or else its elector step
    // down or stop. Who is preferred then, "" for nobody.
    std::string leave(Seat& seat) {
        if (handsOver()) {
            const std::string heir = nemesis_.heirOf(seat);
            if (random_.chance(300)) {
                seat.process->requestStepDown(seat.place.timing.leaseDuration, heir);
            } else {
                nemesis_.askToHandOver(seat, heir);
            }
            return heir;
        }
        if (seat.place.health) {
            seat.setHealthy(false);
        } else if (stepsDown()) {
            seat.process->requestStepDown(seat.place.timing.leaseDuration);
        } else {
            seat.process->requestStop();
        }
        return "";
    }

    // Whether one is there by that name that hears of a release at once.
    bool isThere(const std::string& id) const {
        return std::ranges::any_of(population_.seats(), [&](const auto& seat) {
            return seat->id == id && seat->isTaken() && seat->place.mayWatch;
        });
    }

    bool someoneElseWatches(const Seat& gone) const {
        return std::any_of(
            population_.seats().begin(), population_.seats().end(),
            [&](const auto& seat) { return seat.get() != &gone && seat->place.mayWatch; });
    }

    // L1 while all is well: the leader crashes or leaves, and another leads in time.
    void handOver() {
        Seat& seat = *population_.seatOf(*judge_.leaderAt(queue_.now()));
        const bool release = random_.chance(handsOver() ? 300 : 100) &&
                             seat.place.onShutdown == election::OnShutdown::Release;
        // Whoever may not watch, asks once in a retry period.
        const Duration slack = slowed(
            milliseconds(60) + (someoneElseWatches(seat) ? Duration(0) : longestRetry() * 5 / 4));
        if (release) {
            const Duration before = judge_.lastReleaseLanded();
            const std::string heir = leave(seat);
            const Duration until = queue_.now() + slowed(schedule_.longestLease * 4);
            while (!judge_.violation() && judge_.lastReleaseLanded() == before &&
                   queue_.runNext(until)) {
                judge_.setNow(queue_.now());
                judge_.check(queue_.now());
                const std::optional<int> leader = judge_.leaderAt(queue_.now());
                if (leader && *leader != seat.process->number()) {
                    judge_.fail("rule 13: another led before the leader had drained");
                }
            }
            expectSuccessor(heir, slack);
            ++outcome_.tally.calmReleases;
        } else {
            seat.process->kill();
            advance(queue_.now() + milliseconds(10));           // what it sent last may land yet
            editMetadata(seat.place.timing.leaseDuration / 2);  // earns no delay (rule 2)
            const Duration lease = slowed(seat.place.timing.leaseDuration);
            const Duration expired = judge_.lastRenewalLanded() + lease;
            expectLeaderBy(expired + slack, expired, outcome_.tally.worstAfterLeaseNanos);
            ++outcome_.tally.calmCrashes;
        }
        if (judge_.violation()) {
            return;
        }
        if (seat.isTaken()) {
            seat.process->kill();  // it has released, and waits for the answer
        }
        seat.healthy = true;
        population_.restart(seat, Population::Comeback::NewPod);
        settle();
    }

    // Rule 18: the preferred one leads, or where that is gone, another a moment later.
    void expectSuccessor(const std::string& heir, Duration slack) {
        const Duration released = judge_.lastReleaseLanded();
        const bool there = isThere(heir);
        const bool atOnce = heir.empty() || there;
        expectLeaderBy(released + slack + (atOnce ? Duration(0) : slowed(milliseconds(300))),
                       released,
                       atOnce ? outcome_.tally.worstAfterReleaseNanos
                              : outcome_.tally.worstPastPreferredNanos);
        if (there && !judge_.violation() &&
            population_.seatOf(*judge_.leaderAt(queue_.now()))->id != heir) {
            judge_.fail("rule 18: another leads than the release prefers");
        }
    }

    // All programs fail: one leads at last. One heals: that leads.
    void failAll() {
        const auto& seats = population_.seats();
        const bool gated = std::ranges::all_of(seats, [](const auto& seat) {
            return seat->place.health && seat->place.health->degradedAfter > Duration(0);
        });
        if (judge_.violation() || !gated || seats.size() < 2) {
            return;
        }
        Duration longest{0};  // until the leader has left, at most, on true clocks
        Duration after{0};
        for (const auto& seat : seats) {
            const election::Timing& timing = seat->place.timing;
            longest =
                std::max({longest, timing.renewDeadline, seat->place.drain + timing.pollTolerance});
            after = std::max(after, seat->place.health->degradedAfter + seat->place.health->pause);
        }
        const Duration slack = milliseconds(200) + longestRetry() * 3;
        for (const auto& seat : seats) {
            seat->setHealthy(false);
        }
        if (judge_.leaderAt(queue_.now())) {
            judge_.fail("rule 17: one leads on though its program has failed");
            return;
        }
        if (!awaitLeader(slowed(longest + schedule_.longestLease + after + slack))) {
            judge_.fail("L1: all programs are unhealthy, and nobody leads at last");
            return;
        }
        const int leader = *judge_.leaderAt(queue_.now());
        const auto healed = std::ranges::find_if(
            seats, [&](const auto& seat) { return seat->process->number() != leader; });
        (*healed)->setHealthy(true);
        const int number = (*healed)->process->number();
        const Duration until = queue_.now() + slowed(longest + slack);
        while (!judge_.violation() && judge_.leaderAt(queue_.now()) != number) {
            if (!queue_.runNext(until)) {
                judge_.fail("rule 17: a healthy candidate was not given the Lease");
            }
            judge_.setNow(queue_.now());
            judge_.check(queue_.now());
        }
    }

    void expectLeaderBy(Duration when, Duration since, std::int64_t& worst) {
        if (!awaitLeader(when - queue_.now()) && !judge_.violation()) {
            judge_.fail("L1: nobody took over in time although all is well");
        }
        worst = std::max(worst, (queue_.now() - since).count());
    }

    Outcome outcome_;
    const Schedule schedule_;
    Random random_;
    EventQueue queue_;
    ApiModel api_;
    Network network_;
    WatchServer watches_;
    Judge judge_;
    History history_;
    World world_;
    Population population_;
    Foreigners foreigners_;
    Lifers lifers_;
    Nemesis nemesis_;
};

}  // namespace

Outcome simulate(const Schedule& schedule, bool keepHistory) {
    return Run(schedule, keepHistory).run();
}

Outcome simulate(std::uint64_t seed, bool keepHistory) {
    return simulate(scheduleOf(seed), keepHistory);
}

}  // namespace elector::simulation
