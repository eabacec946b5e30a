#include "elector/runtime/random.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace elector::runtime {
namespace {

TEST(RandomTest, WritesTwoHexadecimalDigitsForEachByte) {
    for (const std::size_t bytes : {0U, 1U, 8U, 256U}) {
        const std::string text = randomHex(bytes);
        EXPECT_EQ(text.size(), 2 * bytes);
        EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos) << text;
    }
}

TEST(RandomTest, DoesNotRepeatItself) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(seen.insert(randomHex(16)).second);
    }
}

TEST(RandomTest, DrawsEveryValueOfAByteLeadingZerosIncluded) {
    // Of 16,384 bytes some value is missing with a probability below 256 * (255/256)^16384 = 4e-26.
    std::set<std::string> seen;
    for (int i = 0; i < 64; ++i) {
        const std::string text = randomHex(256);
        for (std::size_t at = 0; at < text.size(); at += 2) {
            seen.insert(text.substr(at, 2));
        }
    }
    EXPECT_EQ(seen.size(), 256U);
}

TEST(RandomTest, RefusesMoreThanTheKernelGivesAtOnce) {
    EXPECT_THROW(randomHex(257), std::invalid_argument);
}

}  // namespace
}  // namespace elector::runtime
