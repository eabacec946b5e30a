#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "elector/version.h"
#include "injector/config/flags.h"
#include "injector/config/invocation.h"

namespace injector::config {
namespace {

using testing::HasSubstr;

void expectAllIn(const std::string& help, const std::vector<elector::config::FlagSpec>& flags) {
    for (const auto& flag : flags) {
        EXPECT_THAT(help, HasSubstr("--" + std::string(flag.name))) << flag.name;
        const std::string first(flag.purpose.substr(0, flag.purpose.find('\n')));
        EXPECT_THAT(help, HasSubstr(first)) << flag.name;
        EXPECT_FALSE(first.empty()) << flag.name;
    }
}

TEST(HelpTest, NamesEveryFlagOfEveryCommand) {
    const std::string help = helpText();
    expectAllIn(help, webhookFlags());
    expectAllIn(help, operatorFlags());
    expectAllIn(help, injectFlags());
    expectAllIn(help, checkFlags());
    expectAllIn(help, leaderFlags());
}

TEST(HelpTest, SaysWhatIsWrittenHow) {
    const std::string help = helpText();
    for (const char* part :
         {"\n  --shutdown-delay=DURATION   (default 10s)\n", "\n  --all-namespaces, -A\n",
          "\n  --filename=FILE, -f FILE   (required)\n",
          "\n  --namespace=NAME, -n NAME   (environment NAMESPACE; required)\n",
          "\n  --lease-duration=DURATION   (default the elector's, 10s)\n",
          "\n  --retry-period=DURATION   (default the elector's: 2s, or 2/5 of the renew duration "
          "if "
          "that is less)\n",
          "\n  --cpu-limit=QUANTITY   (default 50m)\n",
          "\n  --sidecar-log-level=debug|info|warn|error   (default the elector's, info)\n",
          "\n  --log-level=debug|info|warn|error   (environment LOG_LEVEL; default info)\n",
          "Exit codes:\n  0  stopped as asked", "leader-elector.io/inject: \"true\""}) {
        EXPECT_THAT(help, HasSubstr(part));
    }
}

TEST(HelpTest, FitsATerminal) {
    std::istringstream lines(helpText());
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 110U) << line;
    }
}

TEST(HelpTest, ThereIsAVersion) {
    EXPECT_EQ(versionText(), std::string("leader-elector-injector ") + elector::kVersion + "\n");
}

}  // namespace
}  // namespace injector::config
