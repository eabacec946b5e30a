#include "elector/commands/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "elector/runtime/clock.h"
#include "scripted_server.h"

namespace elector::commands {
namespace {

using config::Output;
using testing::HasSubstr;
using testing::StartsWith;

struct Printed {
    int exitCode = 0;
    std::string out;
    std::string err;
};

Printed statusAt(std::uint16_t port, Output output) {
    const runtime::SystemClock clock;
    std::ostringstream out;
    std::ostringstream err;
    const int exitCode = runStatus(
        {.address = {"127.0.0.1", port}, .timeout = std::chrono::minutes(1), .output = output},
        clock, out, err);
    return {exitCode, out.str(), err.str()};
}

Printed statusOf(int http, const std::string& body, Output output = Output::Human) {
    const ScriptedServer server(answers(http, body));
    return statusAt(server.port(), output);
}

const std::string kLeading =
    R"({"leader":"web-0","id":"web-0","isLeader":true,"lease":"default/web","fencingToken":"17",)"
    R"("leaseUID":"u-1","transitions":3,"acquireTime":"2026-01-02T03:04:05.000006Z",)"
    R"("renewTime":"2026-01-02T03:05:05.000006Z","validForMs":4321})";
const std::string kFollowing =
    R"({"leader":"web-1","id":"web-0","isLeader":false,"fencingToken":"","validForMs":0})";
const std::string kNobody = R"({"leader":"","id":"web-0","isLeader":false})";

TEST(StatusTest, EndsWith0WhereTheElectorAskedLeads) {
    const Printed printed = statusOf(200, kLeading);
    EXPECT_EQ(printed.exitCode, 0);
    EXPECT_EQ(printed.out,
              "web-0 leads: the one that was asked\n"
              "  lease          default/web\n"
              "  lease uid      u-1\n"
              "  fencing token  17\n"
              "  transitions    3\n"
              "  acquired       2026-01-02T03:04:05.000006Z\n"
              "  renewed        2026-01-02T03:05:05.000006Z\n"
              "  valid for      4321 ms\n");
    EXPECT_EQ(printed.err, "");
}

TEST(StatusTest, EndsWith1WhereAnotherLeads) {
    const Printed printed = statusOf(200, kFollowing);
    EXPECT_EQ(printed.exitCode, 1);
    EXPECT_EQ(printed.out, "web-1 leads; web-0 was asked\n");
    EXPECT_EQ(printed.err, "");
}

TEST(StatusTest, EndsWith3WhereNobodyLeads) {
    const Printed printed = statusOf(200, kNobody);
    EXPECT_EQ(printed.exitCode, 3);
    EXPECT_EQ(printed.out, "nobody leads; web-0 was asked\n");
    EXPECT_EQ(printed.err, "");
}

TEST(StatusTest, EndsWith4WhereNoElectorAnswers) {
    const ClosedPort closed;
    const Printed printed = statusAt(closed.port(), Output::Human);
    EXPECT_EQ(printed.exitCode, 4);
    EXPECT_EQ(printed.out, "");
    EXPECT_THAT(printed.err, StartsWith("no elector answers at 127.0.0.1:"));
    EXPECT_TRUE(printed.err.ends_with("\n"));
}

TEST(StatusTest, EndsWith4WhereSomethingElseAnswers) {
    for (const Output output : {Output::Human, Output::Json}) {
        for (const auto& [http, body] : std::vector<std::pair<int, std::string>>{
                 {404, kLeading}, {503, "not yet"}, {200, "{}"}, {200, "<html>\n\x1b[31m"}}) {
            const Printed printed = statusOf(http, body, output);
            EXPECT_EQ(printed.exitCode, 4) << body;
            EXPECT_EQ(printed.out, "");
            EXPECT_THAT(printed.err, HasSubstr("is no elector: it says " + std::to_string(http)));
            EXPECT_EQ(printed.err.find('\n'), printed.err.size() - 1);
            EXPECT_EQ(printed.err.find('\x1b'), std::string::npos);
        }
    }
}

TEST(StatusTest, PrintsTheElectorsJsonAsItCame) {
    struct Case {
        std::string body;
        int exitCode;
    };
    for (const Case& each : std::vector<Case>{{kLeading, 0}, {kFollowing, 1}, {kNobody, 3}}) {
        const Printed printed = statusOf(200, each.body + "\n", Output::Json);
        EXPECT_EQ(printed.exitCode, each.exitCode);
        EXPECT_EQ(printed.out, each.body + "\n");
        EXPECT_EQ(printed.err, "");
    }
}

TEST(StatusTest, TellsWhatKeepsTheElectorFromWriting) {
    const Printed printed = statusOf(
        200,
        R"({"leader":"","id":"web-0","isLeader":false,"trouble":"leases \"web\" need\na label"})");
    EXPECT_EQ(printed.exitCode, 3);
    EXPECT_EQ(printed.out,
              "nobody leads; web-0 was asked\n"
              "  trouble        leases \"web\" need a label\n");
}

TEST(StatusTest, TellsThatTheLeaseIsHeldForLife) {
    const Printed printed =
        statusOf(200, R"({"leader":"old-0","id":"web-0","isLeader":false,"leadsForLife":true})");
    EXPECT_EQ(printed.exitCode, 1);
    EXPECT_EQ(printed.out,
              "old-0 leads; web-0 was asked\n"
              "  held           for life by old-0 until its Pod is deleted\n");
}

TEST(StatusTest, LetsNoForeignNameForgeALine) {
    const Printed printed = statusOf(
        200,
        R"({"leader":"web-1\nweb-0 leads: the one that was asked","id":"web-0","isLeader":false})");
    EXPECT_EQ(printed.exitCode, 1);
    EXPECT_EQ(printed.out, "web-1\\nweb-0 leads: the one that was asked leads; web-0 was asked\n");
}

}  // namespace
}  // namespace elector::commands
