// Several campaigns in one process, each for a Lease of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "elector/campaign/campaign.h"
#include "elector/campaign/pod_lock.h"
#include "elector/reporter.h"
#include "elector/runtime/random.h"
#include "elector/store/file_store.h"
#include "tests/support/captured_log.h"
#include "tests/support/memory_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"

namespace elector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

// All that one Lease takes of a process.
class Candidacy {
  public:
    Candidacy(election::LeaseKey key, const std::string& podUid, const runtime::Clock& clock,
              const runtime::Log& log, http::Metrics& metrics,
              std::unique_ptr<store::LeaseStore> store)
        : store_(std::move(store)),
          lock_(key, podUid),
          reporter_(key, "web-0", clock, log, metrics, nullptr),
          campaign_(key,
                    {{"web-0", podUid, podUid + "/" + runtime::randomHex(8)},
                     {seconds(2), milliseconds(1500), milliseconds(300)},
                     election::OnMissing::Create,
                     election::OnShutdown::Release,
                     election::Duration(0),
                     7},
                    *store_, &lock_, clock, reporter_,
                    [](const std::function<void()>& announced) { announced(); }) {
        campaign_.start();
    }

    bool leads() {
        return http::eventually([this] { return campaign_.answer().isLeader; });
    }
    void measure() { reporter_.measure(campaign_); }
    campaign::Campaign& campaign() { return campaign_; }

  private:
    std::unique_ptr<store::LeaseStore> store_;
    campaign::PodLock lock_;
    Reporter reporter_;
    campaign::Campaign campaign_;
};

enum class Kind { Memory, Folder };

class CampaignsTest : public testing::TestWithParam<Kind> {
  protected:
    // The stores of one process see the same Leases.
    std::unique_ptr<store::LeaseStore> store() {
        if (GetParam() == Kind::Memory) {
            return std::make_unique<test::MemoryStore>(clock_, table_);
        }
        return std::make_unique<store::FileStore>(folder_.path(), clock_);
    }
    std::unique_ptr<Candidacy> candidacy(const std::string& name) {
        return std::make_unique<Candidacy>(election::LeaseKey{"default", name}, podUid_, clock_,
                                           log_.log(), metrics_, store());
    }
    // One series of a Lease, up to its value.
    static std::string series(const char* metric, const char* first, const char* lease) {
        return std::string(metric) + "{" + first + "namespace=\"default\",lease=\"" + lease +
               "\"} ";
    }

    static std::string leads(const std::string& lease) {
        return series("leader_election_master_status", ("name=\"" + lease + "\",").c_str(),
                      lease.c_str());
    }

    const runtime::SystemClock clock_;
    const injector::test::CapturedLog log_{clock_};
    http::Metrics metrics_;
    const std::string podUid_ = "pod-" + runtime::randomHex(8);
    const std::shared_ptr<test::LeaseTable> table_ = std::make_shared<test::LeaseTable>();
    const test::TemporaryFolder folder_;
};

TEST_P(CampaignsTest, EachLeadsItsLeaseAndIsMeasuredApart) {
    const auto web = candidacy("web");
    const auto db = candidacy("db");
    ASSERT_TRUE(web->leads());
    ASSERT_TRUE(db->leads());
    web->measure();
    db->measure();
    const std::string both = metrics_.text();
    for (const char* lease : {"web", "db"}) {
        EXPECT_THAT(both, HasSubstr(leads(lease) + "1\n"));
        EXPECT_THAT(both, HasSubstr(series("leader_elector_ready", "", lease) + "1\n"));
        EXPECT_THAT(both, HasSubstr(series("leader_elector_valid_seconds", "", lease)));
        EXPECT_THAT(
            both, HasSubstr(series("leader_elector_events_total", "event=\"term_began\",", lease) +
                            "1\n"));
        EXPECT_THAT(both, HasSubstr(series("leader_elector_requests_total",
                                           "operation=\"acquire\",result=\"ok\",", lease) +
                                    "1\n"));
    }

    // The end of one is nothing to the other.
    const std::string token = db->campaign().answer().fencingToken;
    ASSERT_EQ(web->campaign().stop().wait_for(seconds(30)), std::future_status::ready);
    web->measure();
    db->measure();
    const std::string one = metrics_.text();
    EXPECT_THAT(one, HasSubstr(leads("web") + "0\n"));
    EXPECT_THAT(one, HasSubstr(leads("db") + "1\n"));
    EXPECT_THAT(one,
                HasSubstr(series("leader_elector_events_total", "event=\"released\",", "web")));
    EXPECT_THAT(one,
                Not(HasSubstr(series("leader_elector_events_total", "event=\"released\",", "db"))));
    EXPECT_EQ(db->campaign().answer().fencingToken, token);
    EXPECT_EQ(log_.count("web-0 became leader"), 2);
}

INSTANTIATE_TEST_SUITE_P(Stores, CampaignsTest, testing::Values(Kind::Memory, Kind::Folder),
                         [](const auto& instance) {
                             return instance.param == Kind::Memory ? "Memory" : "Folder";
                         });

}  // namespace
}  // namespace elector
