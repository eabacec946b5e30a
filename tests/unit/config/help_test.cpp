#include "elector/config/flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "elector/version.h"
#include "invocation_support.h"

namespace elector::config {
namespace {

using testing::HasSubstr;

// The line of the help on which `flag` stands.
std::string lineOf(const std::string& flag) {
    std::istringstream lines(helpText());
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  --" + flag + "=")) {
            return line;
        }
    }
    return "";
}

TEST(HelpTest, ShowsEveryFlagWithItsVariableAndDefault) {
    struct Entry {
        std::string flag;
        std::string variable;
        std::string fallback;
    };
    const std::vector<Entry> entries{
        {"id", "POD_NAME", "default host name + random"},
        {"lease-name", "LEASE_NAME", "required"},
        {"namespace", "NAMESPACE", "default the service account's"},
        {"lease-duration", "LEASE_DURATION", "default 10s"},
        {"lease-renew-duration", "LEASE_RENEW_DURATION", "default 5s"},
        {"retry-period", "RETRY_PERIOD", "default 2s, or 2/5"},
        {"addr", "ADDR", "default :4040"},
        {"probe-address", "ELECTOR_PROBE_ADDRESS", "default none"},
        {"metrics-address", "ELECTOR_METRICS_ADDRESS", "default none"},
        {"allowed-host", "ALLOWED_HOST", "default none"},
        {"kubeconfig", "KUBECONFIG", "default in-cluster"},
        {"store", "STORE", "default kubernetes"},
        {"on-shutdown", "ON_SHUTDOWN", "default release"},
        {"on-missing", "ON_MISSING", "default create"},
        {"drain", "DRAIN", "default 0s"},
        {"poll-tolerance", "POLL_TOLERANCE", "default 0s"},
        {"health", "HEALTH", "default none"},
        {"health-url", "HEALTH_URL", "default not asked"},
        {"health-file", "HEALTH_FILE", "default not read"},
        {"health-max-age", "HEALTH_MAX_AGE", "default 10s"},
        {"asked-within", "ASKED_WITHIN", "default 10s"},
        {"health-period", "HEALTH_PERIOD", "default 2s"},
        {"health-timeout", "HEALTH_TIMEOUT", "default 1s, or half the period"},
        {"health-failures", "HEALTH_FAILURES", "default 3"},
        {"health-successes", "HEALTH_SUCCESSES", "default 1"},
        {"degraded-after", "DEGRADED_AFTER", "default 5m"},
        {"term-grace", "TERM_GRACE", "default none; of exec min(5s, 1/6 of the renew duration)"},
        {"admin", "ADMIN", "default auto"},
        {"ready", "READY", "default synced"},
        {"status-dir", "STATUS_DIR", "default none"},
        {"on-change-url", "ON_CHANGE_URL", "default none"},
        {"on-change-remote", "ON_CHANGE_REMOTE", "default false"},
        {"pod-uid", "POD_UID", "default the one in the service account's token"},
        {"log-level", "LOG_LEVEL", "default info"},
        {"log-format", "LOG_FORMAT", "default text on a terminal, else json"},
    };
    for (const Entry& entry : entries) {
        const std::string line = lineOf(entry.flag);
        EXPECT_THAT(line, HasSubstr("environment " + entry.variable + "; ")) << entry.flag;
        EXPECT_THAT(line, HasSubstr(entry.fallback)) << entry.flag;
    }
    EXPECT_THAT(lineOf("namespace"), HasSubstr(", -n NAME"));
}

TEST(HelpTest, ShowsCommandsOldNamesAndExitCodes) {
    const std::string help = helpText();
    for (const std::string part : {"leader-elector status",
                                   "leader-elector step-down",
                                   "/api/step-down",
                                   "leader-elector hand-over --lease=NAME --to=ID",
                                   "leader-elector probe live|ready",
                                   "--election=NAME",
                                   "--election-namespace=NAME",
                                   "--http=",
                                   "--ttl=DURATION",
                                   "--version",
                                   "--output=human|json",
                                   "--timeout=DURATION",
                                   "Examples:",
                                   "Exit codes:",
                                   "/api/leader",
                                   "/healthz, /readyz",
                                   "leader-elector exec [flags] -- PROGRAM ARGS",
                                   "leader-elector copy-to DIR",
                                   "--elector=[HOST]:PORT",
                                   "--on-loss=wait|exit"}) {
        EXPECT_THAT(help, HasSubstr(part));
    }
    for (const std::string code : {"\n  0  ", "\n  1  ", "\n  2  ", "\n  3  ", "\n  4  "}) {
        EXPECT_THAT(help, HasSubstr(code));
    }
}

TEST(HelpTest, FitsATerminal) {
    std::istringstream lines(helpText());
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 120U) << line;
        EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    }
    EXPECT_TRUE(helpText().ends_with("\n"));
}

TEST(HelpTest, GivesExamplesThatAreTaken) {
    std::istringstream lines(helpText());
    int seen = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("  leader-elector --lease-name") &&
            !line.starts_with("  leader-elector exec --lease-name")) {
            continue;
        }
        std::istringstream words(line.substr(0, line.find("   ", 2)));
        Arguments arguments;
        for (std::string word; words >> word;) {
            arguments.push_back(word);
        }
        arguments.erase(arguments.begin());
        EXPECT_EQ(refusalOf(arguments), "") << line;
        ++seen;
    }
    EXPECT_EQ(seen, 4);
}

TEST(VersionTest, IsTheProjects) {
    EXPECT_EQ(versionText(), std::string("leader-elector ") + kVersion + "\n");
}

}  // namespace
}  // namespace elector::config
