#include "elector/exec/director.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "elector/config/invocation.h"

namespace elector::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// D = 5 s, renewed each 2 s.
constexpr seconds kDeadline{5};
constexpr seconds kGrace{1};
constexpr milliseconds kMargin{200};

class DirectorTest : public testing::Test {
  protected:
    void begin(bool exitsOnLoss = false, Duration timeout = {}) {
        director_ = std::make_unique<Director>(Policy{kGrace, exitsOnLoss, timeout}, now_);
    }
    Lead lead(const std::string& token = "7") const {
        return {token, now_ + kDeadline, "default/web", "web-0"};
    }
    void pass(Duration time) { now_ += time; }
    Orders tell(const std::optional<Lead>& lead) { return director_->told(lead, now_); }
    Orders receive(int signal) { return director_->received(signal, now_); }
    Orders end(int code, bool lost = false) { return director_->ended(code, lost, now_); }
    Lead run() {
        const Lead first = lead();
        EXPECT_EQ(tell(first).start, first);
        return first;
    }

    Instant now_{seconds(1000)};
    std::unique_ptr<Director> director_;
};

const Orders kNothing;

TEST_F(DirectorTest, StartsNothingUntilItLeads) {
    begin();
    EXPECT_EQ(tell({}), kNothing);
    EXPECT_EQ(director_->wakeAt(), Instant::max());
    pass(seconds(100));
    EXPECT_EQ(tell({}), kNothing);
    run();
}

TEST_F(DirectorTest, StartsOnceForATermAndFollowsItsRenewals) {
    begin();
    run();
    Lead renewed = lead();
    EXPECT_EQ(tell(renewed), kNothing);
    pass(seconds(2));
    renewed = lead();
    Orders expected;
    expected.extend = renewed.validUntil;
    EXPECT_EQ(tell(renewed), expected);
    EXPECT_EQ(tell(renewed), kNothing);
    EXPECT_EQ(director_->wakeAt(), renewed.validUntil - kGrace);
}

TEST_F(DirectorTest, DoesNotBeginInATermThatIsAboutToEnd) {
    begin();
    const Lead late = lead();
    pass(kDeadline - kGrace);
    EXPECT_EQ(tell(late), kNothing);
    EXPECT_EQ(tell(lead()).start, lead());
}

TEST_F(DirectorTest, TellsAndThenKillsWhereTheTermIsNotRenewed) {
    begin();
    const Lead last = run();
    pass(director_->wakeAt() - now_);
    EXPECT_EQ(now_, last.validUntil - kGrace);
    Orders expected;
    expected.lose = true;
    EXPECT_EQ(tell(last), expected);
    pass(director_->wakeAt() - now_);
    EXPECT_EQ(now_, last.validUntil - kMargin);
    expected = {};
    expected.kill = true;
    EXPECT_EQ(tell(last), expected);
    // Again and again, but not without a pause: who forks fast may have escaped.
    EXPECT_EQ(tell(last), kNothing);
    EXPECT_GT(director_->wakeAt(), now_);
    pass(director_->wakeAt() - now_);
    EXPECT_TRUE(tell(last).kill);
    EXPECT_EQ(end(137, true), kNothing);
    EXPECT_EQ(director_->wakeAt(), Instant::max());
}

TEST_F(DirectorTest, TellsAtOnceWhereTheTermIsOver) {
    begin();
    run();
    Orders expected;
    expected.lose = true;
    EXPECT_EQ(tell({}), expected);
    EXPECT_EQ(tell({}), kNothing);
}

TEST_F(DirectorTest, ARenewalThatComesTooLateChangesNothing) {
    begin();
    const Lead last = run();
    pass(kDeadline - kGrace);
    EXPECT_TRUE(tell(last).lose);
    EXPECT_EQ(tell(lead()), kNothing);
    pass(kGrace - kMargin);
    EXPECT_TRUE(tell(lead()).kill);
}

TEST_F(DirectorTest, ANewTermBeginsOnlyOnceNothingIsLeftOfTheLastOne) {
    begin();
    run();
    pass(seconds(1));
    EXPECT_TRUE(tell(lead("8")).lose);
    EXPECT_FALSE(tell(lead("8")).start);
    const Orders next = end(143, true);
    ASSERT_TRUE(next.start);
    EXPECT_EQ(next.start->token, "8");
    EXPECT_FALSE(next.exit);
}

