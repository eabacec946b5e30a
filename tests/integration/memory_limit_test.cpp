#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/elector_process.h"
#include "tests/support/memory_limit.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"

// A whole elector under the memory limit that a sidecar has, with peers that mean it no good.
namespace elector::test {
namespace {

using http::TestClient;

constexpr std::size_t kSidecarLimit = std::size_t{32} << 20U;  // sidecar.resources of the chart
constexpr std::size_t kPeers = 600;
constexpr int kTinyBuffer = 2048;

struct Attack {
    std::string name;
    std::string bytes;     // what each peer goes on sending
    bool returns = false;  // and then it opens another connection, and keeps the old one
};

// The name that GoogleTest looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Attack& attack, std::ostream* out) {
    *out << attack.name;
}

std::string nameOf(const testing::TestParamInfo<Attack>& info) {
    return info.param.name;
}

std::string requests(const std::string& target, const std::string& more = "") {
    std::string all;
    for (int i = 0; i < 50; ++i) {
        all += "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
    }
    return all;
}

class MemoryLimitTest : public testing::TestWithParam<Attack> {
  protected:
    void SetUp() override {
        try {
            limit_ = std::make_unique<MemoryLimit>(kSidecarLimit);
        } catch (const std::runtime_error& error) {
            GTEST_SKIP() << error.what();
        }
        rlimit descriptors{};
        ::getrlimit(RLIMIT_NOFILE, &descriptors);
        descriptors.rlim_cur = std::min<rlim_t>(descriptors.rlim_max, 8 * kPeers);
        ::setrlimit(RLIMIT_NOFILE, &descriptors);
        std::vector<std::string> command = limit_->around(
            {ELECTOR_BINARY, "--store=file:" + folder_.path(), "--lease-name=web", "--id=web-0",
             "--addr=127.0.0.1:0", "--log-format=json", "--lease-duration=2s",
             "--lease-renew-duration=1s", "--retry-period=200ms"});
        const std::string shell = command.front();
        command.erase(command.begin());
        elector_ = std::make_unique<ElectorProcess>(shell, std::move(command));
        ASSERT_TRUE(elector_->waitUntilLeading());
    }
    void TearDown() override {
        elector_.reset();
        limit_.reset();
    }

    // From one of four addresses, like the attacker's Pods.
    std::unique_ptr<TestClient> peer(std::size_t number) const {
        return std::make_unique<TestClient>(elector_->port(), "127.0.0.1",
                                            "127.0.0." + std::to_string(2 + number % 4),
                                            kTinyBuffer);
    }

    TemporaryFolder folder_;
    std::unique_ptr<MemoryLimit> limit_;
    std::unique_ptr<ElectorProcess> elector_;
};

// Each peer sends until neither side's kernel takes more; who is closed comes again.
TEST_P(MemoryLimitTest, HoldsWhateverPeersSendAndDoNotRead) {
    const Attack& attack = GetParam();
    std::vector<std::unique_ptr<TestClient>> peers;
    for (std::size_t i = 0; i < kPeers; ++i) {
        peers.push_back(peer(i));
        // More than all buffers on the way hold; what is discarded is taken without end.
        for (int times = 0; times < 100 && peers.back()->sendWhatFits(attack.bytes) > 0; ++times) {
        }
    }
    constexpr int kRounds = 5;
    for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kPeers; ++i) {
            char end = 0;
            if (attack.returns) {
                peers.push_back(peer(i));
                std::swap(peers[i], peers.back());
            } else if (::recv(peers[i]->descriptor(), &end, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
                peers[i] = peer(i);
            }
            peers[i]->sendWhatFits(attack.bytes);
        }
        ASSERT_TRUE(elector_->isRunning()) << elector_->output();
    }
    const auto reply = elector_->leader();
    ASSERT_TRUE(reply) << "it answers others";
    EXPECT_TRUE(reply->isLeader) << "and leads on";
    EXPECT_LT(limit_->peak(), kSidecarLimit);
    RecordProperty("peak", std::to_string(limit_->peak()));
}

INSTANTIATE_TEST_SUITE_P(
    Attacks, MemoryLimitTest,
    testing::Values(Attack{"PipelinedMetrics", requests("/metrics?" + std::string(4000, 'a'))},
                    Attack{"PipelinedShortRequests", requests("/api/leader")},
                    Attack{"PipelinedRoot", requests("/")},
                    Attack{"PipelinedProbes", requests("/healthz") + requests("/readyz")},
                    Attack{"PipelinedNotFound", requests("/" + std::string(2000, 'x'))},
                    Attack{"RequestsThatClose", requests("/metrics", "Connection: close\r\n"),
                           true},
                    Attack{"RefusedRequests", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
                    Attack{"UnfinishedHeads",
                           "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(8000, 'a')}),
    nameOf);

}  // namespace
}  // namespace elector::test
