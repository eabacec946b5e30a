#include "elector/runtime/time_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace elector::runtime {
namespace {

using election::Duration;

struct Reading {
    std::string text;
    std::int64_t nanoseconds;
};

// What Go's time.ParseDuration answers to the same texts.
const std::vector<Reading> kReadings{
    {"0", 0},
    {"+0", 0},
    {"-0", 0},
    {"0s", 0},
    {"5s", 5'000'000'000},
    {"1478s", 1'478'000'000'000},
    {"-5s", -5'000'000'000},
    {"+5s", 5'000'000'000},
    {"5.s", 5'000'000'000},
    {".5s", 500'000'000},
    {"1.00s", 1'000'000'000},
    {"1.0040s", 1'004'000'000},
    {"10ns", 10},
    {"11us", 11'000},
    {"12\u00b5s", 12'000},
    {"12\u03bcs", 12'000},
    {"13ms", 13'000'000},
    {"14s", 14'000'000'000},
    {"15m", 900'000'000'000},
    {"16h", 57'600'000'000'000},
    {"3h30m", 12'600'000'000'000},
    {"10.5s4m", 250'500'000'000},
    {"-2m3.4s", -123'400'000'000},
    {"1h2m3s4ms5us6ns", 3'723'004'005'006},
    {"0.9ns", 0},
    {"0.3333333333333333333h", 1'200'000'000'000},
    {"9007199254740993ns", 9'007'199'254'740'993},
    {"0.100000000000000000000h", 360'000'000'000},
    {"0.830103483285477580700h", 2'988'372'539'827},
    {"0.99999999999999999999999s", 1'000'000'000},
    {"9223372036854775807ns", std::numeric_limits<std::int64_t>::max()},
    {"9223372036854775.807us", std::numeric_limits<std::int64_t>::max()},
    {"9223372036s854ms775us807ns", std::numeric_limits<std::int64_t>::max()},
    {"-9223372036854775808ns", std::numeric_limits<std::int64_t>::min()},
    {"-9223372036854775.808us", std::numeric_limits<std::int64_t>::min()},
    {"-2562047h47m16.854775808s", std::numeric_limits<std::int64_t>::min()},
};

TEST(DurationTest, ReadsWhatGoReads) {
    for (const Reading& reading : kReadings) {
        const auto parsed = parseDuration(reading.text);
        ASSERT_TRUE(parsed) << reading.text;
        EXPECT_EQ(parsed->count(), reading.nanoseconds) << reading.text;
    }
}

TEST(DurationTest, RefusesWhatGoRefuses) {
    const std::vector<std::string> texts{"",
                                         "00",
                                         "3",
                                         "10",
                                         "-",
                                         "+",
                                         "s",
                                         ".",
                                         "-.",
                                         ".s",
                                         "1s ",
                                         " 1s",
                                         "1 s",
                                         "1S",
                                         "1d",
                                         "1e3s",
                                         "1.2.3s",
                                         "--1s",
                                         "+-1s",
                                         "1s-1s",
                                         "1h0",
                                         "10s5",
                                         "1_0s",
                                         "0x1s",
                                         "1,5s",
                                         "1ss",
                                         "\xb5s",
                                         "1\xb5s",
                                         std::string("1\0s", 3),
                                         std::string("1s\0", 3)};
    for (const std::string& text : texts) {
        EXPECT_FALSE(parseDuration(text)) << testing::PrintToString(text);
    }
}

TEST(DurationTest, RefusesWhatDoesNotFit64BitsOfNanoseconds) {
    for (const std::string text :
         {"9223372036854775808ns", "9223372036854775810ns", "-9223372036854775809ns",
          "9223372036854776us", "9223372036854775.808us", "3000000h", "9223372036854ms775us808ns",
          "-9223372036s854ms775us809ns", "18446744073709551616ns", "18446744073709551617s",
          "184467440737095516150s", "5124095h34m33.709551617s"}) {
        EXPECT_FALSE(parseDuration(text)) << text;
    }
}

// What Go's Duration.String prints.
const std::vector<Reading> kPrints{
    {"0s", 0},
    {"1ns", 1},
    {"-1ns", -1},
    {"999ns", 999},
    {"1\u00b5s", 1'000},
    {"1.1\u00b5s", 1'100},
    {"999.999\u00b5s", 999'999},
    {"1ms", 1'000'000},
    {"2.2ms", 2'200'000},
    {"500ms", 500'000'000},
    {"999.999999ms", 999'999'999},
    {"1s", 1'000'000'000},
    {"-1.5s", -1'500'000'000},
    {"3.3s", 3'300'000'000},
    {"10s", 10'000'000'000},
    {"59.999999999s", 59'999'999'999},
    {"1m0s", 60'000'000'000},
    {"1m30s", 90'000'000'000},
    {"4m5.001s", 245'001'000'000},
    {"8m0.000000001s", 480'000'000'001},
    {"59m59.999999999s", 3'599'999'999'999},
    {"1h0m0s", 3'600'000'000'000},
    {"5h6m7.001s", 18'367'001'000'000},
    {"100h0m0s", 360'000'000'000'000},
    {"2562047h47m16.854775807s", std::numeric_limits<std::int64_t>::max()},
    {"-2562047h47m16.854775808s", std::numeric_limits<std::int64_t>::min()},
};

TEST(DurationTest, PrintsWhatGoPrints) {
    for (const Reading& print : kPrints) {
        EXPECT_EQ(formatDuration(Duration(print.nanoseconds)), print.text);
    }
}

TEST(DurationTest, ReadsBackWhatItPrints) {
    for (const Reading& print : kPrints) {
        EXPECT_EQ(parseDuration(print.text), Duration(print.nanoseconds)) << print.text;
    }
}

}  // namespace
}  // namespace elector::runtime
