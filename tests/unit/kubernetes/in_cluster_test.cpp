#include "elector/kubernetes/in_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace elector::kubernetes {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class InClusterTest : public testing::Test {
  protected:
    InClusterTest() {
        sources_.host = "10.96.0.1";
        sources_.port = "443";
        sources_.folder = folder_.path();
        write("token", "abc\n");
        write("ca.crt", "ca");
        write("namespace", "team\n");
    }

    void write(const char* name, const char* text) {
        test::writeText(sources_.folder / name, text);
    }

    test::TemporaryFolder folder_;
    InClusterSources sources_;
};

TEST_F(InClusterTest, ReadsWhatKubernetesMounts) {
    const auto access = readInCluster(sources_);
    EXPECT_EQ(access.server.text(), "https://10.96.0.1:443");
    EXPECT_EQ(access.space, "team");
    EXPECT_EQ(access.token->path(), sources_.folder / "token");
    EXPECT_EQ(access.authorities->path(), sources_.folder / "ca.crt");
    EXPECT_TRUE(access.serverName.empty());
}

TEST_F(InClusterTest, PutsBracketsAroundIpV6) {
    sources_.host = "fd00:10:96::1";
    const auto access = readInCluster(sources_);
    EXPECT_EQ(access.server.host, "fd00:10:96::1");
    EXPECT_EQ(access.server.authority(), "[fd00:10:96::1]:443");
}

TEST_F(InClusterTest, FallsBackToTheDefaultNamespace) {
    std::filesystem::remove(sources_.folder / "namespace");
    EXPECT_EQ(readInCluster(sources_).space, "default");
    write("namespace", " \n");
    EXPECT_EQ(readInCluster(sources_).space, "default");
}

TEST_F(InClusterTest, SaysWhatIsMissing) {
    std::filesystem::remove(sources_.folder / "token");
    EXPECT_THAT([&] { (void)readInCluster(sources_); },
                ThrowsMessage<std::runtime_error>(HasSubstr("automountServiceAccountToken")));
    write("token", "abc");
    sources_.port = "http";
    EXPECT_THAT([&] { (void)readInCluster(sources_); },
                ThrowsMessage<std::runtime_error>(HasSubstr("KUBERNETES_SERVICE_PORT")));
}

}  // namespace
}  // namespace elector::kubernetes
