#include <fmt/format.h>

#include "tests/integration/integration_test.h"

// What cannot work is refused at once: exit code 2, and one sentence that says what to do.
namespace elector::test {
namespace {

struct BadInput {
    std::string name;
    std::vector<std::string> arguments;
    std::vector<std::string> said;  // parts of the sentence
};
void PrintTo(const BadInput& input, std::ostream* out) {
    *out << input.name;
}
std::string inputName(const testing::TestParamInfo<BadInput>& info) {
    return info.param.name;
}

class BadInputTest : public testing::TestWithParam<BadInput> {};

INSTANTIATE_TEST_SUITE_P(
    Inputs, BadInputTest,
    testing::Values(
        BadInput{"UnknownFlag", {"--lease-name=web", "--leese"}, {"--leese"}},
        BadInput{"MalformedDuration",
                 {"--lease-name=web", "--lease-duration=10"},
                 {"--lease-duration", "10"}},
        BadInput{"RenewDurationTooLong",
                 {"--lease-name=web", "--lease-duration=10s", "--lease-renew-duration=9500ms"},
                 {"--lease-renew-duration", "9500ms", "10s", "9s"}},
        BadInput{"RetryPeriodTooLong",
                 {"--lease-name=web", "--retry-period=5s", "--lease-renew-duration=5s"},
                 {"--retry-period", "5s"}},
        BadInput{"FractionalLease",
                 {"--lease-name=web", "--lease-duration=1500ms"},
                 {"--lease-duration", "1500ms", "whole seconds"}},
        BadInput{"NoLeaseName", {}, {"--lease-name", "LEASE_NAME"}},
        BadInput{"EmptyLeaseName", {"--lease-name="}, {"--lease-name"}},
        BadInput{"LeaseNameNoDnsName", {"--lease-name=Web_1"}, {"--lease-name", "Web_1"}},
        BadInput{"ReservedId",
                 {"--lease-name=web", "--id=leader-elector.io/vacant"},
                 {"--id", "leader-elector.io/vacant"}},
        BadInput{"MissingKubeconfig",
                 {"--lease-name=web", "--kubeconfig=/nonexistent/config"},
                 {"/nonexistent/config"}},
        BadInput{"NoCluster", {"--lease-name=web"}, {"--kubeconfig", "--store=file:"}},
        BadInput{"UnwritableFolder",
                 {"--lease-name=web", "--store=file:/proc/elector"},
                 {"--store=file:/proc/elector"}},
        BadInput{"FolderIsAFile",
                 {"--lease-name=web", "--store=file:/proc/version"},
                 {"/proc/version is not a folder"}},
        BadInput{"UnknownStore", {"--lease-name=web", "--store=etcd"}, {"--store", "etcd"}},
        BadInput{"UnknownShutdown",
                 {"--lease-name=web", "--on-shutdown=stay"},
                 {"--on-shutdown", "stay", "release", "expire"}}),
    inputName);

TEST_P(BadInputTest, IsRefusedWithOneSentence) {
    ElectorProcess process(ELECTOR_BINARY, GetParam().arguments);
    EXPECT_EQ(process.waitForExit(), 2);
    ASSERT_TRUE(process.waitForOutput("\n"));
    for (const std::string& part : GetParam().said) {
        EXPECT_THAT(process.output(), testing::HasSubstr(part));
    }
    EXPECT_EQ(process.timesSaid("\n"), 1) << process.output();
}

// Whoever starts it may have closed its standard streams, or left them nowhere to write to.
TEST(BadInputExitTest, TheExitCodeIsTheSameWhereNothingCanBeSaid) {
    struct Case {
        std::string arguments;
        int code;
    };
    const std::vector<Case> cases{{"--bogus", 2},
                                  {"--lease-name=web --store=file:/proc/elector", 2},
                                  {"status --addr=127.0.0.1:1", 4},
                                  {"probe live --addr=127.0.0.1:1", 1},
                                  {"--version", 0}};
    for (const std::string redirection : {"2>/dev/full", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
        for (const Case& given : cases) {
            ElectorProcess process("/bin/sh", {"-c", fmt::format("exec {} {} {}", ELECTOR_BINARY,
                                                                 given.arguments, redirection)});
            EXPECT_EQ(process.waitForExit(), given.code) << given.arguments << " " << redirection;
        }
    }
}

using BadInputElectorTest = IntegrationTest;

TEST_F(BadInputElectorTest, APortInUseIsRefused) {
    const auto first = elector("web-0");
    const std::uint16_t port = first->port();
    ASSERT_NE(port, 0);
    const auto second = elector("web-1", {"--addr=127.0.0.1:" + std::to_string(port)});
    EXPECT_EQ(second->waitForExit(), 2);
    EXPECT_TRUE(second->waitForOutput(std::to_string(port)));
}

TEST_F(BadInputElectorTest, AnUnreadableKubeconfigIsRefused) {
    for (const std::string text : {"", "{", "apiVersion: v1\nkind: Config\n", "\x01\x02"}) {
        writeText(kubeconfig_, text);
        const auto process = elector("web-0");
        EXPECT_EQ(process->waitForExit(), 2) << text;
        EXPECT_TRUE(process->waitForOutput(kubeconfig_)) << process->output();
    }
}

}  // namespace
}  // namespace elector::test
