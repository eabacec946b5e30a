#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "elector/commands/commands.h"
#include "elector/runtime/clock.h"
#include "scripted_server.h"

namespace elector::commands {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Printed {
    int exitCode = 0;
    std::string out;
    std::string err;
};

Printed stepDown(config::StepDownRequest request, std::uint16_t port) {
    request.address = {"127.0.0.1", port};
    request.timeout = std::chrono::minutes(1);
    std::ostringstream out;
    std::ostringstream err;
    const int exitCode = runStepDown(request, runtime::SystemClock(), out, err);
    return {exitCode, out.str(), err.str()};
}

TEST(StepDownTest, SendsWhatWasGivenAndTellsWhatIsDone) {
    ScriptedServer server(answers(202, R"({"token":"17","drainMs":4200})"));
    const Printed printed = stepDown({{}, {}, "17", "30s", "web-2"}, server.port());
    EXPECT_EQ(printed.exitCode, config::kExitSuccess);
    EXPECT_EQ(printed.out, "steps down: the term 17 ends, and the Lease is released in 4200 ms\n");
    EXPECT_EQ(printed.err, "");
    const std::string request = server.request();
    EXPECT_THAT(request, StartsWith("POST /api/step-down HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 43\r\n"));
}

TEST(StepDownTest, EndsWith1WhereItIsRefusedAndSaysWhy) {
    for (const auto& [status, body, err] : std::vector<std::tuple<int, std::string, std::string>>{
             {409, "web-0 does not lead.\n", "refused: 409 web-0 does not lead.\n"},
             {412, "web-0 leads by the token 18.\n", "refused: 412 web-0 leads by the token 18.\n"},
             {202, "what?\x1b[2J\n", "refused: 202 what?\\x1b[2J\n"}}) {
        const ScriptedServer server(answers(status, body));
        const Printed printed = stepDown({}, server.port());
        EXPECT_EQ(printed.exitCode, config::kExitFailure);
        EXPECT_EQ(printed.out, "");
        EXPECT_EQ(printed.err, err);
    }
}

TEST(StepDownTest, EndsWith4WhereNoElectorAnswers) {
    const ClosedPort closed;
    const Printed printed = stepDown({}, closed.port());
    EXPECT_EQ(printed.exitCode, config::kExitNoAnswer);
    EXPECT_THAT(printed.err, StartsWith("no elector answers at 127.0.0.1:"));
}

}  // namespace
}  // namespace elector::commands
