#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "invocation_support.h"

namespace elector::config {
namespace {

using testing::HasSubstr;

TEST(SyntaxTest, TakesEveryFormOfGosFlags) {
    const std::vector<Arguments> forms{
        {"--lease-name=web", "--namespace=shop"},  {"--lease-name", "web", "--namespace", "shop"},
        {"-lease-name=web", "-namespace=shop"},    {"-lease-name", "web", "-namespace", "shop"},
        {"--lease-name=web", "-n", "shop"},        {"--lease-name=web", "-n=shop"},
        {"run", "--lease-name=web", "-n", "shop"}, {"--lease-name=web", "-n", "shop", "--"},
    };
    for (const Arguments& form : forms) {
        EXPECT_EQ(configOf(form).lease, (election::LeaseKey{"shop", "web"}))
            << testing::PrintToString(form);
    }
}

TEST(SyntaxTest, KeepsAnEqualsSignWithinAValue) {
    EXPECT_EQ(configOf(withLease({"--id=a=b"})).id, "a=b");
    EXPECT_EQ(configOf(withLease({"--kubeconfig", "x=y"})).kubeconfig, "x=y");
}

TEST(SyntaxTest, TakesAValueThatBeginsWithADash) {
    EXPECT_EQ(configOf(withLease({"--id", "-x"})).id, "-x");
    EXPECT_THAT(refusalOf(withLease({"--drain", "-1s"})), HasSubstr("--drain \"-1s\""));
}

struct Refused {
    Arguments arguments;
    std::string sentence;  // a part of it
};

TEST(SyntaxTest, RefusesWhatIsNoFlagOfOurs) {
    const std::vector<Refused> cases{
        {{"--bogus"}, "unknown flag --bogus: --help lists"},
        {{"--bogus=1"}, "unknown flag --bogus: "},
        {{"-bogus"}, "unknown flag -bogus: "},
        {{"---lease-name=web"}, "unknown flag ---lease-name"},
        {{"--=x"}, "unknown flag --: "},
        {{"--n=shop"}, "unknown flag --n: "},
        {{"--h"}, "unknown flag --h"},
        {{"-nshop"}, "unknown flag -nshop"},
        {{"--output=json"}, "unknown flag --output"},  // of another command
        {{"status", "--lease-name=web"}, "unknown flag --lease-name"},
        {{"probe", "live", "--output=json"}, "unknown flag --output"},
        {{"--a\nb"}, R"(unknown flag --a\nb)"},
    };
    for (const Refused& refused : cases) {
        EXPECT_THAT(refusalOf(refused.arguments), HasSubstr(refused.sentence));
    }
}

TEST(SyntaxTest, SuggestsTheFlagThatWasMeant) {
    const std::vector<Refused> cases{
        {{"--lease-nam=web"}, "--lease-nam (did you mean --lease-name?)"},
        {{"--leasename=web"}, "(did you mean --lease-name?)"},
        {{"--lease_name=web"}, "(did you mean --lease-name?)"},
        {{"--lease-names=web"}, "(did you mean --lease-name?)"},
        {{"--lease-durration=5s"}, "(did you mean --lease-duration?)"},
        {{"--namspace=x"}, "(did you mean --namespace?)"},
        {{"--adr=:1"}, "(did you mean --addr?)"},
        {{"--halp"}, "(did you mean --help?)"},
        {{"--electoin=web"}, "(did you mean --election?)"},
        {{"status", "--outptu=json"}, "(did you mean --output?)"},
    };
    for (const Refused& refused : cases) {
        EXPECT_THAT(refusalOf(refused.arguments), HasSubstr(refused.sentence));
    }
}

TEST(SyntaxTest, SuggestsNothingThatIsFarAway) {
    for (const std::string flag : {"--x", "--port=1", "--leader-elect", "--id2name"}) {
        EXPECT_THAT(refusalOf({flag}), testing::Not(HasSubstr("did you mean"))) << flag;
    }
    EXPECT_THAT(refusalOf({"--" + std::string(100'000, 'x')}),
                testing::Not(HasSubstr("did you mean")));
}

TEST(SyntaxTest, RefusesAFlagWithoutItsValue) {
    EXPECT_EQ(refusalOf({"--lease-name"}), "--lease-name needs a value: write --lease-name=NAME");
    EXPECT_EQ(refusalOf({"--lease-name=web", "-n"}), "-n needs a value: write -n=NAME");
}

TEST(SyntaxTest, RefusesArgumentsThatBelongToNothing) {
    const std::vector<Refused> cases{
        {withLease({"web"}), "unexpected argument \"web\": "},
        {withLease({""}), "unexpected argument \"\": "},
        {withLease({"-"}), "unexpected argument \"-\": "},
        {withLease({"--", "--id=x"}), "unexpected argument \"--id=x\": "},
        {withLease({"status"}), "a command stands first, as in leader-elector status"},
        {{"status", "now"}, "unexpected argument \"now\": "},
        {{"probe", "live", "ready"}, "unexpected argument \"ready\": "},
    };
    for (const Refused& refused : cases) {
        EXPECT_THAT(refusalOf(refused.arguments), HasSubstr(refused.sentence));
    }
}

TEST(SyntaxTest, RefusesUnknownCommands) {
    EXPECT_EQ(refusalOf({"stauts"}),
              "unknown command \"stauts\" (did you mean status?): allowed are run, status, probe, "
              "exec, copy-to, step-down, hand-over");
    EXPECT_EQ(
        refusalOf({"elect"}),
        "unknown command \"elect\": allowed are run, status, probe, exec, copy-to, step-down, "
        "hand-over");
    EXPECT_THAT(refusalOf({""}), HasSubstr("unknown command \"\": "));
}

TEST(CommandTest, AnswersHelpAndVersionWithoutAConfiguration) {
    for (const Arguments& arguments : std::vector<Arguments>{{"--help"},
                                                             {"-h"},
                                                             {"-help"},
                                                             {"run", "--help"},
                                                             {"status", "--help"},
                                                             {"probe", "-h"},
                                                             {"--drain=x", "--help"},
                                                             {"--version", "--help"}}) {
        EXPECT_TRUE(std::holds_alternative<HelpRequest>(
            parseInvocation(arguments, {{"DRAIN", "x"}}, plainFacts())))
            << testing::PrintToString(arguments);
    }
    for (const Arguments& arguments :
         std::vector<Arguments>{{"--version"}, {"-version"}, {"status", "--version"}}) {
        EXPECT_TRUE(
            std::holds_alternative<VersionRequest>(parseInvocation(arguments, {}, plainFacts())))
            << testing::PrintToString(arguments);
    }
    EXPECT_EQ(refusalOf({"--help=yes"}), "--help \"yes\" is refused: it takes no value");
    EXPECT_EQ(refusalOf({"--version=2"}), "--version \"2\" is refused: it takes no value");
}

TEST(CommandTest, DoesNotTakeAValueForAQuestion) {
    EXPECT_EQ(configOf(withLease({"--id", "--help"})).id, "--help");
    EXPECT_THAT(refusalOf({"--", "--help"}), HasSubstr("unexpected argument \"--help\""));
}

StatusRequest statusOf(const Arguments& arguments, const Environment& environment = {}) {
    return std::get<StatusRequest>(parseInvocation(arguments, environment, plainFacts()));
}

ProbeRequest probeOf(const Arguments& arguments, const Environment& environment = {}) {
    return std::get<ProbeRequest>(parseInvocation(arguments, environment, plainFacts()));
}

TEST(StatusCommandTest, AsksTheElectorOfThisMachineByDefault) {
    const StatusRequest request = statusOf({"status"});
    EXPECT_EQ(request.address, (Address{"localhost", 4040}));
    EXPECT_EQ(request.output, Output::Human);
    EXPECT_EQ(request.timeout, std::chrono::seconds(2));
}

TEST(StatusCommandTest, TakesItsFlags) {
    const StatusRequest request =
        statusOf({"status", "--addr=[::1]:5", "--output", "json", "--timeout=300ms"});
    EXPECT_EQ(request.address, (Address{"::1", 5}));
    EXPECT_EQ(request.output, Output::Json);
    EXPECT_EQ(request.timeout, std::chrono::milliseconds(300));
    EXPECT_EQ(statusOf({"status", "--output=human"}).output, Output::Human);
}

TEST(StatusCommandTest, UnderstandsTheAddressThatTheElectorListensOn) {
    for (const std::string address : {":4141", "0.0.0.0:4141", "[::]:4141", "localhost:4141"}) {
        EXPECT_EQ(statusOf({"status"}, {{"ADDR", address}}).address, (Address{"localhost", 4141}));
        EXPECT_EQ(probeOf({"probe", "live"}, {{"ADDR", address}}).address,
                  (Address{"localhost", 4141}));
    }
    EXPECT_EQ(statusOf({"status", "--addr=10.0.0.1:1"}, {{"ADDR", ":2"}}).address,
              (Address{"10.0.0.1", 1}));
}

TEST(StatusCommandTest, RefusesWrongFlagsWithASentence) {
    const std::vector<Refused> cases{
        {{"status", "--output=yaml"}, "--output \"yaml\" is refused: allowed are human and json"},
        {{"status", "--addr=4040"}, "--addr \"4040\" is refused: allowed are :PORT"},
        {{"status", "--addr=:0"}, "--addr \":0\" is refused: nobody can be asked at port 0"},
        {{"status", "--timeout=0s"}, "--timeout \"0s\" is refused: allowed is a duration from 1ms"},
        {{"status", "--timeout=-1s"}, "--timeout \"-1s\" is refused: "},
        {{"status", "--timeout=61m"}, "--timeout \"61m\" is refused: "},
        {{"status", "--timeout=2"}, "--timeout \"2\" is refused: write a duration"},
        {{"probe"}, "allowed are probe live and probe ready"},
        {{"probe", "alive"}, "probe \"alive\" is refused: allowed are live and ready"},
        {{"probe", "live", "--timeout=x"}, "--timeout \"x\" is refused: "},
        {{"step-down", "now"}, "unexpected argument \"now\": "},
        {{"step-down", "--token=x"}, "--token \"x\" is refused: a fencing token is a decimal"},
        {{"step-down", "--back-off=61m"}, "--back-off \"61m\" is refused: "},
        {{"step-down", "--to="}, "--to \"\" is refused: an id has 1 to 253 "},
        {{"hand-over", "--lease=web"}, "--to is missing: write --to=web-2"},
        {{"hand-over", "--to=web-2"}, "--lease is missing: write --lease=web"},
        {{"hand-over", "--lease=web", "--to=a b"}, "--to \"a b\" is refused: an id has 1 to 253 "},
        {{"hand-over", "--lease=web", "--to=a", "b"}, "unexpected argument \"b\": "},
    };
    for (const Refused& refused : cases) {
        EXPECT_THAT(refusalOf(refused.arguments), HasSubstr(refused.sentence));
    }
}

TEST(StepDownCommandTest, TakesItsFlags) {
    const auto request = std::get<StepDownRequest>(
        parseInvocation({"step-down", "--token=17", "--back-off=30s", "--to=web-2"},
                        {{"ADDR", ":4141"}}, plainFacts()));
    EXPECT_EQ(request.address, (Address{"localhost", 4141}));
    EXPECT_EQ(request.token, "17");
    EXPECT_EQ(request.backOff, "30s");
    EXPECT_EQ(request.to, "web-2");
    EXPECT_EQ(request.timeout, std::chrono::seconds(2));
}

TEST(HandOverCommandTest, TakesItsFlags) {
    const auto request = std::get<HandOverRequest>(
        parseInvocation({"hand-over", "--lease=web", "--to", "web-2", "-n", "shop", "--wait",
                         "--timeout=30s", "--kubeconfig=/k"},
                        {}, plainFacts()));
    EXPECT_EQ(request.lease, (election::LeaseKey{"shop", "web"}));
    EXPECT_EQ(request.to, "web-2");
    EXPECT_EQ(request.kubeconfig, "/k");
    EXPECT_FALSE(request.folder);
    EXPECT_EQ(request.timeout, std::chrono::seconds(30));
    EXPECT_TRUE(request.waits);

    const auto fromPod = std::get<HandOverRequest>(
        parseInvocation({"hand-over", "--to=web-2", "--store=file:/tmp/l"},
                        {{"LEASE_NAME", "web"}, {"NAMESPACE", "bank"}}, plainFacts()));
    EXPECT_EQ(fromPod.lease, (election::LeaseKey{"bank", "web"}));
    EXPECT_EQ(fromPod.folder, "/tmp/l");
    EXPECT_FALSE(fromPod.waits);
}

TEST(ProbeCommandTest, KnowsWhatToAsk) {
    EXPECT_EQ(probeOf({"probe", "live"}).probe, Probe::Live);
    EXPECT_EQ(probeOf({"probe", "ready"}).probe, Probe::Ready);
    EXPECT_EQ(probeOf({"probe", "--timeout=1s", "ready"}).probe, Probe::Ready);
}

TEST(ProbeCommandTest, AnswersBeforeAKubeletStopsWaiting) {
    EXPECT_LT(probeOf({"probe", "live"}).timeout, std::chrono::seconds(1));
    EXPECT_EQ(probeOf({"probe", "live"}).address, (Address{"localhost", 4040}));
}

TEST(SyntaxTest, TakesLevelsAndFormatsInAnyCase) {
    const Config config =
        configOf({}, {{"LEASE_NAME", "web"}, {"LOG_LEVEL", "Warn"}, {"LOG_FORMAT", "TEXT"}});
    EXPECT_EQ(config.logLevel, runtime::LogLevel::Warn);
    EXPECT_EQ(config.logFormat, runtime::LogFormat::Text);
}

TEST(SyntaxTest, SaysThatAProxyIsNotUsed) {
    const auto warned = [](const Arguments& more, const Environment& environment) {
        return configOf(withLease(more), environment).warnings.size();
    };
    EXPECT_EQ(warned({}, {{"HTTPS_PROXY", "http://p:3128"}}), 1U);
    EXPECT_EQ(warned({}, {{"https_proxy", "http://p:3128"}}), 1U);
    EXPECT_EQ(warned({}, {{"HTTPS_PROXY", "x"}, {"https_proxy", "x"}}), 1U);
    EXPECT_EQ(warned({}, {{"HTTPS_PROXY", ""}, {"HTTP_PROXY", "x"}}), 0U);
    EXPECT_EQ(warned({"--store=file:/x"}, {{"HTTPS_PROXY", "x"}}), 0U);
}

}  // namespace
}  // namespace elector::config
