#include "elector/runtime/time_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace elector::runtime {
namespace {

using election::WallTime;
using std::chrono::microseconds;

WallTime at(std::int64_t micros) {
    return WallTime(microseconds(micros));
}

struct Reading {
    std::string text;
    std::int64_t micros;  // since 1970
};

TEST(Rfc3339Test, ReadsTimesOfAnyOffsetAndPrecision) {
    const std::vector<Reading> readings{
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.1Z", 100'000},
        {"1970-01-01T00:00:00.0000019Z", 1},
        {"1970-01-01T00:00:00.123456789123456789Z", 123'456},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T18:30:00-05:30", 0},
        {"1970-01-01T00:00:00+00:00", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T23:59:00+23:59", 0},
        {"2026-01-02T03:04:05.000006Z", 1'767'323'045'000'006},
        {"2024-02-29T12:00:00Z", 1'709'208'000'000'000},
        {"2000-02-29T00:00:00Z", 951'782'400'000'000},
        {"0001-01-01T00:00:00Z", -62'135'596'800'000'000},
        {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
    };
    for (const Reading& reading : readings) {
        const auto parsed = parseRfc3339(reading.text);
        ASSERT_TRUE(parsed) << reading.text;
        EXPECT_EQ(parsed->time_since_epoch().count(), reading.micros) << reading.text;
    }
}

TEST(Rfc3339Test, RefusesAnythingElse) {
    const std::vector<std::string> texts{
        "",
        "garbage",
        "2026",
        "2026-01-02",
        "2026-01-02T03:04Z",
        "2026-01-02T03:04:05",     // no offset
        "2026-01-02 03:04:05Z",    // a space
        "2026-01-02t03:04:05z",    // Kubernetes writes capitals
        "2026-01-02T03:04:05.Z",   // a point without decimals
        "2026-01-02T03:04:05,5Z",  // a comma
        "2026-01-02T03:04:05Z ",   // more behind it
        " 2026-01-02T03:04:05Z",   // more before it
        "2026-01-02T03:04:05ZZ",
        "2026-1-2T03:04:05Z",
        "26-01-02T03:04:05Z",
        "+026-01-02T03:04:05Z",
        "-026-01-02T03:04:05Z",
        "12026-01-02T03:04:05Z",
        "2026/01/02T03:04:05Z",
        "2026-00-02T03:04:05Z",
        "2026-13-02T03:04:05Z",
        "2026-01-00T03:04:05Z",
        "2026-01-32T03:04:05Z",
        "2026-04-31T03:04:05Z",
        "2026-02-29T03:04:05Z",  // no leap year
        "2100-02-29T03:04:05Z",  // nor this
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:60Z",
        "2026-01-02T03:04:05+0100",
        "2026-01-02T03:04:05+01",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+01:60",
        "2026-01-02T03:04:05*01:00",
        "2026-01-02T03:04:05+01:00Z",
        "0000-01-01T00:00:00Z",       // before the year 1
        "0001-01-01T00:00:00+00:01",  // the same, in UTC
        "9999-12-31T23:59:59-00:01",  // the year 10000 in UTC
        std::string("2026-01-02T03:04:05Z\0", 21),
    };
    for (const std::string& text : texts) {
        EXPECT_FALSE(parseRfc3339(text)) << testing::PrintToString(text);
    }
}

TEST(Rfc3339Test, RefusesEveryTruncation) {
    const std::string whole = "2026-01-02T03:04:05.000006+01:00";
    ASSERT_TRUE(parseRfc3339(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(parseRfc3339(whole.substr(0, length))) << length;
    }
}

TEST(Rfc3339Test, PrintsExactlySixDecimalsInUtc) {
    EXPECT_EQ(formatMicroTime(at(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(formatMicroTime(at(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(formatMicroTime(at(1'767'323'045'000'006)), "2026-01-02T03:04:05.000006Z");
    EXPECT_EQ(formatMicroTime(at(1'709'208'000'100'000)), "2024-02-29T12:00:00.100000Z");
    EXPECT_EQ(formatMicroTime(at(-62'135'596'800'000'000)), "0001-01-01T00:00:00.000000Z");
}

TEST(Rfc3339Test, PrintsWholeSecondsWhereAsked) {
    EXPECT_EQ(formatSeconds(at(1'767'323'045'999'999)), "2026-01-02T03:04:05Z");
    EXPECT_EQ(formatSeconds(at(-1)), "1969-12-31T23:59:59Z");
}

TEST(Rfc3339Test, PrintsNoYearThatTheApiServerWouldRefuse) {
    EXPECT_EQ(formatMicroTime(WallTime::min()), "0001-01-01T00:00:00.000000Z");
    EXPECT_EQ(formatMicroTime(WallTime::max()), "9999-12-31T23:59:59.999999Z");
}

TEST(Rfc3339Test, ReadsBackWhatItPrints) {
    for (std::int64_t micros = -50'000'000'000'000'000; micros < 200'000'000'000'000'000;
         micros += 1'234'567'891'234'567) {
        EXPECT_EQ(parseRfc3339(formatMicroTime(at(micros))), at(micros)) << micros;
    }
}

}  // namespace
}  // namespace elector::runtime
