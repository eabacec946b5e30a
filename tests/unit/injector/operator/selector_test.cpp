#include "injector/operator/selector.h"

#include <gtest/gtest.h>

#include <string>

namespace injector::operators {
namespace {

struct Case {
    std::string selector;
    bool matches;
};

class SelectorTest : public testing::TestWithParam<Case> {};

TEST_P(SelectorTest, SelectsAsTheApiServerDoes) {
    EXPECT_EQ(selects(GetParam().selector, {{"app", "web"}, {"tier", "front"}}),
              GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Labels, SelectorTest,
    testing::Values(
        Case{"", true}, Case{"{}", true}, Case{R"({"matchLabels":{"app":"web"}})", true},
        Case{R"({"matchLabels":{"app":"db"}})", false},
        Case{R"({"matchLabels":{"x":"web"}})", false},
        Case{R"({"matchLabels":{"app":"web","x":"y"}})", false},
        Case{R"({"matchExpressions":[{"key":"app","operator":"In","values":["db","web"]}]})", true},
        Case{R"({"matchExpressions":[{"key":"app","operator":"In","values":["db"]}]})", false},
        Case{R"({"matchExpressions":[{"key":"x","operator":"In","values":["db"]}]})", false},
        Case{R"({"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]})", false},
        Case{R"({"matchExpressions":[{"key":"app","operator":"NotIn","values":["db"]}]})", true},
        Case{R"({"matchExpressions":[{"key":"x","operator":"NotIn","values":["db"]}]})", true},
        Case{R"({"matchExpressions":[{"key":"app","operator":"Exists"}]})", true},
        Case{R"({"matchExpressions":[{"key":"x","operator":"Exists"}]})", false},
        Case{R"({"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]})", false},
        Case{R"({"matchExpressions":[{"key":"x","operator":"DoesNotExist"}]})", true},
        Case{R"({"matchExpressions":[{"key":"x","operator":"Like"}]})", false},
        Case{
            R"({"matchLabels":{"app":"web"},"matchExpressions":[{"key":"x","operator":"Exists"}]})",
            false}));

TEST(SelectorTest, ReadsTheLabelsOfAnObject) {
    EXPECT_EQ(labelsOf(R"({"metadata":{"labels":{"a":"b","c":5}}})"), (Labels{{"a", "b"}}));
    EXPECT_EQ(labelsOf(R"({"metadata":{}})"), Labels());
    EXPECT_EQ(labelsOf(""), Labels());
}

}  // namespace
}  // namespace injector::operators
