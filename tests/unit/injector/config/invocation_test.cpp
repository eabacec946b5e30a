#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elector/version.h"
#include "tests/unit/injector/config/invocation_support.h"

namespace injector::config {
namespace {

using elector::config::Address;
using elector::config::Output;
using elector::runtime::LogFormat;
using elector::runtime::LogLevel;

const std::string kDefaultImage = std::string("leader-elector:") + elector::kVersion;

TEST(InvocationTest, AWebhookHasTheseDefaults) {
    const auto config = parsed<WebhookConfig>(webhookWith({}));
    EXPECT_EQ(config.address, (Address{"", 8443}));
    EXPECT_EQ(config.healthAddress, (Address{"", 8081}));
    EXPECT_EQ(config.certificate, "/run/c.pem");
    EXPECT_EQ(config.key, "/run/c.pem");
    EXPECT_EQ(config.shutdownDelay, std::chrono::seconds(10));
    EXPECT_EQ(config.defaults.releaseNamespace, "system");
    EXPECT_EQ(config.defaults.values["image"], kDefaultImage);
    EXPECT_EQ(config.defaults.values["image-pull-policy"], "");
    EXPECT_EQ(config.defaults.values["cpu-request"], "50m");
    EXPECT_EQ(config.defaults.values["cpu-limit"], "50m");
    EXPECT_EQ(config.defaults.values["memory-request"], "32Mi");
    EXPECT_EQ(config.defaults.values["memory-limit"], "32Mi");
    EXPECT_EQ(config.defaults.values["lease-duration"], "");
    EXPECT_EQ(config.defaults.values["lease-renew-duration"], "");
    EXPECT_EQ(config.defaults.values["retry-period"], "");
    EXPECT_EQ(config.defaults.values["log-level"], "");
    EXPECT_EQ(config.defaults.values["mode"], "sidecar");
    EXPECT_EQ(config.logging.level, LogLevel::Info);
    EXPECT_EQ(config.logging.format, LogFormat::Json);
}

TEST(InvocationTest, AWebhookTakesEachOfItsFlags) {
    const auto config = parsed<WebhookConfig>({"webhook",
                                               "--addr=127.0.0.1:1",
                                               "--health-addr=[::1]:2",
                                               "--certificate=/c.pem",
                                               "--key=/k.pem",
                                               "--shutdown-delay=1m",
                                               "--image=r.example/e:1",
                                               "--image-pull-policy=Always",
                                               "--cpu-request=5m",
                                               "--cpu-limit=",
                                               "--memory-request=16Mi",
                                               "--memory-limit=64Mi",
                                               "--lease-duration=20s",
                                               "--lease-renew-duration=15s",
                                               "--retry-period=3s",
                                               "--sidecar-log-level=warn",
                                               "--mode=container",
                                               "--log-level=debug",
                                               "--log-format=text",
                                               "-n",
                                               "own"});
    EXPECT_EQ(config.address, (Address{"127.0.0.1", 1}));
    EXPECT_EQ(config.healthAddress, (Address{"::1", 2}));
    EXPECT_EQ(config.certificate, "/c.pem");
    EXPECT_EQ(config.key, "/k.pem");
    EXPECT_EQ(config.shutdownDelay, std::chrono::minutes(1));
    EXPECT_EQ(config.defaults.releaseNamespace, "own");
    EXPECT_EQ(config.defaults.values["image"], "r.example/e:1");
    EXPECT_EQ(config.defaults.values["image-pull-policy"], "Always");
    EXPECT_EQ(config.defaults.values["cpu-request"], "5m");
    EXPECT_EQ(config.defaults.values["cpu-limit"], "");
    EXPECT_EQ(config.defaults.values["memory-request"], "16Mi");
    EXPECT_EQ(config.defaults.values["memory-limit"], "64Mi");
    EXPECT_EQ(config.defaults.values["lease-duration"], "20s");
    EXPECT_EQ(config.defaults.values["lease-renew-duration"], "15s");
    EXPECT_EQ(config.defaults.values["retry-period"], "3s");
    EXPECT_EQ(config.defaults.values["log-level"], "warn");
    EXPECT_EQ(config.defaults.values["mode"], "container");
    EXPECT_EQ(config.logging.level, LogLevel::Debug);
    EXPECT_EQ(config.logging.format, LogFormat::Text);
}

TEST(InvocationTest, AnOperatorHasTheseDefaults) {
    const auto config = parsed<OperatorConfig>(ownOperatorWith({}));
    EXPECT_EQ(config.leaseName, "op");
    EXPECT_EQ(config.space, "system");
    EXPECT_EQ(config.id, "box_0a1b2c3d");
    EXPECT_EQ(config.podUid, "");
    EXPECT_EQ(config.kubeconfig, "");
    EXPECT_EQ(config.healthAddress, (Address{"", 8082}));
    EXPECT_EQ(config.certificates, CertificateSource::Own);
    EXPECT_EQ(config.certificateSecret, "hook-tls");
    EXPECT_EQ(config.authoritySecret, "hook-ca");
    EXPECT_EQ(config.service, "hook");
    EXPECT_EQ(config.webhookConfiguration, "hook");
    EXPECT_TRUE(config.copiesAnnotations);
    EXPECT_TRUE(config.managesRbac);
    EXPECT_EQ(config.logging.format, LogFormat::Json);
}

TEST(InvocationTest, AnOperatorIsToldWhoItIsByTheEnvironment) {
    const Environment environment{{"POD_NAME", "hook-1"},  {"POD_UID", "u-1"},
                                  {"NAMESPACE", "system"}, {"KUBECONFIG", "/k"},
                                  {"LOG_LEVEL", "warn"},   {"LOG_FORMAT", "text"}};
    const auto config = parsed<OperatorConfig>(
        {"operator", "--lease-name=op", "--certificates=given", "--copy-annotations=false",
         "--manage-rbac=false", "--health-addr=:1"},
        environment);
    EXPECT_EQ(config.id, "hook-1");
    EXPECT_EQ(config.podUid, "u-1");
    EXPECT_EQ(config.space, "system");
    EXPECT_EQ(config.kubeconfig, "/k");
    EXPECT_EQ(config.logging.level, LogLevel::Warn);
    EXPECT_EQ(config.logging.format, LogFormat::Text);
    EXPECT_EQ(config.certificates, CertificateSource::Given);
    EXPECT_FALSE(config.copiesAnnotations);
    EXPECT_FALSE(config.managesRbac);
    EXPECT_EQ(config.healthAddress, (Address{"", 1}));
}

TEST(InvocationTest, AFlagWinsOverTheEnvironment) {
    const auto config = parsed<WebhookConfig>(webhookWith({"--log-level=error"}),
                                              {{"LOG_LEVEL", "debug"}, {"NAMESPACE", "other"}});
    EXPECT_EQ(config.logging.level, LogLevel::Error);
    EXPECT_EQ(config.defaults.releaseNamespace, "system");
}

TEST(InvocationTest, LogsAsTextOnATerminalUnlessToldOtherwise) {
    Facts facts = plainFacts();
    facts.logsToTerminal = true;
    const auto formatOf = [&facts](const Arguments& more) {
        return parsed<WebhookConfig>(webhookWith(more), {}, facts).logging.format;
    };
    EXPECT_EQ(formatOf({}), LogFormat::Text);
    EXPECT_EQ(formatOf({"--log-format=json"}), LogFormat::Json);
}

TEST(InvocationTest, InjectReadsAFileForANamespace) {
    const auto plain = parsed<InjectRequest>({"inject", "-f", "-"});
    EXPECT_EQ(plain.file, "-");
    EXPECT_EQ(plain.space, "default");
    EXPECT_EQ(plain.defaults.values["image"], kDefaultImage);
    EXPECT_EQ(plain.defaults.releaseNamespace, "");
    const auto other =
        parsed<InjectRequest>({"inject", "--filename=web.yaml", "-n", "shop", "--mode=container"});
    EXPECT_EQ(other.file, "web.yaml");
    EXPECT_EQ(other.space, "shop");
    EXPECT_EQ(other.defaults.values["mode"], "container");
}

TEST(InvocationTest, CheckTakesAWorkloadANamespaceOrAll) {
    const auto one = parsed<CheckRequest>({"check", "-n", "shop", "deployment/web", "-o", "json"});
    EXPECT_EQ(one.workload, "deployment/web");
    EXPECT_EQ(one.space, "shop");
    EXPECT_FALSE(one.all);
    EXPECT_EQ(one.output, Output::Json);
    for (const Arguments& arguments :
         {Arguments{"check", "-A"}, {"check", "--all-namespaces"}, {"check", "-A=true"}}) {
        const auto all = parsed<CheckRequest>(arguments);
        EXPECT_TRUE(all.all);
        EXPECT_EQ(all.workload, "");
        EXPECT_EQ(all.output, Output::Human);
    }
    EXPECT_EQ(parsed<CheckRequest>({"check", "-A=false", "deployment/web"}).workload,
              "deployment/web");
}

TEST(InvocationTest, CheckFindsItsClusterAsKubectlDoes) {
    const auto kubeconfigIn = [](const Environment& environment) {
        return parsed<CheckRequest>({"check"}, environment).kubeconfig;
    };
    EXPECT_EQ(kubeconfigIn({{"HOME", "/home/me"}}), "/home/me/.kube/config");
    EXPECT_EQ(kubeconfigIn({{"HOME", "/home/me"}, {"KUBECONFIG", "/k"}}), "/k");
    EXPECT_EQ(kubeconfigIn({{"HOME", "/home/me"}, {"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}), "");
    EXPECT_EQ(kubeconfigIn({}), "");
}

TEST(InvocationTest, LeaderTakesAnActionALeaseAndAContext) {
    const auto plain = parsed<LeaderRequest>({"leader"}, {{"HOME", "/home/me"}});
    EXPECT_EQ(plain.action, LeaderAction::List);
    EXPECT_EQ(plain.output, LeaderOutput::Table);
    EXPECT_EQ(plain.kubeconfig, "/home/me/.kube/config");
    const auto one = parsed<LeaderRequest>(
        {"leader", "history", "web", "-n", "shop", "--context=prod", "-o", "yaml"});
    EXPECT_EQ(one.action, LeaderAction::History);
    EXPECT_EQ(one.lease, "web");
    EXPECT_EQ(one.space, "shop");
    EXPECT_EQ(one.context, "prod");
    EXPECT_EQ(one.output, LeaderOutput::Yaml);
    EXPECT_TRUE(parsed<LeaderRequest>({"leader", "watch", "-A"}).all);
    EXPECT_EQ(parsed<LeaderRequest>({"leader", "list", "-o", "name"}).output, LeaderOutput::Name);
}

TEST(InvocationTest, LeaderIsToldWhoIsToLeadAndHowLongToWait) {
    const auto named = parsed<LeaderRequest>({"leader", "hand-over", "web", "--to=web-2"});
    EXPECT_EQ(named.action, LeaderAction::HandOver);
    EXPECT_EQ(named.to, "web-2");
    EXPECT_FALSE(named.waits);
    EXPECT_EQ(named.timeout, std::chrono::minutes(2));
    const auto any =
        parsed<LeaderRequest>({"leader", "step-down", "web", "--wait", "--timeout=5s"});
    EXPECT_EQ(any.action, LeaderAction::StepDown);
    EXPECT_EQ(any.to, "");
    EXPECT_TRUE(any.waits);
    EXPECT_EQ(any.timeout, std::chrono::seconds(5));
}

TEST(InvocationTest, LeaderRefusesWhatMakesNoSense) {
    const std::vector<std::pair<Arguments, const char*>> cases{
        {{"leader", "lst"}, "did you mean list"},
        {{"leader", "describe"}, "needs to know of which Lease"},
        {{"leader", "step-down"}, "needs to know of which Lease"},
        {{"leader", "hand-over", "web"}, "--to is missing"},
        {{"leader", "step-down", "web", "-A"}, "in one namespace"},
        {{"leader", "list", "web"}, "unexpected argument"},
        {{"leader", "watch", "web", "-A"}, "in one namespace"},
        {{"leader", "history", "Web"}, "Web"},
        {{"leader", "-o", "xml"}, "xml"}};
    for (const auto& [arguments, part] : cases) {
        EXPECT_THAT([&] { config::parseInvocation(arguments, {}, plainFacts()); },
                    testing::ThrowsMessage<elector::config::Refusal>(testing::HasSubstr(part)));
    }
}

TEST(InvocationTest, QuestionsWinOverEverythingElse) {
    for (const Arguments& arguments :
         {Arguments{"--help"}, {"-h"}, {"webhook", "--help"}, {"check", "-h", "a", "b"}}) {
        EXPECT_TRUE(std::holds_alternative<HelpRequest>(
            config::parseInvocation(arguments, {}, plainFacts())));
    }
    for (const Arguments& arguments : {Arguments{"--version"}, {"operator", "--version"}}) {
        EXPECT_TRUE(std::holds_alternative<VersionRequest>(
            config::parseInvocation(arguments, {}, plainFacts())));
    }
}

}  // namespace
}  // namespace injector::config
