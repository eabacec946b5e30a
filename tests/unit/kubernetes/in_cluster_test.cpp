#include "elector/kubernetes/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>

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

// As where a token is projected for root alone: the remedy is another than where none is mounted.
TEST_F(InClusterTest, SaysWhoMayReadATokenThatThisUserMayNot) {
    std::filesystem::permissions(sources_.folder, std::filesystem::perms::owner_all |
                                                      std::filesystem::perms::group_exec |
                                                      std::filesystem::perms::others_exec);
    std::filesystem::permissions(sources_.folder / "token", std::filesystem::perms::none);
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
        std::string said = "it was read";
        // Root may read everything.
        if (geteuid() == 0 && setuid(65532) != 0) {
            _exit(1);
        }
        try {
            (void)readInCluster(sources_);
        } catch (const std::runtime_error& error) {
            said = error.what();
        }
        _exit(::write(ends[1], said.data(), said.size()) < 0 ? 1 : 0);
    }
    close(ends[1]);
    std::string said(4096, '\0');
    said.resize(
        static_cast<std::size_t>(std::max<ssize_t>(read(ends[0], said.data(), said.size()), 0)));
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_THAT(said, testing::AllOf(HasSubstr("token: Permission denied"),
                                     HasSubstr("it belongs to user " + std::to_string(geteuid())),
                                     HasSubstr("securityContext.fsGroup"),
                                     testing::Not(HasSubstr("automountServiceAccountToken"))));
}

}  // namespace
}  // namespace elector::kubernetes
