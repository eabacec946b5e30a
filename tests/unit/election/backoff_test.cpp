#include "elector/election/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

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
        const Duration wait = backoff.next(std::nullopt);
        EXPECT_GE(wait, step / 2);
        EXPECT_LE(wait, step);
    }
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    for (int i = 0; i < 5; ++i) {
        backoff.next(std::nullopt);
    }
    backoff.reset();
    EXPECT_LE(backoff.next(std::nullopt), seconds(1));
}

TEST(BackoffTest, WaitsAsLongAsTheServerAsksUpToAMinute) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    EXPECT_EQ(backoff.next(seconds(30)), seconds(30));
    EXPECT_EQ(backoff.next(seconds(86400)), seconds(60));
    EXPECT_GE(backoff.next(seconds(0)), seconds(2));
}

TEST(BackoffTest, StaysAtTheRetryPeriodHoweverManyFailures) {
    Jitter jitter(1);
    Backoff backoff(seconds(8), jitter);
    for (int i = 0; i < 10000; ++i) {
        ASSERT_LE(backoff.next(std::nullopt), seconds(8));
    }
}

}  // namespace
}  // namespace elector::election
