#include "injector/leader/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "elector/runtime/time_text.h"

namespace injector::leader {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;

const WallTime kLooked = *elector::runtime::parseRfc3339("2026-11-22T11:00:00Z");

TEST(HistoryTest, AnEventSaysWhoseTermBeganOrEnded) {
    const auto began =
        changeIn(R"({"message":"web-0 became leader","lastTimestamp":"2026-11-22T11:00:00Z"})");
    ASSERT_TRUE(began);
    EXPECT_EQ(began->who, "web-0");
    EXPECT_TRUE(began->began);
    EXPECT_EQ(began->at, kLooked);
    const auto ended =
        changeIn(R"({"message":"web-0 stopped leading","lastTimestamp":"2026-11-22T11:00:00Z"})");
    ASSERT_TRUE(ended);
    EXPECT_FALSE(ended->began);
    for (const char* other : {R"({"message":"web-0 became leader"})", "{}", "no JSON",
                              R"({"message":"Created","lastTimestamp":"2026-11-22T11:00:00Z"})"}) {
        EXPECT_FALSE(changeIn(other)) << other;
    }
}

// "WHO BEGAN-ENDED", in minutes before now: "?" for what is not known, "!" for who holds it, web-0
// since an hour or, where it is "", nobody.
std::vector<std::string> told(const std::string& holder, const std::vector<Change>& changes) {
    elector::election::Lease lease{"u",  *elector::election::Revision::parse("7"), {}, "f", {}, "",
                                   false};
    lease.record.holder = holder;
    lease.record.acquireTime = kLooked - minutes(60);
    std::vector<std::string> texts;
    const auto minutesOf = [](const std::optional<WallTime>& time) {
        return time ? std::to_string(std::chrono::duration_cast<minutes>(kLooked - *time).count())
                    : "?";
    };
    for (const Term& term : termsOf(lease, changes)) {
        texts.push_back(term.who + " " + minutesOf(term.began) + "-" +
                        (term.goesOn ? "!" : minutesOf(term.ended)));
    }
    return texts;
}

TEST(HistoryTest, IsWhatEventsTellAndWhoHoldsTheLease) {
    EXPECT_THAT(told("web-0", {}), ElementsAre("web-0 60-!"));
    EXPECT_THAT(told("web-0", {{kLooked - minutes(60), "web-0", true}}), ElementsAre("web-0 60-!"));
    EXPECT_THAT(
        told("", {{kLooked - minutes(3), "web-1", true}, {kLooked - minutes(2), "web-1", false}}),
        ElementsAre("web-1 3-2"));
    EXPECT_THAT(told("", {}), ElementsAre());
}

TEST(HistoryTest, HasGapsWhereEventsAreMissing) {
    // The first one's beginning is forgotten, the end of the second one was not told.
    EXPECT_THAT(told("web-0", {{kLooked - minutes(60), "web-0", true},
                               {kLooked - minutes(90), "web-2", false},
                               {kLooked - minutes(80), "web-1", true}}),
                ElementsAre("web-2 ?-90", "web-1 80-?", "web-0 60-!"));
}

TEST(HistoryTest, AHandOverWithinASecondIsInOrder) {
    EXPECT_THAT(told("web-0", {{kLooked - minutes(70), "web-1", true},
                               {kLooked - minutes(60), "web-0", true},
                               {kLooked - minutes(60), "web-1", false}}),
                ElementsAre("web-1 70-60", "web-0 60-!"));
    // Both terms began in one second, and the one that goes on has the lesser name.
    EXPECT_THAT(told("web-0", {{kLooked - minutes(60), "web-0", true},
                               {kLooked - minutes(60), "web-1", false},
                               {kLooked - minutes(60), "web-1", true}}),
                ElementsAre("web-1 60-60", "web-0 60-!"));
}

}  // namespace
}  // namespace injector::leader