TEST_F(DirectorTest, ExitsWithWhatTheProgramExitsWith) {
    for (const int code : {0, 3, 139}) {
        begin();
        run();
        EXPECT_EQ(end(code).exit, code);
    }
}

TEST_F(DirectorTest, WaitsForTheNextTermAfterALoss) {
    begin();
    run();
    EXPECT_TRUE(tell({}).lose);
    EXPECT_EQ(end(143, true), kNothing);
    run();
}

TEST_F(DirectorTest, ExitsAfterALossWhereItIsToldTo) {
    begin(true);
    run();
    EXPECT_TRUE(tell({}).lose);
    EXPECT_EQ(end(143, true).exit, config::kExitLost);
}

TEST_F(DirectorTest, TheGuardMayBeTheFirstToLose) {
    // This process was stopped meanwhile.
    begin(true);
    run();
    pass(seconds(60));
    EXPECT_EQ(end(137, true).exit, config::kExitLost);
}

TEST_F(DirectorTest, ALossIsForgottenWithItsProgram) {
    begin();
    run();
    EXPECT_TRUE(tell({}).lose);
    EXPECT_EQ(end(0, true), kNothing);
    run();
    EXPECT_EQ(end(5).exit, 5);
}

TEST_F(DirectorTest, AProgramThatEndsByItselfAsItsTermEndsIsLost) {
    begin(true);
    run();
    EXPECT_TRUE(tell({}).lose);
    EXPECT_EQ(end(0, false).exit, config::kExitLost);
}

TEST_F(DirectorTest, ForwardsEverySignalWhileTheProgramRuns) {
    begin();
    run();
    for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGWINCH, SIGTSTP, SIGCONT, SIGRTMIN + 3}) {
        Orders expected;
        expected.forward = signal;
        EXPECT_EQ(receive(signal), expected) << signal;
    }
}

TEST_F(DirectorTest, AnEndingSignalEndsTheWaitingAtOnce) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGRTMIN + 3}) {
        begin();
        EXPECT_EQ(receive(signal).exit, 128 + signal);
    }
}

TEST_F(DirectorTest, WaitsOnWhereASignalIsIgnoredByDefaultAndStopsWhereItStops) {
    begin();
    for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH}) {
        EXPECT_EQ(receive(signal), kNothing) << signal;
    }
    for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) {
        Orders expected;
        expected.stop = true;
        EXPECT_EQ(receive(signal), expected) << signal;
    }
}

TEST_F(DirectorTest, WhoWasAskedToEndDoesNotCampaignAgain) {
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
        begin();
        run();
        EXPECT_EQ(receive(signal).forward, signal);
        EXPECT_TRUE(tell({}).lose);
        EXPECT_EQ(end(143, true).exit, 143);
    }
    begin();
    run();
    receive(SIGHUP);  // "read your settings", to many
    EXPECT_TRUE(tell({}).lose);
    EXPECT_EQ(end(143, true), kNothing);
}

TEST_F(DirectorTest, GivesUpWaitingAfterItsTimeout) {
    begin(false, seconds(30));
    EXPECT_EQ(director_->wakeAt(), now_ + seconds(30));
    pass(seconds(30) - Duration(1));
    EXPECT_EQ(tell({}), kNothing);
    pass(Duration(1));
    EXPECT_EQ(tell({}).exit, config::kExitTimeout);
}

TEST_F(DirectorTest, TheTimeoutCountsAgainAfterALossAndNotWhileTheProgramRuns) {
    begin(false, seconds(3));
    run();
    pass(kDeadline - kGrace - Duration(1));
    EXPECT_TRUE(tell(lead()).extend);
    pass(seconds(1));
    EXPECT_TRUE(tell({}).lose);
    EXPECT_EQ(end(143, true), kNothing);
    EXPECT_EQ(director_->wakeAt(), now_ + seconds(3));
}

}  // namespace
}  // namespace elector::exec
