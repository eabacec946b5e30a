#include "elector/commands/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

#include "elector/runtime/clock.h"
#include "scripted_server.h"

namespace elector::commands {
namespace {

using config::Probe;
using testing::HasSubstr;
using testing::StartsWith;

struct Printed {
    int exitCode = 0;
    std::string out;
};

Printed probeAt(std::uint16_t port, Probe probe,
                election::Duration timeout = std::chrono::minutes(1)) {
    const runtime::SystemClock clock;
    std::ostringstream out;
    const int exitCode =
        runProbe({.address = {"127.0.0.1", port}, .timeout = timeout, .probe = probe}, clock, out);
    return {exitCode, out.str()};
}

TEST(ProbeTest, AsksTheRightQuestion) {
    ScriptedServer live(answers(200, "ok\n"));
    EXPECT_EQ(probeAt(live.port(), Probe::Live).exitCode, 0);
    EXPECT_THAT(live.request(), StartsWith("GET /healthz HTTP/1.1\r\n"));

    ScriptedServer ready(answers(200, "ok\n"));
    EXPECT_EQ(probeAt(ready.port(), Probe::Ready).exitCode, 0);
    EXPECT_THAT(ready.request(), StartsWith("GET /readyz HTTP/1.1\r\n"));
}

TEST(ProbeTest, PrintsTheAnswer) {
    const ScriptedServer server(answers(200, "ok\n"));
    EXPECT_EQ(probeAt(server.port(), Probe::Live).out, "ok\n");
}

TEST(ProbeTest, FailsWithTheReasonInALine) {
    const ScriptedServer ready(answers(503, "the Lease's state is unknown: forbidden\nmore\n"));
    const Printed notReady = probeAt(ready.port(), Probe::Ready);
    EXPECT_EQ(notReady.exitCode, 1);
    EXPECT_EQ(notReady.out, "not ready: 503 the Lease's state is unknown: forbidden\n");

    const ScriptedServer live(answers(503, "wedged \x1b[31m"));
    const Printed notLive = probeAt(live.port(), Probe::Live);
    EXPECT_EQ(notLive.exitCode, 1);
    EXPECT_EQ(notLive.out, "not live: 503 wedged \\x1b[31m\n");
}

TEST(ProbeTest, FailsOnEverythingButA200) {
    for (const int status : {201, 204, 301, 404, 421, 500}) {
        const ScriptedServer server(answers(status, "x"));
        EXPECT_EQ(probeAt(server.port(), Probe::Live).exitCode, 1) << status;
    }
}

TEST(ProbeTest, FailsWhereNobodyAnswersInTime) {
    const ScriptedServer server(keepsSilent());
    const Printed printed = probeAt(server.port(), Probe::Live, std::chrono::milliseconds(50));
    EXPECT_EQ(printed.exitCode, 1);
    EXPECT_THAT(printed.out, HasSubstr("waiting for the answer: timed out"));
    EXPECT_TRUE(printed.out.ends_with("\n"));
}

}  // namespace
}  // namespace elector::commands
