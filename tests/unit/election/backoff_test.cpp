#include "elector/election/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "elector/election/watch_pace.h"

namespace elector::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(JitterTest, OneSeedMakesOneSequence) {
    Jitter one(7);
    Jitter same(7);
    Jitter other(8);
    int different = 0;
    for (int i = 0; i < 100; ++i) {
        const Duration drawn = one.upTo(seconds(10));
        EXPECT_EQ(drawn, same.upTo(seconds(10)));
        different += drawn == other.upTo(seconds(10)) ? 0 : 1;
    }
    EXPECT_GE(different, 99);
}

TEST(JitterTest, ReachesAllOfItsRangeAndNothingElse) {
    Jitter jitter(1);
    Duration least = seconds(10);
    Duration most{0};
    for (int i = 0; i < 1000; ++i) {
        const Duration drawn = jitter.between(seconds(2), seconds(3));
        least = std::min(least, drawn);
        most = std::max(most, drawn);
    }
    EXPECT_GE(least, seconds(2));
    EXPECT_LT(least, milliseconds(2050));
    EXPECT_GT(most, milliseconds(2950));
    EXPECT_LE(most, seconds(3));
}

TEST(JitterTest, OfNothingThereIsNone) {
    Jitter jitter(1);
    EXPECT_EQ(jitter.upTo(Duration(0)), Duration(0));
    EXPECT_EQ(jitter.upTo(Duration(-5)), Duration(0));
}

TEST(BackoffTest, DoublesFromAnEighthToTheRetryPeriodWithHalfOfItJitter) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    for (const Duration step : {seconds(1), seconds(2), seconds(4), seconds(8), seconds(8)}) {
        const Duration wait = backoff.nextUpTo(seconds(8));
        EXPECT_GE(wait, step / 2);
        EXPECT_LE(wait, step);
    }
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    for (int i = 0; i < 5; ++i) {
        backoff.nextUpTo(seconds(8));
    }
    backoff.reset();
    EXPECT_LE(backoff.nextUpTo(seconds(8)), seconds(1));
}

TEST(BackoffTest, StaysAtTheRetryPeriodHoweverManyFailures) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    for (int i = 0; i < 10000; ++i) {
        ASSERT_LE(backoff.nextUpTo(seconds(8)), seconds(8));
    }
}

TEST(BackoffTest, DoublesUpToWhatIsAllowed) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    for (const Duration step :
         {seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(20), seconds(20)}) {
        const Duration wait = backoff.nextUpTo(seconds(20));
        EXPECT_GE(wait, step / 2);
        EXPECT_LE(wait, step);
    }
}

class WatchPaceTest : public ::testing::Test {
  protected:
    // Opens it, lets it live for so long, and lets it end.
    Duration waitAfter(ErrorKind kind, Duration life,
                       std::optional<seconds> retryAfter = std::nullopt) {
        pace_.opening(now_);
        now_ += life;
        const Duration wait = pace_.ended(
            {.kind = kind, .httpStatus = 0, .retryAfter = retryAfter, .message = {}}, now_);
        now_ += wait;
        return wait;
    }

    WatchPace pace_{seconds(2), seconds(10), 1};
    Instant now_{seconds(100)};
};

TEST_F(WatchPaceTest, AWatchThatEndsAtOnceIsBackedOffThoughItCouldBeOpened) {
    Duration waits{0};
    for (int i = 0; i < 3; ++i) {
        waits += waitAfter(ErrorKind::Gone, milliseconds(1));
    }
    EXPECT_LE(waits, milliseconds(1750));
    for (int i = 0; i < 20; ++i) {
        const Duration wait = waitAfter(ErrorKind::Gone, milliseconds(1));
        EXPECT_GE(wait, seconds(1));
        EXPECT_LE(wait, seconds(2));
    }
}

TEST_F(WatchPaceTest, AWatchThatLastedIsOpenedAgainAtOnce) {
    for (int i = 0; i < 10; ++i) {
        waitAfter(ErrorKind::Unreachable, milliseconds(1));
    }
    EXPECT_LE(waitAfter(ErrorKind::Gone, seconds(1800)), milliseconds(250));
}

TEST_F(WatchPaceTest, OneThatIsForbiddenIsTriedOnceInALease) {
    for (int i = 0; i < 10; ++i) {
        const Duration wait = waitAfter(ErrorKind::Forbidden, milliseconds(1));
        EXPECT_GE(wait, seconds(5));
        EXPECT_LE(wait, seconds(10));
    }
}

TEST_F(WatchPaceTest, BelievesAServerThatAsksForTimeForALeaseDuration) {
    EXPECT_EQ(waitAfter(ErrorKind::Throttled, milliseconds(1), seconds(5)), seconds(5));
    EXPECT_EQ(waitAfter(ErrorKind::Throttled, milliseconds(1), seconds(3600)), seconds(10));
    EXPECT_GE(waitAfter(ErrorKind::Throttled, milliseconds(1), seconds(0)), milliseconds(500));
}

}  // namespace
}  // namespace elector::election
