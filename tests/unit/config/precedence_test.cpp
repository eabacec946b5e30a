#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "invocation_support.h"

namespace elector::config {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

TEST(DefaultsTest, AreThoseOfTheReference) {
    const Config config = configOf({"--lease-name=web"});
    EXPECT_EQ(config.lease, (election::LeaseKey{"default", "web"}));
    EXPECT_EQ(config.id, "box_0a1b2c3d");
    EXPECT_EQ(config.timing.leaseDuration, seconds(10));
    EXPECT_EQ(config.timing.renewDeadline, seconds(5));
    EXPECT_EQ(config.timing.retryPeriod, seconds(2));
    EXPECT_EQ(config.address, (Address{"", 4040}));
    EXPECT_EQ(config.kubeconfig, "");
    EXPECT_FALSE(config.folder);
    EXPECT_EQ(config.onShutdown, OnShutdown::Release);
    EXPECT_EQ(config.onMissing, OnMissing::Create);
    EXPECT_EQ(config.drain, seconds(0));
    EXPECT_EQ(config.timing.pollTolerance, seconds(0));
    EXPECT_EQ(config.ready, ReadyWhen::Synced);
    EXPECT_EQ(config.podUid, "");
    EXPECT_EQ(config.logLevel, runtime::LogLevel::Info);
    EXPECT_EQ(config.logFormat, runtime::LogFormat::Json);
    EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(PodLeaseTest, AnElectorFollowsOnlyWhereItsPodSaysSo) {
    struct Case {
        const char* what;
        Arguments more;
        Environment environment;
        const char* reason;  // a part of it; "" where the elector campaigns
    };
    for (const auto& [what, more, environment, reason] : std::vector<Case>{
             {"no injected one", {}, {}, ""},
             {"an injected one", {}, {{"POD_LEASE", "web"}}, ""},
             {"by a flag", {"--pod-lease=web"}, {{"POD_LEASE", "other"}}, ""},
             {"a copy", {}, {{"POD_LEASE", ""}}, "leader-elector.io/lease-name is missing"},
             {"annotated anew", {}, {{"POD_LEASE", "other"}}, R"(lease-name says "other")"},
             {"a flag of another", {"--pod-lease=other"}, {{"POD_LEASE", "web"}}, "says"}}) {
        const std::string told = configOf(withLease(more), environment).followsOnly;
        EXPECT_EQ(told.empty(), std::string(reason).empty()) << what << ": " << told;
        EXPECT_THAT(told, testing::HasSubstr(reason)) << what;
    }
}

// A setting with two values that are allowed and how to see which one was taken.
struct Row {
    std::string flag;
    std::string variable;
    std::string first;
    std::string second;
    std::function<std::string(const Config&)> seen;  // answers in the words of the value
};

std::string nanoseconds(election::Duration duration) {
    return std::to_string(duration.count()) + "ns";
}

const std::vector<Row>& rows() {
    static const std::vector<Row> kRows{
        {"id", "POD_NAME", "web-0", "web-1", [](const Config& c) { return c.id; }},
        {"lease-name", "LEASE_NAME", "a", "b.c", [](const Config& c) { return c.lease.name; }},
        {"namespace", "NAMESPACE", "shop", "mall", [](const Config& c) { return c.lease.space; }},
        {"lease-duration", "LEASE_DURATION", "20000000000ns", "30000000000ns",
         [](const Config& c) { return nanoseconds(c.timing.leaseDuration); }},
        {"lease-renew-duration", "LEASE_RENEW_DURATION", "6000000000ns", "7000000000ns",
         [](const Config& c) { return nanoseconds(c.timing.renewDeadline); }},
        {"retry-period", "RETRY_PERIOD", "500000000ns", "700000000ns",
         [](const Config& c) { return nanoseconds(c.timing.retryPeriod); }},
        {"addr", "ADDR", "localhost:1", "[::1]:2",
         [](const Config& c) { return c.address.text(); }},
        {"allowed-host", "ALLOWED_HOST", "web.shop.svc", "a,b.example",
         [](const Config& c) { return fmt::format("{}", fmt::join(c.allowedHosts, ",")); }},
        {"kubeconfig", "KUBECONFIG", "/a:/b", "/c", [](const Config& c) { return c.kubeconfig; }},
        {"store", "STORE", "kubernetes", "file:/x",
         [](const Config& c) { return c.folder ? "file:" + *c.folder : "kubernetes"; }},
        {"on-shutdown", "ON_SHUTDOWN", "release", "expire",
         [](const Config& c) {
             return c.onShutdown == OnShutdown::Release ? "release" : "expire";
         }},
        {"on-missing", "ON_MISSING", "create", "wait",
         [](const Config& c) { return c.onMissing == OnMissing::Create ? "create" : "wait"; }},
        {"drain", "DRAIN", "1ns", "3600000000000ns",
         [](const Config& c) { return nanoseconds(c.drain); }},
        {"poll-tolerance", "POLL_TOLERANCE", "1ns", "4000000000ns",
         [](const Config& c) { return nanoseconds(c.timing.pollTolerance); }},
        {"admin", "ADMIN", "on", "off",
         [](const Config& c) { return c.takesNoOrders.empty() ? "on" : "off"; }},
        {"ready", "READY", "synced", "leader",
         [](const Config& c) { return c.ready == ReadyWhen::Synced ? "synced" : "leader"; }},
        {"pod-uid", "POD_UID", "0a-B9", "f00d", [](const Config& c) { return c.podUid; }},
        {"log-level", "LOG_LEVEL", "error", "debug",
         [](const Config& c) {
             return c.logLevel == runtime::LogLevel::Error ? "error" : "debug";
         }},
        {"log-format", "LOG_FORMAT", "text", "json",
         [](const Config& c) { return c.logFormat == runtime::LogFormat::Text ? "text" : "json"; }},
    };
    return kRows;
}

TEST(HealthFlagsTest, TakeOneWayToFindOut) {
    EXPECT_FALSE(configOf(withLease({"--health=none", "--degraded-after=1m"})).health);
    const HealthCheck url = *configOf(withLease({"--health-url=http://[::1]:80/a?b=c"})).health;
    EXPECT_EQ(std::get<kubernetes::Endpoint>(url.by).text(), "http://[::1]:80/a?b=c");
    EXPECT_EQ(url.period, seconds(2));
    EXPECT_EQ(url.timeout, seconds(1));
    EXPECT_EQ(url.failures, 3);
    EXPECT_EQ(url.successes, 1);
    EXPECT_EQ(url.degradedAfter, std::chrono::minutes(5));
    const HealthCheck file = *configOf(withLease({"--health-file=/run/alive", "--health-max-age=3s",
                                                  "--health-period=500ms", "--health-failures=1",
                                                  "--health-successes=100", "--degraded-after=0s"}))
                                  .health;
    EXPECT_EQ(std::get<HealthCheck::File>(file.by).path, "/run/alive");
    EXPECT_EQ(std::get<HealthCheck::File>(file.by).maxAge, seconds(3));
    EXPECT_EQ(file.timeout, std::chrono::milliseconds(250));
    EXPECT_EQ(file.failures, 1);
    EXPECT_EQ(file.successes, 100);
    EXPECT_EQ(file.degradedAfter, seconds(0));
    const HealthCheck asked = *configOf({}, {{"LEASE_NAME", "web"},
                                             {"HEALTH", "asked"},
                                             {"ASKED_WITHIN", "7s"},
                                             {"HEALTH_TIMEOUT", "2s"}})
                                   .health;
    EXPECT_EQ(std::get<HealthCheck::Asked>(asked.by).within, seconds(7));
    EXPECT_EQ(asked.timeout, seconds(2));
    const HealthCheck bare = *configOf(withLease({"--health-url=http://localhost"})).health;
    EXPECT_EQ(std::get<kubernetes::Endpoint>(bare.by).text(), "http://localhost:80/");
}

TEST(OnChangeFlagsTest, TellThisMachineAndAnotherOnlyWhereThatIsSaid) {
    EXPECT_FALSE(configOf(withLease({"--on-change-remote=true"})).onChange);
    EXPECT_EQ(configOf({}, {{"LEASE_NAME", "web"}, {"ON_CHANGE_URL", "https://[::1]:1/a?b=c"}})
                  .onChange->text(),
              "https://[::1]:1/a?b=c");
    const std::string remote = "--on-change-url=http://hooks.example:8080/";
    EXPECT_EQ(configOf(withLease({remote, "--on-change-remote=true"})).onChange->text(),
              "http://hooks.example:8080/");
}

TEST(PrecedenceTest, TakesAFlag) {
    for (const Row& row : rows()) {
        for (const std::string& value : {row.first, row.second}) {
            const Config config = configOf(withLease({"--" + row.flag + "=" + value}));
            EXPECT_EQ(row.seen(config), value) << row.flag;
        }
    }
}

TEST(PrecedenceTest, TakesAVariable) {
    for (const Row& row : rows()) {
        for (const std::string& value : {row.first, row.second}) {
            Environment environment{{"LEASE_NAME", "web"}};
            environment[row.variable] = value;
            EXPECT_EQ(row.seen(configOf({}, environment)), value) << row.variable;
        }
    }
}

TEST(PrecedenceTest, LetsAFlagWinOverItsVariable) {
    for (const Row& row : rows()) {
        const Arguments arguments = withLease({"--" + row.flag + "=" + row.second});
        EXPECT_EQ(row.seen(configOf(arguments, {{row.variable, row.first}})), row.second)
            << row.flag;
    }
}

TEST(PrecedenceTest, TakesTheLastOfARepeatedFlag) {
    for (const Row& row : rows()) {
        const Arguments arguments =
            withLease({"--" + row.flag + "=" + row.first, "--" + row.flag + "=" + row.second});
        EXPECT_EQ(row.seen(configOf(arguments)), row.second) << row.flag;
    }
}

TEST(PrecedenceTest, TakesAnEmptyVariableAsNotSet) {
    for (const Row& row : rows()) {
        const Arguments arguments{"--lease-name=web"};
        EXPECT_EQ(row.seen(configOf(arguments, {{row.variable, ""}})),
                  row.seen(configOf(arguments)))
            << row.variable;
    }
}

TEST(PrecedenceTest, HidesAWrongVariableBehindAFlag) {
    EXPECT_EQ(configOf(withLease({"--drain=1s"}), {{"DRAIN", "soon"}}).drain, seconds(1));
}

TEST(PrecedenceTest, TakesAnEmptyKubeconfigFlagAsInClusterWhateverTheEnvironmentSays) {
    EXPECT_EQ(configOf(withLease({"--kubeconfig="}), {{"KUBECONFIG", "/a"}}).kubeconfig, "");
}

TEST(FactsTest, GiveTheNamespaceOfTheServiceAccount) {
    Facts facts = plainFacts();
    facts.serviceAccountNamespace = "shop\n";
    EXPECT_EQ(configOf({"--lease-name=web"}, {}, facts).lease.space, "shop");
    EXPECT_EQ(configOf({"--lease-name=web"}, {{"NAMESPACE", "mall"}}, facts).lease.space, "mall");
    facts.serviceAccountNamespace = " \n";
    EXPECT_EQ(configOf({"--lease-name=web"}, {}, facts).lease.space, "default");
}

TEST(FactsTest, AreRefusedLikeFlags) {
    Facts facts = plainFacts();
    facts.serviceAccountNamespace = "No Namespace";
    const std::string refusal = refusalOf({"--lease-name=web"}, {}, facts);
    EXPECT_NE(refusal.find("\"No Namespace\""), std::string::npos) << refusal;
    EXPECT_EQ(refusalOf({"--lease-name=web", "-n", "shop"}, {}, facts), "");

    facts = plainFacts();
    facts.hostName = "a box";
    EXPECT_NE(refusalOf({"--lease-name=web"}, {}, facts).find("--id \"a box_0a1b2c3d\""),
              std::string::npos);
    EXPECT_EQ(refusalOf({"--lease-name=web", "--id=x"}, {}, facts), "");
}

TEST(FactsTest, SayWhetherTheLoopbackIsThePodsOwn) {
    const std::string longName(70, 'w');
    const auto takesOrders = [](const std::string& host, const std::string& pod,
                                const std::string& admin = "auto") {
        Facts facts = plainFacts();
        facts.hostName = host;
        return configOf({"--lease-name=web", "--admin=" + admin},
                        {{"POD_UID", "u-1"}, {"POD_NAME", pod}}, facts)
            .takesNoOrders.empty();
    };
    EXPECT_TRUE(takesOrders("web-0", "web-0"));
    EXPECT_TRUE(takesOrders("web-0.web.shop.svc", "web-0")) << "setHostnameAsFQDN";
    EXPECT_TRUE(takesOrders(std::string(63, 'w'), longName)) << "cut off";
    EXPECT_FALSE(takesOrders("node-1", "web-0")) << "hostNetwork";
    EXPECT_FALSE(takesOrders("web", "web-0"));
    EXPECT_FALSE(takesOrders("w", longName));
    EXPECT_TRUE(takesOrders("node-1", "web-0", "on"));
    EXPECT_FALSE(takesOrders("web-0", "web-0", "off"));
    EXPECT_TRUE(configOf({"--lease-name=web"}).takesNoOrders.empty()) << "no Pod";
}

TEST(FactsTest, GiveThePodUidOfTheToken) {
    Facts facts = plainFacts();
    // {"kubernetes.io":{"pod":{"uid":"u-1"}}}
    facts.serviceAccountToken = "e30.eyJrdWJlcm5ldGVzLmlvIjp7InBvZCI6eyJ1aWQiOiJ1LTEifX19.sig";
    EXPECT_EQ(configOf({"--lease-name=web"}, {}, facts).podUid, "u-1");
    EXPECT_EQ(configOf({"--lease-name=web"}, {{"POD_UID", "u-2"}}, facts).podUid, "u-2");
}

TEST(FactsTest, ChooseTextForATerminalOnly) {
    Facts facts = plainFacts();
    facts.logsToTerminal = true;
    EXPECT_EQ(configOf({"--lease-name=web"}, {}, facts).logFormat, runtime::LogFormat::Text);
    EXPECT_EQ(configOf({"--lease-name=web"}, {{"LOG_FORMAT", "json"}}, facts).logFormat,
              runtime::LogFormat::Json);
}

// ----------------------------------------------------------------------------- as other electors

TEST(OtherElectorsTest, TheVariablesOfNaisCountWhereOursAreNotSet) {
    const Environment nais{
        {"ELECTOR_ELECTION", "web"},          {"ELECTOR_ELECTION_NAMESPACE", "shop"},
        {"ELECTOR_HTTP", "localhost:4040"},   {"ELECTOR_PROBE_ADDRESS", "0.0.0.0:4041"},
        {"ELECTOR_METRICS_ADDRESS", ":4042"}, {"ELECTOR_LOG_FORMAT", "text"},
        {"ELECTOR_LOG_LEVEL", "debug"},       {"ELECTOR_PATH", "localhost:4040"}};  // the program's
    const Config config = configOf({}, nais);
    EXPECT_EQ(config.lease, (election::LeaseKey{"shop", "web"}));
    EXPECT_EQ(config.address, (Address{"localhost", 4040}));
    EXPECT_THAT(config.otherAddresses,
                testing::ElementsAre(Address{"0.0.0.0", 4041}, Address{"", 4042}));
    EXPECT_EQ(config.logFormat, runtime::LogFormat::Text);
    EXPECT_EQ(config.logLevel, runtime::LogLevel::Debug);
    EXPECT_EQ(config.id, "box") << "the host's name, which programs compare with their own";
    EXPECT_FALSE(config.tellsNamesOnly);

    Environment both = nais;
    both["LEASE_NAME"] = "own";
    both["ADDR"] = ":1";
    EXPECT_EQ(configOf({}, both).lease.name, "own");
    EXPECT_EQ(configOf({}, both).id, "box_0a1b2c3d");
    EXPECT_EQ(configOf({"--addr=:2"}, both).address, (Address{"", 2}));
}

TEST(OtherElectorsTest, TheFlagsThatNaiseratorGivesDoAsTheyStand) {
    const Config config = configOf({"--election=web", "--election-namespace=shop",
                                    "--http=localhost:4040", "--probe-address=0.0.0.0:4041"},
                                   {{"ELECTOR_LOG_FORMAT", "json"}});
    EXPECT_EQ(config.id, "box");
    EXPECT_FALSE(config.tellsNamesOnly);
    EXPECT_EQ(config.otherAddresses.size(), 1U);
    EXPECT_EQ(configOf({"--election=web"}, {{"POD_NAME", "web-0"}}).id, "web-0");
}

TEST(OtherElectorsTest, AnAddressIsServedOnce) {
    EXPECT_THAT(configOf(withLease({"--addr=:1", "--probe-address=:1", "--metrics-address=:1"}))
                    .otherAddresses,
                IsEmpty());
    EXPECT_THAT(configOf(withLease({"--probe-address=:2", "--metrics-address=:2"})).otherAddresses,
                testing::ElementsAre(Address{"", 2}));
    EXPECT_THAT(configOf(withLease({"--probe-address=0", "--metrics-address="})).otherAddresses,
                IsEmpty());
    EXPECT_NE(refusalOf(withLease({"--probe-address=web:1"})), "");
}

TEST(OtherElectorsTest, OnlyContribsFlagsMakeItTellNamesOnly) {
    struct Case {
        Arguments arguments;
        bool tellsNamesOnly;
    };
    for (const auto& [arguments, tellsNamesOnly] : std::vector<Case>{
             {{"--election=web", "--http=0.0.0.0:4040"}, true},
             {{"--election=web", "--election-namespace=shop", "--ttl=12s"}, true},
             {{"--election=web", "--election-namespace=shop", "--use-cluster-credentials"}, true},
             {{"--election=web", "--election-namespace=shop"}, false},
             {{"--election=web", "--probe-address=:1"}, false},
             {{"--election=web", "--use-cluster-credentials", "--metrics-address=:1"}, false},
             {{"--lease-name=web", "--ttl=12s"}, false}}) {
        EXPECT_EQ(configOf(arguments).tellsNamesOnly, tellsNamesOnly)
            << testing::PrintToString(arguments);
    }
}

TEST(OtherElectorsTest, ClusterCredentialsAreTakenWithOneWarning) {
    for (const std::string flag : {"--use-cluster-credentials", "--use-cluster-credentials=true"}) {
        EXPECT_THAT(configOf(withLease({flag})).warnings,
                    testing::ElementsAre(testing::HasSubstr("--use-cluster-credentials is")));
    }
}

TEST(TimingDefaultsTest, DeriveTheRetryPeriodFromTheRenewDeadline) {
    EXPECT_EQ(configOf(withLease({"--lease-renew-duration=2500ms"})).timing.retryPeriod,
              seconds(1));
    EXPECT_EQ(configOf(withLease({"--lease-duration=1m0s", "--lease-renew-duration=40s"}))
                  .timing.retryPeriod,
              seconds(2));
}

TEST(TimingDefaultsTest, TakeGoDurations) {
    const Config config =
        configOf(withLease({"--lease-duration=1m30s", "--lease-renew-duration=1.25m"}));
    EXPECT_EQ(config.timing.leaseDuration, seconds(90));
    EXPECT_EQ(config.timing.renewDeadline, seconds(75));
}

}  // namespace
}  // namespace elector::config
