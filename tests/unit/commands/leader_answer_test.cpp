#include "elector/commands/commands.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elector::commands {
namespace {

TEST(LeaderAnswerTest, HasAllThatAnElectorSays) {
    const auto answer = parseLeaderAnswer(
        R"({"leader":"web-0","id":"web-0","isLeader":true,"lease":"default/web",)"
        R"("fencingToken":"90071992547409930","leaseUID":"u-1","transitions":7,)"
        R"("acquireTime":"2026-01-02T03:04:05.000006Z","renewTime":"2026-01-02T03:04:06.000006Z",)"
        R"("validForMs":4321,"later":[1,{"x":null}]})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->leader, "web-0");
    EXPECT_EQ(answer->id, "web-0");
    EXPECT_TRUE(answer->isLeader);
    EXPECT_EQ(answer->lease, "default/web");
    EXPECT_EQ(answer->fencingToken, "90071992547409930");
    EXPECT_EQ(answer->leaseUid, "u-1");
    EXPECT_EQ(answer->transitions, 7);
    EXPECT_EQ(answer->acquireTime, "2026-01-02T03:04:05.000006Z");
    EXPECT_EQ(answer->renewTime, "2026-01-02T03:04:06.000006Z");
    EXPECT_EQ(answer->validForMs, 4321);
}

TEST(LeaderAnswerTest, MayLeaveOutWhatIsUnknown) {
    const auto answer =
        parseLeaderAnswer(R"( {"leader":"","id":"web-0","isLeader":false,"acquireTime":null} )");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->leader, "");
    EXPECT_FALSE(answer->isLeader);
    EXPECT_FALSE(answer->lease);
    EXPECT_FALSE(answer->acquireTime);
    EXPECT_FALSE(answer->transitions);
    EXPECT_FALSE(answer->validForMs);
}

TEST(LeaderAnswerTest, IsRefusedWhereATypeOrTheMeaningIsWrong) {
    const std::string rest = R"("leader":"a","id":"b","isLeader":false)";
    ASSERT_TRUE(parseLeaderAnswer("{" + rest + "}"));
    const std::vector<std::string> bodies{
        "",
        "ok",
        "null",
        "[]",
        "\"web-0\"",
        R"({"name":"web-0"})",
        R"({"id":"b","isLeader":false})",
        R"({"leader":"a","isLeader":false})",
        R"({"leader":"a","id":"b"})",
        R"({"leader":null,"id":"b","isLeader":false})",
        R"({"leader":1,"id":"b","isLeader":false})",
        R"({"leader":"a","id":["b"],"isLeader":false})",
        R"({"leader":"a","id":"b","isLeader":"false"})",
        R"({"leader":"a","id":"b","isLeader":0})",
        "{" + rest + R"(,"transitions":"7"})",
        "{" + rest + R"(,"transitions":true})",
        "{" + rest + R"(,"transitions":7.5})",
        "{" + rest + R"(,"validForMs":"9"})",
        "{" + rest + R"(,"fencingToken":17})",
        "{" + rest + R"(,"lease":{}})",
        "{" + rest + R"(,"leaseUID":1})",
        "{" + rest + R"(,"acquireTime":1})",
        "{" + rest + R"(,"renewTime":false})",
        "{" + rest + "} more",
        "{" + rest,
        "{" + rest + ",\"x\":\"\xff\"}",
        "{" + rest + ",\x1b[31m\"x\":1}",
        std::string(1000, '['),
        // A leader that is not named, and one that is named but does not lead.
        R"({"leader":"a","id":"b","isLeader":true})",
        R"({"leader":"a","id":"a","isLeader":false})",
        R"({"leader":"","id":"","isLeader":true})",
    };
    for (const std::string& body : bodies) {
        EXPECT_FALSE(parseLeaderAnswer(body)) << body;
    }
}

}  // namespace
}  // namespace elector::commands
