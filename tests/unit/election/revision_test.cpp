#include "elector/election/revision.h"

#include <gtest/gtest.h>

#include <string>

namespace elector::election {
namespace {

TEST(RevisionTest, OrdersAsIntegersOfAnyLength) {
    EXPECT_LT(Revision::parse("9"), Revision::parse("10"));
    EXPECT_LT(Revision::parse("9007199254740992"), Revision::parse("9007199254740993"));
    EXPECT_LT(Revision::parse("18446744073709551615"), Revision::parse("18446744073709551616"));
    EXPECT_EQ(Revision::parse("17"), Revision::parse("17"));
}

TEST(RevisionTest, RefusesWhatIsNoRevision) {
    for (const std::string text : {"", "0", "01", "-1", "+1", "1.0", "1e3", " 1", "1 ", "abc"}) {
        EXPECT_FALSE(Revision::parse(text)) << text;
    }
    EXPECT_TRUE(Revision::parse(std::string(Revision::kMaxDigits, '9')));
    EXPECT_FALSE(Revision::parse(std::string(Revision::kMaxDigits + 1, '9')));
}

}  // namespace
}  // namespace elector::election
