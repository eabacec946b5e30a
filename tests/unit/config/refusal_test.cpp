#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "elector/names.h"
#include "invocation_support.h"

namespace elector::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Refused {
    std::string argument;
    std::string sentence;  // a part of it, with the flag, the value and what is allowed
};

TEST(RefusalTest, NamesFlagValueAndWhatIsAllowed) {
    const std::vector<Refused> cases{
        {"--lease-name=", "--lease-name \"\" is refused: a Lease's name is a DNS subdomain"},
        {"--lease-name=Web", "--lease-name \"Web\" is refused: a Lease's name is a DNS subdomain"},
        {"--namespace=a.b", "--namespace \"a.b\" is refused: a namespace's name is a DNS label"},
        {"-n=", "-n \"\" is refused: a namespace's name is a DNS label"},
        {"--id=", "--id \"\" is refused: an id has 1 to 253 printable ASCII characters"},
        {"--id=web 0", "--id \"web 0\" is refused: an id has"},
        {"--id=web\n0", R"(--id "web\n0" is refused: an id has)"},
        {"--id=w\u00e9b", "is refused: an id has"},
        {"--id=leader-elector.io/vacant", "is refused: the name is reserved"},
        {"--lease-duration=10", "--lease-duration \"10\" is refused: write a duration with its"},
        {"--lease-duration=", "--lease-duration \"\" is refused: write a duration with its"},
        {"--lease-renew-duration=x", "--lease-renew-duration \"x\" is refused: write a duration"},
        {"--retry-period=1 s", "--retry-period \"1 s\" is refused: write a duration"},
        {"--ttl=ten", "--ttl \"ten\" is refused: write a duration"},
        {"--addr=", "--addr \"\" is refused: allowed are :PORT, localhost:PORT"},
        {"--addr=:65536", "--addr \":65536\" is refused: allowed are :PORT"},
        {"--addr=host.example:80", "--addr \"host.example:80\" is refused: allowed are :PORT"},
        {"--http=80", "--http \"80\" is refused: allowed are :PORT"},
        {"--store=", "--store \"\" is refused: allowed are kubernetes and file:DIR"},
        {"--store=file:", "--store \"file:\" is refused: allowed are kubernetes and file:DIR"},
        {"--store=etcd", "--store \"etcd\" is refused: allowed are kubernetes and file:DIR"},
        {"--on-shutdown=stop", "--on-shutdown \"stop\" is refused: allowed are release and expire"},
        {"--on-missing=", "--on-missing \"\" is refused: allowed are create and wait"},
        {"--drain=-1ns", "--drain \"-1ns\" is refused: allowed is a duration from 0s to 1h"},
        {"--drain=61m", "--drain \"61m\" is refused: allowed is a duration from 0s to 1h"},
        {"--drain=soon", "--drain \"soon\" is refused: write a duration"},
        {"--poll-tolerance=61m",
         "--poll-tolerance \"61m\" is refused: allowed is a duration from 0s to 1h"},
        {"--health=yes", "--health \"yes\" is refused: allowed are none and asked"},
        {"--health-url=https://localhost:1/", "is refused: allowed is what this machine answers"},
        {"--health-url=http://localhost:0/", "is refused: allowed is what this machine answers"},
        {"--health-url=http://10.0.0.1:1/", "is refused: allowed is what this machine answers"},
        {"--health-url=http://:1/", "is refused: allowed is what this machine answers"},
        {"--health-url=http://localhost:1/a b", "is refused: allowed is what this machine"},
        {"--on-change-url=localhost:8080", "begins with neither https:// nor http://"},
        {"--on-change-url=http://a@localhost/", "has a user, a query or a fragment"},
        {"--on-change-url=http://localhost/#a", "has a user, a query or a fragment"},
        {"--on-change-url=http://localhost/\x01", "not all printable ASCII"},
        {"--on-change-url=http://10.0.0.1:1/", "only this machine is told, unless"},
        {"--on-change-url=http://localhost.example:1/", "only this machine is told, unless"},
        {"--health-period=0s", "is refused: allowed is a duration from 10ms to 1h"},
        {"--health-failures=0", "--health-failures \"0\" is refused: allowed are 1 to 100"},
        {"--health-successes=101", "is refused: allowed are 1 to 100"},
        {"--degraded-after=25h", "is refused: allowed is a duration from 0s to 24h"},
        {"--ready=yes", "--ready \"yes\" is refused: allowed are synced and leader"},
        {"--pod-uid=a/b", "--pod-uid \"a/b\" is refused: a Pod's UID has letters, digits"},
        {"--pod-uid=", "--pod-uid \"\" is refused: a Pod's UID has letters, digits"},
        {"--allowed-host=", "--allowed-host \"\" is refused: allowed are host names"},
        {"--allowed-host=a,", "--allowed-host \"a,\" is refused: allowed are host names"},
        {"--allowed-host=a:80", "--allowed-host \"a:80\" is refused: allowed are host names"},
        {"--allowed-host=*", "--allowed-host \"*\" is refused: allowed are host names"},
        {"--log-level=warning",
         "--log-level \"warning\" is refused: allowed are debug, info, warn"},
        {"--log-level=trace", "--log-level \"trace\" is refused: allowed are debug, info, warn"},
        {"--log-format=xml", "--log-format \"xml\" is refused: allowed are text and json"},
    };
    for (const Refused& refused : cases) {
        const bool isName = refused.argument.starts_with("--lease-name");
        const Arguments arguments =
            isName ? Arguments{refused.argument} : withLease({refused.argument});
        EXPECT_THAT(refusalOf(arguments), HasSubstr(refused.sentence)) << refused.argument;
    }
}

