#include "elector/reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <string>

#include "tests/support/captured_log.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using election::Reason;
using election::Standing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// A reporter that is told standings as a campaign tells them, D being 5 s.
class ReporterTest : public testing::Test {
  protected:
    // What is told `after` the one before; of a term, or of another leader.
    Standing next(Reason reason, milliseconds after) {
        clock_.advance(after);
        Standing standing;
        standing.seq = ++seq_;
        standing.reason = reason;
        return standing;
    }
    void tellOther(Reason reason, milliseconds after) {
        Standing standing = next(reason, after);
        standing.leader = "web-1";
        standing.leaderUntil = clock_.now() + seconds(10);
        feed_.publish({standing});
    }
    void tellNobody(Reason reason, milliseconds after) { feed_.publish({next(reason, after)}); }
    // The write was sent `latency` before.
    void tellTerm(Reason reason, milliseconds after, milliseconds latency = milliseconds(0)) {
        Standing standing = next(reason, after);
        standing.leaseUid = "u";
        standing.transitions = 7;
        standing.term =
            election::Term{*election::Revision::parse("17"), clock_.now() - latency + seconds(5),
                           election::WallTime::max()};
        feed_.publish({standing});
    }
    // Whether each line is shown, of the Lease.
    void expectShown(std::initializer_list<const char*> series) {
        for (std::string line : series) {
            const std::string lease = R"(namespace="default",lease="web")";
            line.replace(line.find('@'), 1, lease);
            EXPECT_THAT(metrics_.text(), HasSubstr("\nleader_elector_" + line + "\n"));
        }
    }

    http::HandClock clock_;
    const injector::test::CapturedLog log_{clock_};
    http::Metrics metrics_;
    campaign::Feed feed_;
    Reporter reporter_{{"default", "web"}, "web-0", clock_, log_.log(), metrics_, nullptr};
    const campaign::Feed::Subscription subscription_{reporter_.begin(feed_, seconds(5))};

  private:
    std::uint64_t seq_ = 1;
};

TEST_F(ReporterTest, ATakeOverFromOneThatCrashedCountsFromItsLastRenewal) {
    tellOther(Reason::Changed, seconds(1));
    tellOther(Reason::Renewed, seconds(2));
    tellNobody(Reason::Vacant, seconds(10));
    tellTerm(Reason::Acquired, milliseconds(50));
    expectShown({"take_over_seconds_count{@} 1", "take_over_seconds_sum{@} 10.05",
                 "leaderless_seconds_total{@} 1.05", "lease_transitions{@} 7"});
}

TEST_F(ReporterTest, ATakeOverFromOneThatReleasedCountsFromItsRelease) {
    tellOther(Reason::Changed, seconds(1));
    tellNobody(Reason::Vacant, seconds(2));
    tellTerm(Reason::Acquired, milliseconds(50));
    expectShown({"take_over_seconds_count{@} 1", "take_over_seconds_sum{@} 0.05"});
}

TEST_F(ReporterTest, AFirstTermAndOneAfterAnOwnTermAreNoTakeOvers) {
    tellTerm(Reason::Acquired, seconds(1));
    tellNobody(Reason::Expired, seconds(5));
    tellTerm(Reason::Acquired, seconds(1));
    EXPECT_THAT(metrics_.text(), testing::Not(HasSubstr("take_over_seconds_count{")));
    expectShown({"leaderless_seconds_total{@} 2"});
}

TEST_F(ReporterTest, ARenewalIsMeasuredByWhatItLeftOfTheDeadline) {
    tellTerm(Reason::Acquired, seconds(1), milliseconds(100));
    tellTerm(Reason::Renewed, seconds(2));  // 2.1 s of 5 s after the sending
    tellTerm(Reason::Renewed, milliseconds(4500));
    expectShown({R"(renewal_deadline_used_ratio_bucket{@,le="0.5"} 1)",
                 R"(renewal_deadline_used_ratio_bucket{@,le="0.75"} 1)",
                 R"(renewal_deadline_used_ratio_bucket{@,le="0.9"} 2)",
                 "renewal_deadline_used_ratio_sum{@} 1.32"});
}

TEST_F(ReporterTest, ATokenThatWentBackIsShownBeforeItHappens) {
    expectShown({R"(events_total{event="revision_went_back",@} 0)"});
    reporter_.onNote({election::NoteKind::RevisionWentBack, "5 < 7"}, Standing());
    expectShown({R"(events_total{event="revision_went_back",@} 1)"});
}

}  // namespace
}  // namespace elector
