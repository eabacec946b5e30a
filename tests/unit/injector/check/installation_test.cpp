#include "injector/check/facts.h"

#include <gtest/gtest.h>

#include <string>

namespace injector::check {
namespace {

// A release's Deployments as the chart renders them, with these flags more.
std::string release(const std::string& webhookFlags, const std::string& operatorFlags) {
    return R"({"items":[{"spec":{"template":{"spec":{"containers":[{"name":"webhook","args":["webhook",)"
           R"("--addr=:8443","--certificate=/run/tls.crt","--key=/run/tls.key")" +
           webhookFlags +
           R"(]}]}}}},{"spec":{"template":{"spec":{"containers":[{"name":"operator",)"
           R"("env":[{"name":"POD_NAME","valueFrom":{}}],"args":["operator",)"
           R"("--lease-name=x-operator","--service=x-webhook",)"
           R"("--certificate-secret=x-tls","--authority-secret=x-ca","--webhook-configuration=x")" +
           operatorFlags + R"(]}]}}}}]})";
}

Installation read(const std::string& deployments) {
    Installation installation;
    installation.space = "electors";
    readRelease(deployments, installation);
    return installation;
}

TEST(InstallationTest, KnowsWhatTheReleaseWasTold) {
    const auto installation = read(release(
        R"(,"--image=example.org/leader-elector:7","--mode=container","--lease-duration=30s")",
        ""));
    ASSERT_TRUE(installation.defaults.has_value()) << installation.defaultsProblem;
    EXPECT_EQ(installation.defaults->values["image"], "example.org/leader-elector:7");
    EXPECT_EQ(installation.defaults->values["mode"], "container");
    EXPECT_EQ(installation.defaults->values["lease-duration"], "30s");
    EXPECT_TRUE(installation.copiesAnnotations);
}

TEST(InstallationTest, KnowsThatAnnotationsAreNotCopied) {
    const auto installation = read(release("", R"(,"--copy-annotations=false")"));
    EXPECT_EQ(installation.defaultsProblem, "");
    EXPECT_FALSE(installation.copiesAnnotations);
}

TEST(InstallationTest, SaysWhereTheReleaseIsNotUnderstood) {
    const auto installation = read(release(R"(,"--of-the-future=1")", ""));
    EXPECT_FALSE(installation.defaults.has_value());
    EXPECT_TRUE(installation.defaultsProblem.starts_with(
        "this program does not understand the release's flags: "))
        << installation.defaultsProblem;
    EXPECT_NE(installation.defaultsProblem.find("--of-the-future"), std::string::npos);
}

TEST(InstallationTest, SaysWhereThereIsNoRelease) {
    EXPECT_EQ(read(R"({"items":[]})").defaultsProblem,
              "no Deployment in the namespace electors runs the webhook");
}

}  // namespace
}  // namespace injector::check
