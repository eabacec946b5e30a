#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "elector/exec/stream_source.h"

namespace elector::exec {
namespace {

std::string event(const std::string& data) {
    return "id: 5f3a9c01.7\ndata: " + data + "\n\n";
}

const std::string kLeads = event(
    R"({"leader":"web-0","id":"web-0","isLeader":true,"lease":"default/web","fencingToken":"17",)"
    R"("seq":7,"reason":"acquired","validUntilMonotonicMs":81000,"validUntilBoottimeMs":81234})");
const std::string kFollows = event(
    R"({"leader":"web-1","id":"web-0","isLeader":false,"lease":"default/web","fencingToken":"",)"
    R"("validUntilMonotonicMs":0,"validUntilBoottimeMs":0})");

class StateReaderTest : public testing::Test {
  protected:
    bool take(std::string_view bytes) {
        return reader_.take(bytes,
                            [this](std::optional<Lead> lead) { told_.push_back(std::move(lead)); });
    }
    StateReader reader_;
    std::vector<std::optional<Lead>> told_;
};

TEST_F(StateReaderTest, TellsEachState) {
    EXPECT_TRUE(take("retry: 1000\n" + kLeads + ":\n" + kFollows));
    ASSERT_EQ(told_.size(), 2U);
    EXPECT_EQ(told_[0],
              (Lead{"17", Instant(std::chrono::milliseconds(81234)), "default/web", "web-0"}));
    EXPECT_EQ(told_[1], std::nullopt);
}

TEST_F(StateReaderTest, TakesAStateInPieces) {
    for (const char c : kLeads) {
        EXPECT_TRUE(take({&c, 1}));
    }
    EXPECT_EQ(told_.size(), 1U);
}

TEST_F(StateReaderTest, RefusesWhatNoElectorSends) {
    EXPECT_FALSE(take(event("{}")));
    EXPECT_FALSE(take("data: <html>\n"));
    // A yes without its end, as that of an elector before this interface.
    EXPECT_FALSE(take(event(
        R"({"leader":"web-0","id":"web-0","isLeader":true,"fencingToken":"17","validForMs":5})")));
    EXPECT_TRUE(told_.empty());
}

TEST_F(StateReaderTest, DoesNotCollectALineWithoutEnd) {
    EXPECT_TRUE(take(std::string(1000, 'x')));
    EXPECT_FALSE(take(std::string(100'000, 'x')));
}

}  // namespace
}  // namespace elector::exec
