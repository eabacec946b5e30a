#include "injector/operator/term.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/captured_log.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace injector::operators {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using testing::AllOf;
using testing::HasSubstr;

// The machine's, and as much ahead as a test says.
class ShiftedClock final : public elector::runtime::Clock {
  public:
    Instant now() const override { return clock_.now() + ahead_.load(); }
    elector::runtime::WallTime wall() const override { return clock_.wall(); }
    void advance(std::chrono::seconds by) { ahead_ = ahead_.load() + by; }

  private:
    elector::runtime::SystemClock clock_;
    std::atomic<std::chrono::seconds> ahead_{0s};
};

double listAge(elector::http::Metrics& metrics) {
    const std::string series = R"(leader_elector_injector_list_age_seconds{resource="pods"} )";
    const std::string text = metrics.text();
    const auto found = text.find(series);
    return found == std::string::npos ? -1 : std::stod(text.substr(found + series.size()));
}

// The sentence is that of the operator's /readyz.
TEST(TermTest, SaysWhatItHasNotKnownForFiveMinutesAndWhy) {
    ShiftedClock clock;
    const test::CapturedLog captured(clock);
    elector::http::Metrics metrics;
    Counters counters(metrics);
    elector::kubernetes::ScriptedServer server({[](elector::kubernetes::ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(elector::kubernetes::answerOf(
            403, R"({"kind":"Status","code":403,"message":"pods is forbidden"})"));
    }});
    elector::kubernetes::Access access;
    access.server = server.endpoint();
    TermSettings settings;
    settings.copiesAnnotations = false;
    settings.managesRbac = false;
    Term term(access, settings, [] { return true; }, counters, clock, captured.log());
    while (captured.count("list or watch failed") == 0) {
        std::this_thread::yield();
    }
    EXPECT_EQ(term.report(), std::nullopt);
    clock.advance(Term::kOutdated - 2min);
    EXPECT_EQ(term.report(), std::nullopt);
    EXPECT_GE(listAge(metrics), 180);
    clock.advance(2min);
    const auto outdated = term.report();
    ASSERT_TRUE(outdated);
    EXPECT_THAT(*outdated, AllOf(HasSubstr("pods were last listed or watched 3"),
                                 HasSubstr(" s ago ("), HasSubstr(")")));
    EXPECT_GE(listAge(metrics), 300);
}

}  // namespace
}  // namespace injector::operators
