#include "elector/election/timing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace elector::election {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

Timing timing(Duration lease, Duration renew, Duration retry) {
    return {.leaseDuration = lease, .renewDeadline = renew, .retryPeriod = retry};
}

TEST(TimingTest, TakesTheDefaultsWithoutAWord) {
    const TimingReview result = review(Timing{});
    EXPECT_TRUE(result.refusals.empty());
    EXPECT_TRUE(result.warnings.empty());
}

TEST(TimingTest, AllowsTheLimitsThemselves) {
    const std::vector<Timing> allowed{
        timing(seconds(1), milliseconds(900), milliseconds(450)),
        timing(hours(1), seconds(3240), seconds(2)),
        timing(seconds(10), seconds(9), seconds(2)),
        timing(seconds(15), seconds(10), seconds(2)),
        timing(seconds(7), milliseconds(6300), seconds(3)),
        timing(seconds(10), nanoseconds(1'000'000'000), nanoseconds(1)),
    };
    for (const Timing& each : allowed) {
        EXPECT_TRUE(review(each).refusals.empty()) << each.leaseDuration.count();
        EXPECT_TRUE(review(each).warnings.empty()) << each.leaseDuration.count();
    }
}

struct Refused {
    Timing timing;
    TimingField field;
    std::string part;  // of the reason
};

TEST(TimingTest, RefusesWhatCannotBeSafeWithTheSumShown) {
    const std::string wholeSeconds = "whole seconds, from 1s to 1h";
    const std::vector<Refused> cases{
        {timing(seconds(0), seconds(5), seconds(2)), TimingField::LeaseDuration, wholeSeconds},
        {timing(seconds(-10), seconds(5), seconds(2)), TimingField::LeaseDuration, wholeSeconds},
        {timing(milliseconds(999), milliseconds(500), milliseconds(200)),
         TimingField::LeaseDuration, wholeSeconds},
        {timing(milliseconds(10'500), seconds(5), seconds(2)), TimingField::LeaseDuration,
         wholeSeconds},
        {timing(seconds(10) + nanoseconds(1), seconds(5), seconds(2)), TimingField::LeaseDuration,
         wholeSeconds},
        {timing(hours(1) + seconds(1), seconds(5), seconds(2)), TimingField::LeaseDuration,
         wholeSeconds},
        {timing(seconds(10), seconds(9) + nanoseconds(1), seconds(2)), TimingField::RenewDeadline,
         "0.9 x 10s = 9s"},
        {timing(seconds(7), milliseconds(6301), seconds(2)), TimingField::RenewDeadline,
         "0.9 x 7s = 6.3s"},
        {timing(seconds(1), seconds(1), milliseconds(400)), TimingField::RenewDeadline,
         "0.9 x 1s = 0.9s"},
        {timing(seconds(10), Duration(std::numeric_limits<Duration::rep>::max()), seconds(2)),
         TimingField::RenewDeadline, "0.9 x 10s = 9s"},
        {timing(seconds(10), seconds(0), seconds(2)), TimingField::RenewDeadline, "above 0s"},
        {timing(seconds(10), seconds(-5), seconds(2)), TimingField::RenewDeadline, "above 0s"},
        {timing(seconds(10), seconds(5), seconds(0)), TimingField::RetryPeriod, "above 0s"},
        {timing(seconds(10), seconds(5), seconds(-1)), TimingField::RetryPeriod, "above 0s"},
        {timing(seconds(10), seconds(5), seconds(5)), TimingField::RetryPeriod,
         "below the renew deadline, 5s"},
        {timing(seconds(10), milliseconds(1500), seconds(2)), TimingField::RetryPeriod,
         "below the renew deadline, 1.5s"},
    };
    for (const Refused& refused : cases) {
        const TimingReview result = review(refused.timing);
        ASSERT_EQ(result.refusals.size(), 1U) << refused.part;
        EXPECT_EQ(result.refusals[0].field, refused.field) << result.refusals[0].reason;
        EXPECT_NE(result.refusals[0].reason.find(refused.part), std::string::npos)
            << result.refusals[0].reason;
        EXPECT_TRUE(result.warnings.empty());
    }
}

TEST(TimingTest, APollToleranceHasToFitBesideTheRenewDeadline) {
    Timing kept = timing(seconds(100), seconds(30), seconds(2));
    kept.pollTolerance = seconds(60);
    EXPECT_TRUE(review(kept).refusals.empty());
    kept.pollTolerance += nanoseconds(1);
    const TimingReview result = review(kept);
    ASSERT_EQ(result.refusals.size(), 1U);
    EXPECT_EQ(result.refusals[0].field, TimingField::PollTolerance);
    EXPECT_NE(result.refusals[0].reason.find("the renew deadline, 30s, it may be at most 0.9 x the "
                                             "lease duration = 0.9 x 100s = 90s, which leaves 60s"),
              std::string::npos)
        << result.refusals[0].reason;
    kept.pollTolerance = -seconds(1);
    ASSERT_EQ(review(kept).refusals.size(), 1U);
    EXPECT_NE(review(kept).refusals[0].reason.find("at least 0s"), std::string::npos);
    // Compared with nothing that is wrong by itself.
    kept.pollTolerance = hours(1);
    kept.renewDeadline = seconds(0);
    ASSERT_EQ(review(kept).refusals.size(), 1U);
    EXPECT_EQ(review(kept).refusals[0].field, TimingField::RenewDeadline);
}

TEST(TimingTest, ATermGraceHasToFitBetweenRenewalsWithTheSumShown) {
    Timing run = timing(seconds(10), seconds(5), seconds(2));
    run.termGrace = milliseconds(2800) - nanoseconds(1);
    EXPECT_TRUE(review(run).refusals.empty());
    *run.termGrace += nanoseconds(1);
    const TimingReview result = review(run);
    ASSERT_EQ(result.refusals.size(), 1U);
    EXPECT_EQ(result.refusals[0].field, TimingField::TermGrace);
    EXPECT_NE(
        result.refusals[0].reason.find("2.8s + 0.2s = 3s, it must be below the renew deadline "
                                       "less the retry period, 5s - 2s = 3s"),
        std::string::npos)
        << result.refusals[0].reason;
    run.termGrace = -seconds(1);
    ASSERT_EQ(review(run).refusals.size(), 1U);
    EXPECT_NE(review(run).refusals[0].reason.find("at least 0s"), std::string::npos);
    // Without a program the margin is of no interest.
    EXPECT_TRUE(review(timing(seconds(1), milliseconds(300), milliseconds(120))).refusals.empty());
}

TEST(TimingTest, ChoosesASixthOfTheRenewDeadlineAsTermGraceUpToFiveSeconds) {
    EXPECT_EQ(defaultTermGrace(seconds(6)), seconds(1));
    EXPECT_EQ(defaultTermGrace(seconds(60)), seconds(5));
}

// The first renewal is sent P after the last one and stalls; the read after it stalls as well, on a
// new connection; a write has what is left.
TEST(TimingTest, OneStalledRenewalCostsNeitherTheTermNorTheProgramThatRunsInIt) {
    for (const Duration deadline : {Duration(seconds(5)), Duration(milliseconds(2400)),
                                    Duration(seconds(60)), Duration(seconds(3240))}) {
        Timing run = timing(hours(1), deadline, defaultRetryPeriod(deadline));
        run.termGrace = defaultTermGrace(deadline);
        EXPECT_TRUE(review(run).refusals.empty());
        EXPECT_TRUE(review(run).warnings.empty());
        Duration left = deadline - run.retryPeriod;
        for (int stalled = 0; stalled < 2; ++stalled) {
            left -= attemptTimeout(run, left);
        }
        EXPECT_GE(left - *run.termGrace, deadline / 12 - Duration(2)) << deadline.count();
    }
    // Without it, the time-out of the stalled renewal would end when the program is told to end.
    const Timing byDefault;
    const Duration left = byDefault.renewDeadline - byDefault.retryPeriod;
    EXPECT_EQ(left - attemptTimeout(byDefault, left), defaultTermGrace(byDefault.renewDeadline));
}

TEST(TimingTest, OnceTheProgramWasToldTheTermIsStillWorthAnAttempt) {
    Timing run = timing(seconds(10), seconds(6), seconds(2));
    run.termGrace = seconds(1);
    EXPECT_EQ(attemptTimeout(run, milliseconds(800)), milliseconds(400));
}

TEST(TimingTest, NamesEveryDurationThatIsWrong) {
    const TimingReview result = review(timing(seconds(0), seconds(0), seconds(0)));
    ASSERT_EQ(result.refusals.size(), 3U);
    EXPECT_EQ(result.refusals[0].field, TimingField::LeaseDuration);
    EXPECT_EQ(result.refusals[1].field, TimingField::RenewDeadline);
    EXPECT_EQ(result.refusals[2].field, TimingField::RetryPeriod);
}

TEST(TimingTest, ComparesNothingWithADurationThatIsWrongByItself) {
    const TimingReview lease = review(timing(seconds(0), seconds(5), seconds(2)));
    ASSERT_EQ(lease.refusals.size(), 1U);
    EXPECT_EQ(lease.refusals[0].field, TimingField::LeaseDuration);
    const TimingReview renew = review(timing(seconds(10), seconds(0), seconds(2)));
    ASSERT_EQ(renew.refusals.size(), 1U);
    EXPECT_EQ(renew.refusals[0].field, TimingField::RenewDeadline);
}

TEST(TimingTest, WarnsWhenOneLostAttemptWouldEndTheTerm) {
    EXPECT_TRUE(review(timing(seconds(10), seconds(5), milliseconds(2500))).warnings.empty());
    const TimingReview result =
        review(timing(seconds(10), seconds(5), milliseconds(2500) + nanoseconds(1)));
    EXPECT_TRUE(result.refusals.empty());
    ASSERT_EQ(result.warnings.size(), 1U);
    EXPECT_EQ(result.warnings[0].field, TimingField::RetryPeriod);
    EXPECT_NE(result.warnings[0].reason.find("5s / 2 = 2.5s"), std::string::npos)
        << result.warnings[0].reason;
}

TEST(TimingTest, WarnsWhenTheLeastTimeOutOfAnAttemptDoesNotFit) {
    const TimingReview result = review(timing(seconds(1), milliseconds(80), milliseconds(30)));
    EXPECT_TRUE(result.refusals.empty());
    ASSERT_EQ(result.warnings.size(), 1U);
    EXPECT_NE(result.warnings[0].reason.find("add up to 0.08s"), std::string::npos)
        << result.warnings[0].reason;
    EXPECT_TRUE(review(timing(seconds(1), milliseconds(81), milliseconds(30))).warnings.empty());
}

TEST(TimingTest, ChoosesARetryPeriodThatLetsASecondAttemptFit) {
    EXPECT_EQ(defaultRetryPeriod(seconds(5)), seconds(2));
    EXPECT_EQ(defaultRetryPeriod(seconds(9)), seconds(2));
    EXPECT_EQ(defaultRetryPeriod(milliseconds(2500)), seconds(1));
    EXPECT_EQ(defaultRetryPeriod(milliseconds(500)), milliseconds(200));
    EXPECT_EQ(defaultRetryPeriod(Duration(std::numeric_limits<Duration::rep>::max())), seconds(2));
}

TEST(TimingTest, LetsAnAttemptOfAProcessThatDoesNotLeadTakeHalfTheRenewDeadline) {
    EXPECT_EQ(attemptTimeout(timing(seconds(10), seconds(5), seconds(2))), milliseconds(2500));
    EXPECT_EQ(attemptTimeout(timing(seconds(1), milliseconds(150), milliseconds(50))),
              milliseconds(75));
    EXPECT_EQ(attemptTimeout(timing(seconds(1), milliseconds(90), milliseconds(30))),
              milliseconds(50));
}

TEST(TimingTest, LetsAWriteOfTwoSecondsRenewByDefault) {
    // Sent two seconds after the last one was, answered after two more, and so on.
    const Timing byDefault;
    EXPECT_GT(attemptTimeout(byDefault), seconds(2));
    EXPECT_GT(attemptTimeout(byDefault, byDefault.renewDeadline - byDefault.retryPeriod),
              seconds(2));
}

TEST(TimingTest, BoundsAnAttemptOfALeaderSoThatAnotherCanSaveTheTerm) {
    const Timing each = timing(seconds(10), seconds(6), seconds(2));
    EXPECT_EQ(attemptTimeout(each, seconds(6)), seconds(5));
    EXPECT_EQ(attemptTimeout(each, seconds(4)), seconds(3));
    EXPECT_EQ(attemptTimeout(each, seconds(2)), seconds(1));
    EXPECT_EQ(attemptTimeout(each, seconds(1)), milliseconds(500));
    EXPECT_EQ(attemptTimeout(each, milliseconds(10)), milliseconds(50));
    EXPECT_EQ(attemptTimeout(each, seconds(-1)), milliseconds(50));
    for (const Duration deadline : {Duration(milliseconds(900)), Duration(seconds(5)),
                                    Duration(seconds(60)), Duration(seconds(3240))}) {
        for (const Duration period : {deadline / 10, deadline / 5 * 2, deadline / 2}) {
            const Timing some = timing(hours(1), deadline, period);
            EXPECT_TRUE(review(some).warnings.empty());
            // A renewal stalls, then the read after it: a write has a twelfth of the deadline.
            Duration left = deadline - period;
            left -= attemptTimeout(some, left);
            EXPECT_GE(left, deadline / 6 - Duration(1));
            left -= attemptTimeout(some, left);
            EXPECT_GE(left, std::min<Duration>(deadline / 12, deadline / 6 - milliseconds(50)));
        }
    }
}

}  // namespace
}  // namespace elector::election