TEST(RefusalTest, NamesTheVariableThatAValueCameFrom) {
    EXPECT_THAT(refusalOf({"--lease-name=web"}, {{"LEASE_DURATION", "10"}}),
                HasSubstr("LEASE_DURATION \"10\" (the environment's --lease-duration) is refused: "
                          "write a duration"));
    EXPECT_THAT(refusalOf({"--lease-name=web"}, {{"POD_NAME", "web 0"}}),
                HasSubstr("POD_NAME \"web 0\" (the environment's --id) is refused: an id has"));
}

TEST(RefusalTest, IsOneLineWhateverWasGiven) {
    for (const std::string argument :
         {"--id=a\nb", "--b\nogus=1", "--store=\r\n", "--pod-uid=\x1b[31m", "--drain=\u2028"}) {
        const std::string refusal = refusalOf(withLease({argument}));
        EXPECT_THAT(refusal, Not(IsEmpty()));
        EXPECT_EQ(refusal.find_first_of("\n\r\x1b"), std::string::npos) << refusal;
    }
    EXPECT_LT(refusalOf(withLease({"--id=" + std::string(100'000, 'x')})).size(), 300U);
}

TEST(RefusalTest, AsksForTheLeasesName) {
    const std::string sentence = "--lease-name (or LEASE_NAME) is missing";
    EXPECT_THAT(refusalOf({}), HasSubstr(sentence));
    EXPECT_THAT(refusalOf({"run"}), HasSubstr(sentence));
    EXPECT_THAT(refusalOf({}, {{"LEASE_NAME", ""}}), HasSubstr(sentence));
}

TEST(RefusalTest, AllowsIdsUpToTheLongestNameOfAPod) {
    EXPECT_EQ(refusalOf(withLease({"--id=" + std::string(253, 'x')})), "");
    EXPECT_THAT(refusalOf(withLease({"--id=" + std::string(254, 'x')})), HasSubstr("an id has"));
    EXPECT_EQ(refusalOf(withLease({"--id=!~"})), "");
}

TEST(RefusalTest, KnowsTheReservedIdByItsSharedName) {
    EXPECT_THAT(refusalOf(withLease({std::string("--id=") + names::kVacantHolder})),
                HasSubstr("reserved"));
    EXPECT_THAT(refusalOf({"--lease-name=web"}, {{"POD_NAME", names::kVacantHolder}}),
                HasSubstr("reserved"));
}

TEST(RefusalTest, FindsHealthOutInOneWay) {
    EXPECT_EQ(refusalOf(withLease({"--health=asked", "--health-file=/x"})),
              "--health-file \"/x\" is refused beside health \"asked\": the program's health is "
              "found out in one way");
    EXPECT_EQ(refusalOf(withLease({"--health=none", "--health-file=/x"})), "");
    EXPECT_EQ(refusalOf(withLease({"--health=asked", "--health-timeout=3s"})),
              "--health-timeout \"3s\" is refused: it is at most the period, health-period \"2s\"");
}

TEST(RefusalTest, TakesAFolderOrAClusterButNotBothFlags) {
    EXPECT_THAT(refusalOf(withLease({"--store=file:/x", "--kubeconfig=/y"})),
                HasSubstr("--kubeconfig \"/y\" is refused beside --store \"file:/x\""));
    EXPECT_EQ(refusalOf(withLease({"--store=file:/x", "--kubeconfig="})), "");
    EXPECT_EQ(refusalOf(withLease({"--store=file:/x"}), {{"KUBECONFIG", "/y"}}), "");
    EXPECT_EQ(refusalOf(withLease({"--store=kubernetes", "--kubeconfig=/y"})), "");
}

struct Unsafe {
    Arguments arguments;
    Environment environment;
    std::string sentence;
};

TEST(UnsafeTimingTest, IsRefusedWithTheSumShown) {
    const std::vector<Unsafe> cases{
        {{"--lease-renew-duration=9500ms"},
         {},
         "--lease-renew-duration \"9500ms\" is too long: allowed is at most 0.9 x the lease "
         "duration = 0.9 x 10s = 9s"},
        {{"--lease-duration=5s"},
         {},
         "--lease-renew-duration \"5s\" (the default) is too long: allowed is at most 0.9 x the "
         "lease duration = 0.9 x 5s = 4.5s"},
        {{},
         {{"LEASE_DURATION", "1500ms"}},
         "LEASE_DURATION \"1500ms\" (the environment's --lease-duration) is not allowed: a Lease "
         "records whole seconds, from 1s to 1h"},
        {{"--lease-duration=2h"}, {}, "--lease-duration \"2h\" is not allowed: "},
        {{"--lease-renew-duration=0s"},
         {},
         "--lease-renew-duration \"0s\" is not allowed: it must"},
        {{"--retry-period=5s"},
         {},
         "--retry-period \"5s\" is too long: it must be below the renew deadline, 5s"},
        {{"--retry-period=0"}, {}, "--retry-period \"0\" is not allowed: it must be above 0s"},
        {{"--ttl=1500ms"},
         {},
         "--ttl \"1500ms\", which means --lease-duration 1.5s, is not allowed: "},
        {{"--ttl=10s", "--retry-period=7s"},
         {},
         "--retry-period \"7s\" is too long: it must be below the renew deadline, 5s"},
        {{"--ttl=10s", "--lease-renew-duration=1s"},
         {},
         "--ttl \"10s\", which means --retry-period 2.5s, is too long: "},
    };
    for (const Unsafe& unsafe : cases) {
        EXPECT_THAT(refusalOf(withLease(unsafe.arguments), unsafe.environment),
                    HasSubstr(unsafe.sentence));
    }
}

TEST(UnsafeTimingTest, IsWarnedOfWhereItIsOnlyUnwise) {
    EXPECT_THAT(configOf(withLease({"--retry-period=3s"})).warnings,
                ElementsAre(HasSubstr("--retry-period \"3s\" is more than half the renew deadline, "
                                      "5s / 2 = 2.5s")));
    EXPECT_THAT(configOf(withLease({"--lease-renew-duration=50ms"})).warnings,
                ElementsAre(HasSubstr("--retry-period \"20ms\" (the default) and the time-out")));
}

TEST(OldNamesTest, MeanTheNewOnes) {
    const Config config = configOf({"--election=web", "--election-namespace=shop",
                                    "--http=0.0.0.0:4141", "--ttl=12s", "--id=web-0"});
    EXPECT_EQ(config.lease, (election::LeaseKey{"shop", "web"}));
    EXPECT_EQ(config.address, (Address{"0.0.0.0", 4141}));
    EXPECT_EQ(config.timing.leaseDuration, std::chrono::seconds(12));
    EXPECT_EQ(config.timing.renewDeadline, std::chrono::seconds(6));
    EXPECT_EQ(config.timing.retryPeriod, std::chrono::seconds(3));
}

TEST(OldNamesTest, AreWarnedOfOnce) {
    EXPECT_THAT(configOf({"--election=a", "--election=web", "-http", ":1", "--ttl=8s"}).warnings,
                ElementsAre("--election is an old name: write --lease-name",
                            "-http is an old name: write --addr",
                            "--ttl is an old name: write --lease-duration=8s "
                            "--lease-renew-duration=4s --retry-period=2s"));
    EXPECT_EQ(configOf({"--election=a", "--election=web"}).lease.name, "web");
}

TEST(OldNamesTest, AreFlagsAndSoWinOverTheEnvironment) {
    const Environment environment{{"LEASE_NAME", "env"},
                                  {"NAMESPACE", "env"},
                                  {"ADDR", ":1"},
                                  {"LEASE_DURATION", "60s"},
                                  {"LEASE_RENEW_DURATION", "50s"},
                                  {"RETRY_PERIOD", "10s"}};
    const Config config = configOf(
        {"--election=web", "--election-namespace=shop", "--http=:4141", "--ttl=8s"}, environment);
    EXPECT_EQ(config.lease, (election::LeaseKey{"shop", "web"}));
    EXPECT_EQ(config.address, (Address{"", 4141}));
    EXPECT_EQ(config.timing.leaseDuration, std::chrono::seconds(8));
    EXPECT_EQ(config.timing.renewDeadline, std::chrono::seconds(4));
    EXPECT_EQ(config.timing.retryPeriod, std::chrono::seconds(2));
}

TEST(OldNamesTest, YieldToTheFlagsThatTheyOnlyImply) {
    const Config config =
        configOf({"--election=web", "--ttl=8s", "--lease-renew-duration=6s", "--retry-period=1s"});
    EXPECT_EQ(config.timing.leaseDuration, std::chrono::seconds(8));
    EXPECT_EQ(config.timing.renewDeadline, std::chrono::seconds(6));
    EXPECT_EQ(config.timing.retryPeriod, std::chrono::seconds(1));
}

TEST(OldNamesTest, AreRefusedBesideTheNewOnes) {
    EXPECT_EQ(refusalOf(withLease({"--election=web"})),
              "--election and --lease-name say the same and cannot both be given: keep "
              "--lease-name alone");
    EXPECT_THAT(refusalOf(withLease({"-n=a", "--election-namespace=b"})),
                HasSubstr("--election-namespace and -n say the same"));
    EXPECT_THAT(refusalOf(withLease({"--addr=:1", "--http=:2"})),
                HasSubstr("--http and --addr say the same"));
    EXPECT_THAT(refusalOf(withLease({"--ttl=8s", "--lease-duration=8s"})),
                HasSubstr("--ttl and --lease-duration say the same"));
    EXPECT_EQ(refusalOf(withLease({"--ttl=8s"}), {{"LEASE_DURATION", "8s"}}), "");
}

TEST(OldNamesTest, AreNamedAsWrittenWhereTheirValueIsWrong) {
    EXPECT_THAT(refusalOf({"--election=Web"}), HasSubstr("--election \"Web\" is refused: "));
}

}  // namespace
}  // namespace elector::config
