#include "injector/offline/yaml.h"

#include <gtest/gtest.h>

#include <string>

namespace injector::offline {
namespace {

struct Case {
    std::string text;
    std::string json;
};

// Each as go.yaml.in/yaml/v2 2.4.3 and sigs.k8s.io/yaml 1.6.0 read it.
class YamlScalarTest : public testing::TestWithParam<Case> {};

TEST_P(YamlScalarTest, IsReadAsKubernetesReadsIt) {
    EXPECT_EQ(resolvePlain(GetParam().text), GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Words, YamlScalarTest,
    testing::Values(Case{"yes", "true"}, Case{"YES", "true"}, Case{"on", "true"}, Case{"y", "true"},
                    Case{"True", "true"}, Case{"no", "false"}, Case{"Off", "false"},
                    Case{"N", "false"}, Case{"FALSE", "false"}, Case{"", "null"}, Case{"~", "null"},
                    Case{"Null", "null"}, Case{"nULL", R"("nULL")"}, Case{"tRue", R"("tRue")"},
                    Case{"yEs", R"("yEs")"}, Case{"NaN", R"("NaN")"}, Case{"inf", R"("inf")"},
                    Case{"web", R"("web")"}, Case{"a \"b\" \\", R"("a \"b\" \\")"}));

INSTANTIATE_TEST_SUITE_P(
    Integers, YamlScalarTest,
    testing::Values(Case{"0", "0"}, Case{"-0", "0"}, Case{"5", "5"}, Case{"+5", "5"},
                    Case{"-5", "-5"}, Case{"010", "8"}, Case{"-010", "-8"}, Case{"0o17", "15"},
                    Case{"0O17", "15"}, Case{"0x10", "16"}, Case{"-0X1f", "-31"}, Case{"0b11", "3"},
                    Case{"1_000", "1000"}, Case{"1__0", "10"}, Case{"1_", "1"}, Case{"0_10", "8"},
                    Case{"9223372036854775807", "9223372036854775807"},
                    Case{"-9223372036854775808", "-9223372036854775808"},
                    Case{"18446744073709551615", "18446744073709551615"}, Case{"_1", R"("_1")"},
                    Case{"0x", R"("0x")"}, Case{"0b2", R"("0b2")"}, Case{"0o8", R"("0o8")"},
                    Case{"--5", R"("--5")"}, Case{"0x-5", R"("0x-5")"}, Case{"-", R"("-")"},
                    Case{"+", R"("+")"}, Case{"5m", R"("5m")"}, Case{"10Mi", R"("10Mi")"}));

INSTANTIATE_TEST_SUITE_P(
    Floats, YamlScalarTest,
    testing::Values(Case{"1.5", "1.5"}, Case{"1e3", "1e3"}, Case{"1E+3", "1E+3"}, Case{"08", "8"},
                    Case{"09", "9"}, Case{"1.", "1"}, Case{".5", "0.5"}, Case{"-.5", "-0.5"},
                    Case{"+1.5", "1.5"}, Case{".5_0", "0.5"}, Case{".5_", R"(".5_")"},
                    Case{"1_000.5", "1000.5"}, Case{"1e400", R"("1e400")"}, Case{"1e", R"("1e")"},
                    Case{"e3", R"("e3")"}, Case{"..", R"("..")"}, Case{"1.2.3", R"("1.2.3")"},
                    // No digit of what is too large for 64 bits is lost.
                    Case{"18446744073709551616", "18446744073709551616"},
                    Case{"-9223372036854775809", "-9223372036854775809"}));

INSTANTIATE_TEST_SUITE_P(Times, YamlScalarTest,
                         testing::Values(Case{"2001-01-01", R"("2001-01-01")"},
                                         Case{"2001-01-01T00:00:00Z", R"("2001-01-01T00:00:00Z")"},
                                         Case{"12:30", R"("12:30")"},
                                         Case{"1:20:30", R"("1:20:30")"}));

TEST(YamlScalarTest, HasNoJsonForWhatIsNoNumberInIt) {
    for (const auto* text : {".inf", "-.Inf", "+.INF", ".nan", ".NaN"}) {
        EXPECT_EQ(resolvePlain(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace injector::offline
