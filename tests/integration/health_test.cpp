#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/integration/integration_test.h"
#include "tests/support/test_client.h"

// Rule 17, by programs: who leads is healthy.
namespace elector::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// A program's health: it answers the first probe, and hangs in every later one.
class HangingProgram {
  public:
    HangingProgram() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: as the API has it
        if (bind(listener_, generic, size) != 0 || listen(listener_, 1) != 0 ||
            getsockname(listener_, generic, &size) != 0) {
            throw std::runtime_error("no port to listen on");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { answerOnce(); });
    }
    ~HangingProgram() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    HangingProgram(const HangingProgram&) = delete;
    HangingProgram& operator=(const HangingProgram&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  private:
    void answerOnce() const {
        const int connection = accept(listener_, nullptr, nullptr);
        std::array<char, 1000> head{};
        if (recv(connection, head.data(), head.size(), 0) > 0) {
            constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";
            send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
        }
        close(connection);
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

class HealthTest : public IntegrationTest {
  protected:
    static constexpr Milliseconds kPeriod{100};
    static constexpr int kFailures = 2;

    // An elector whose program is healthy while its file is there.
    Process gated(const std::string& id, std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--health-file=" + fileOf(id), "--health-max-age=1h",
                                 "--health-period=100ms", "--health-failures=2"});
        return elector(id, more);
    }
    static std::string get(const ElectorProcess& process, const std::string& path) {
        return http::TestClient(process.port()).get(path);
    }
    std::string fileOf(const std::string& id) const { return folder_.path() + "/alive-" + id; }
    void heal(const std::string& id) const { writeText(fileOf(id), ""); }
    void fail(const std::string& id) const { std::filesystem::remove(fileOf(id)); }
};

TEST_F(HealthTest, WhoseProgramNeverComesUpDoesNotLeadAndAnUnhealthyLeaderIsReplaced) {
    const auto web0 = gated("web-0");
    ASSERT_TRUE(server_.waitForCount("watch", 1, Seconds(20)));
    heal("web-1");
    const auto web1 = gated("web-1");
    ASSERT_TRUE(web1->waitUntilLeading()) << web1->output();
    heal("web-0");
    ASSERT_TRUE(web0->waitForOutput("the program is healthy"));
    EXPECT_TRUE(isLeading(*web1)) << "who is healthy leads on";
    fail("web-1");
    const auto failed = clock_.now();
    ASSERT_TRUE(waitForName(*web1, "web-0"));
    EXPECT_LT(clock_.now() - failed, kFailures * kPeriod + kRenew + kSlack);
    EXPECT_TRUE(isLeading(*web0));
    EXPECT_THAT(web1->output(), HasSubstr("the program is unhealthy"));
}

TEST_F(HealthTest, WhereAllProgramsAreUnhealthyOneLeadsUntilAHealthyOneAsks) {
    const auto before = elector("web-2");
    ASSERT_TRUE(before->waitUntilLeading()) << before->output();
    before->signal(SIGTERM);
    const auto web0 = gated("web-0", {"--degraded-after=1s"});
    // It stands back for ten seconds from when the Lease is free.
    ASSERT_TRUE(waitForName(*web0, "web-0", Seconds(60))) << web0->output();
    EXPECT_THAT(get(*web0, "/api/leader"), HasSubstr(R"("degraded":true)"));
    EXPECT_THAT(get(*web0, "/metrics"), HasSubstr("leader_elector_degraded{"));
    const auto web1 = elector("web-1");
    const auto began = clock_.now();
    ASSERT_TRUE(web1->waitUntilLeading()) << web1->output();
    EXPECT_LT(clock_.now() - began, kRenew + kSlack);
    EXPECT_THAT(get(*web1, "/api/leader"), Not(HasSubstr("degraded")));
    EXPECT_TRUE(waitForName(*web0, "web-1"));
}

TEST_F(HealthTest, AProgramThatHangsInEachProbeDelaysNoRenewal) {
    const HangingProgram program;
    const auto web0 = elector("web-0", {"--health-url=" + program.url(), "--health-period=500ms",
                                        "--health-timeout=500ms", "--health-failures=100"});
    ASSERT_TRUE(web0->waitUntilLeading()) << web0->output();
    const std::string term = token(*web0);
    ASSERT_TRUE(waitForUpdates(3 * static_cast<int>(kLease / kRetry)));
    EXPECT_EQ(token(*web0), term);
}

TEST_F(HealthTest, AProgramThatAsksNoMoreHandsOver) {
    const auto web0 = elector("web-0", {"--health=asked", "--asked-within=1s",
                                        "--health-period=100ms", "--health-failures=1"});
    ASSERT_TRUE(web0->waitUntilLeading()) << web0->output();
    const auto web1 = elector("web-1");
    EXPECT_TRUE(web1->waitUntilLeading()) << web0->output();  // nobody asks the other meanwhile
}

}  // namespace
}  // namespace elector::test
