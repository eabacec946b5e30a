#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "invocation_support.h"

namespace elector::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

ExecRequest execOf(Arguments flags, const Environment& environment = {}) {
    flags.insert(flags.begin(), "exec");
    flags.insert(flags.end(), {"--", "/bin/worker", "--fast"});
    return std::get<ExecRequest>(parseInvocation(flags, environment, plainFacts()));
}

std::string refusalOfExec(Arguments flags) {
    flags.insert(flags.begin(), "exec");
    flags.insert(flags.end(), {"--", "/bin/worker"});
    return refusalOf(flags);
}

TEST(ExecTest, TakesTheProgramAsItStandsBehindTheDashes) {
    EXPECT_THAT(execOf({"--lease-name=web"}).program, ElementsAre("/bin/worker", "--fast"));
    const Arguments more{"exec", "--lease-name=web", "--", "sh", "--", "-c", "--help"};
    EXPECT_THAT(std::get<ExecRequest>(parseInvocation(more, {}, plainFacts())).program,
                ElementsAre("sh", "--", "-c", "--help"));
}

TEST(ExecTest, IsRefusedWithoutAProgramOrDashes) {
    EXPECT_THAT(refusalOf({"exec", "--lease-name=web"}), HasSubstr("exec needs a program"));
    EXPECT_THAT(refusalOf({"exec", "--lease-name=web", "--"}), HasSubstr("exec needs a program"));
    EXPECT_THAT(refusalOf({"exec", "--lease-name=web", "/bin/worker"}),
                HasSubstr("the program stands behind --"));
    EXPECT_THAT(refusalOfExec({"--lease-name=web", "--on-change-url=http://localhost:1/"}),
                HasSubstr("is refused for exec"));
    EXPECT_THAT(refusalOfExec({"--lease-name=web", "--health=asked"}),
                HasSubstr("a health gate is refused for exec"));
    EXPECT_THAT(refusalOfExec({}), HasSubstr("--lease-name (or LEASE_NAME) is missing"));
}

TEST(ExecTest, ChoosesItsGraceByTheRenewDuration) {
    EXPECT_EQ(execOf({"--lease-name=web"}).grace, election::Duration(seconds(5)) / 6);
    EXPECT_EQ(execOf({"--lease-name=web", "--lease-renew-duration=6s"}).grace, seconds(1));
    EXPECT_EQ(execOf({"--lease-name=web"}, {{"TERM_GRACE", "300ms"}}).grace, milliseconds(300));
    const ExecRequest request = execOf({"--lease-name=web", "--term-grace=400ms"});
    EXPECT_EQ(request.grace, milliseconds(400));
    // Counted by the attempts to renew.
    EXPECT_EQ(request.config.timing.termGrace, milliseconds(400));
}

TEST(ExecTest, RefusesAGraceThatDoesNotFitWithTheSum) {
    EXPECT_THAT(refusalOfExec({"--lease-name=web", "--term-grace=3s"}),
                HasSubstr("3s + 0.2s = 3.2s, it must be below the renew deadline less the retry "
                          "period, 5s - 2s = 3s"));
    EXPECT_THAT(refusalOfExec({"--elector=localhost:4040", "--lease-duration=2s",
                               "--lease-renew-duration=400ms"}),
                HasSubstr("--term-grace"));
}

TEST(ExecTest, AsksAnElectorWithoutALeaseOfItsOwn) {
    const ExecRequest request = execOf({"--elector=:4041", "--on-loss=exit", "--timeout=1m"});
    EXPECT_EQ(request.elector, (Address{"localhost", 4041}));
    EXPECT_TRUE(request.exitsOnLoss);
    EXPECT_EQ(request.timeout, seconds(60));
    EXPECT_EQ(request.grace, election::Duration(seconds(5)) / 6);
    EXPECT_THAT(refusalOfExec({"--elector=localhost:4040", "--store=file:/tmp"}),
                HasSubstr("--store \"file:/tmp\" is refused beside --elector \"localhost:4040\": "
                          "that elector campaigns"));
}

TEST(ExecTest, AnElectorThatExecAsksLeavesItsGraceAndDrains) {
    EXPECT_EQ(configOf(withLease({})).timing.termGrace, std::nullopt);
    const Config asked = configOf(withLease({"--term-grace=800ms"}));
    EXPECT_EQ(asked.timing.termGrace, milliseconds(800));
    EXPECT_EQ(asked.drain, milliseconds(800));
    EXPECT_EQ(configOf(withLease({"--term-grace=800ms", "--drain=3s"})).drain, seconds(3));
    // The wrapper's own campaign ends after its program has.
    EXPECT_EQ(execOf({"--lease-name=web"}).config.drain, seconds(0));
}

TEST(CopyTest, NeedsAFolderThatIsFound) {
    const auto copyOf = [](const Arguments& arguments) {
        return std::get<CopyRequest>(parseInvocation(arguments, {}, plainFacts()));
    };
    EXPECT_EQ(copyOf({"copy-to", "/le"}).seenAt, "/le");
    EXPECT_EQ(copyOf({"copy-to", "--at=/le", "tmp/le"}).seenAt, "/le");
    EXPECT_EQ(copyOf({"copy-to", "--at=/le", "tmp/le"}).folder, "tmp/le");
    EXPECT_THAT(refusalOf({"copy-to", "tmp/le"}), HasSubstr("an absolute path is needed"));
    EXPECT_THAT(refusalOf({"copy-to"}), HasSubstr("copy-to needs one folder"));
}

}  // namespace
}  // namespace elector::config
