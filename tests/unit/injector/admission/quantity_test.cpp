#include "injector/admission/quantity.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace injector::admission {
namespace {

TEST(QuantityTest, IsReadAsKubernetesReadsIt) {
    const std::vector<std::pair<const char*, double>> cases{
        {"1", 1},
        {"0", 0},
        {"10m", 0.01},
        {".5", 0.5},
        {"1.", 1},
        {"0.1", 0.1},
        {"100u", 0.0001},
        {"5n", 5e-9},
        {"1k", 1000},
        {"1M", 1e6},
        {"2G", 2e9},
        {"1T", 1e12},
        {"1P", 1e15},
        {"1E", 1e18},
        {"1Ki", 1024},
        {"32Mi", 33554432},
        {"1.5Gi", 1610612736},
        {"1Ti", 1099511627776},
        {"1Pi", 1125899906842624},
        {"1Ei", 1152921504606846976},
        {"1e3", 1000},
        {"1E3", 1000},
        {"12e-3", 0.012},
        {"1e+6", 1e6},
        {"0010", 10},
        {"123456789012345", 123456789012345},
    };
    for (const auto& [text, amount] : cases) {
        EXPECT_EQ(parseQuantity(text), amount) << text;
    }
}

TEST(QuantityTest, IsNothingElse) {
    for (const char* text : {"",      " ",
                             "m",     "Mi",
                             ".",     "..1",
                             "1..",   "1.2.3",
                             "-1",    "+1",
                             "1 ",    " 1",
                             "1mi",   "1MI",
                             "1K",    "1ki",
                             "1b",    "1MB",
                             "1e",    "1e+",
                             "1e-",   "1e++1",
                             "1e+-1", "1e-+1",
                             "1e1.5", "1e19",
                             "1e-19", "1ee1",
                             "e1",    "0x10",
                             "1,5",   "inf",
                             "nan",   "1234567890123456",
                             "1\n",   "1e0000000000000000000000000000001"}) {
        EXPECT_EQ(parseQuantity(text), std::nullopt) << text;
    }
}

TEST(QuantityTest, IsTheSameHoweverItIsWritten) {
    for (const auto& [one, other] :
         std::vector<std::pair<const char*, const char*>>{{"3m", "0.003"},
                                                          {"0.3", "300m"},
                                                          {"7e-3", "7m"},
                                                          {"1024Ki", "1Mi"},
                                                          {"0.1Gi", "102.4Mi"},
                                                          {"1.1G", "1100M"},
                                                          {"123456.789k", "123456789"}}) {
        EXPECT_EQ(parseQuantity(one), parseQuantity(other)) << one << " " << other;
    }
    EXPECT_LT(parseQuantity("0.299999999999999"), parseQuantity("300m"));
}

}  // namespace
}  // namespace injector::admission
