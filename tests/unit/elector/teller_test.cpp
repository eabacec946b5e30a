#include "elector/teller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/captured_log.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"
#include "tests/unit/commands/scripted_server.h"
#include "tests/unit/elector/told_status.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using namespace std::chrono_literals;
using election::Reason;
using http::eventually;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What a teller was given to tell: it works, fails or hangs, as a test says. Shared with the
// teller, whose thread may outlive the test.
class Hearer {
  public:
    std::optional<std::string> hear(const Teller::State& state, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        ++attempts_;
        changed_.notify_all();
        changed_.wait(lock, stop, [this] { return !hangs_; });
        if (stop.stop_requested() || !failure_.empty()) {
            return failure_;
        }
        heard_.push_back(state);
        changed_.notify_all();
        return std::nullopt;
    }
    void hang(bool hangs) {
        const std::lock_guard lock(mutex_);
        hangs_ = hangs;
        changed_.notify_all();
    }
    void fail(const std::string& why) {
        const std::lock_guard lock(mutex_);
        failure_ = why;
    }
    int attempts() {
        const std::lock_guard lock(mutex_);
        return attempts_;
    }
    std::vector<std::string> reasons() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> reasons;
        for (const Teller::State& state : heard_) {
            reasons.emplace_back(toString(state.answer.reason));
        }
        return reasons;
    }
    std::string last() {
        const std::lock_guard lock(mutex_);
        return heard_.empty() ? "" : heard_.back().json;
    }

  private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<Teller::State> heard_;
    std::string failure_;
    int attempts_ = 0;
    bool hangs_ = false;
};

class TellerTest : public testing::Test {
  protected:
    void begin(Teller::Tell tell) {
        teller_ = std::make_unique<Teller>(
            Teller::Way{"status-dir", std::move(tell),
                        [this](const election::Answer& answer) { told_ = answer.seq; }},
            Teller::Surroundings{status_.feed(), status_, clock_, log_.log(), metrics_});
    }
    void begin() {
        begin([hearer = hearer_](const Teller::State& state, const std::stop_token& stop) {
            return hearer->hear(state, stop);
        });
    }
    bool hears(const std::string& reason) {
        return eventually([&] {
            const auto reasons = hearer_->reasons();
            return !reasons.empty() && reasons.back() == reason;
        });
    }

    http::HandClock clock_;
    injector::test::CapturedLog log_{clock_};
    http::Metrics metrics_;
    test::ToldStatus status_{clock_};
    std::shared_ptr<Hearer> hearer_ = std::make_shared<Hearer>();
    std::atomic<std::uint64_t> told_ = 0;
    std::unique_ptr<Teller> teller_;
};

TEST_F(TellerTest, TellsTheStateAtOnceThenChangesAndOwnRenewals) {
    begin();
    ASSERT_TRUE(hears("initial"));
    EXPECT_THAT(hearer_->last(), AllOf(HasSubstr(R"("isLeader":false)"), HasSubstr(R"("seq":1,)"),
                                       HasSubstr(R"("validUntilBoottimeMs":0})")));
    status_.tell(status_.no(Reason::Changed, "web-1"));
    ASSERT_TRUE(hears("changed"));
    status_.tell(status_.no(Reason::Renewed, "web-1"));  // another's: nothing new
    status_.tell(status_.no(Reason::Changed, "web-2"));
    ASSERT_TRUE(eventually([&] { return hearer_->reasons().size() == 3; }));
    status_.tell(status_.yes(Reason::Acquired));
    ASSERT_TRUE(hears("acquired"));
    EXPECT_THAT(hearer_->last(),
                AllOf(StartsWith(R"({"leader":"web-0","id":"web-0","isLeader":true,)"),
                      Not(HasSubstr("validForMs")), HasSubstr(R"("validUntilBoottimeMs":3604200})"),
                      EndsWith("\n")));
    status_.tell(status_.yes(Reason::Renewed));
    ASSERT_TRUE(hears("renewed"));
    EXPECT_THAT(hearer_->reasons(),
                ElementsAre("initial", "changed", "changed", "acquired", "renewed"));
    EXPECT_TRUE(eventually([&] { return told_ == 6U; }));
    teller_->measure();
    EXPECT_THAT(metrics_.text(),
                AllOf(HasSubstr("leader_elector_told_total{way=\"status-dir\",result=\"ok\","
                                "namespace=\"default\",lease=\"web\"} 5"),
                      HasSubstr("leader_elector_untold_seconds{way=\"status-dir\","
                                "namespace=\"default\",lease=\"web\"} 0")));
}

TEST_F(TellerTest, WhatFailsIsTriedAgainAndWarnedOfOnce) {
    hearer_->fail("cannot write x: No space left on device");
    begin();
    ASSERT_TRUE(eventually([&] { return hearer_->attempts() > 2; }));
    EXPECT_TRUE(eventually([&] {
        return teller_->trouble() == "--status-dir: cannot write x: No space left on device";
    }));
    EXPECT_EQ(told_, 0U);
    hearer_->fail("");
    ASSERT_TRUE(hears("initial"));
    EXPECT_TRUE(eventually([&] { return !teller_->trouble(); }));
    EXPECT_EQ(log_.count("--status-dir does not work, will retry"), 1);
    EXPECT_EQ(log_.count("No space left on device"), 1);
    EXPECT_EQ(log_.count("--status-dir works again"), 1);
    EXPECT_THAT(metrics_.text(), Not(HasSubstr("result=\"failed\",name=\"web\","
                                               "namespace=\"default\"} 0\n")));
}

// A renewal is no reason to try again sooner; a "no" is.
TEST_F(TellerTest, AChangeIsTriedAtOnceThoughTheLastOneFailed) {
    hearer_->fail("no");
    begin();
    ASSERT_TRUE(eventually([&] { return hearer_->attempts() > 4; })) << "now it pauses";
    hearer_->fail("");
    status_.tell(status_.no(Reason::Changed, "web-1"));
    EXPECT_TRUE(hears("changed"));
}

TEST_F(TellerTest, WhatHangsHoldsUpNobodyAndMissesNoNo) {
    hearer_->hang(true);
    begin();
    ASSERT_TRUE(eventually([&] { return hearer_->attempts() == 1; }));
    for (int term = 0; term < 100; ++term) {
        status_.tell(status_.yes(Reason::Acquired));
        status_.tell(status_.no(Reason::Lost));
    }
    EXPECT_EQ(teller_->trouble(), std::nullopt);
    clock_.advance(6s);
    EXPECT_EQ(teller_->trouble(), "--status-dir: nothing was told for 6s");
    status_.tell(status_.yes(Reason::Acquired));
    EXPECT_EQ(log_.count("nothing was told for 6s"), 1);
    teller_->measure();
    EXPECT_THAT(metrics_.text(), HasSubstr("leader_elector_untold_seconds{way=\"status-dir\","
                                           "namespace=\"default\",lease=\"web\"} 6"));
    hearer_->hang(false);
    ASSERT_TRUE(hears("acquired"));
    EXPECT_THAT(hearer_->reasons(), ElementsAre("initial", "lost", "acquired"));
}

TEST_F(TellerTest, EndsWithTheLastStateAndLeavesBehindWhatHangs) {
    begin();
    ASSERT_TRUE(hears("initial"));
    status_.tell(status_.yes(Reason::Acquired));
    status_.tell(status_.no(Reason::Draining));
    teller_.reset();
    EXPECT_THAT(hearer_->reasons(), testing::Contains("draining"));

    hearer_->hang(true);
    begin();
    ASSERT_TRUE(eventually([&] { return hearer_->attempts() > 1; }));
    teller_.reset();  // the stop is heeded

    // As a disk that does not come back: nothing ends it.
    auto forever = std::make_shared<std::promise<void>>();
    begin([forever](const Teller::State&, const std::stop_token&) -> std::optional<std::string> {
        forever->get_future().wait();
        return std::nullopt;
    });
    teller_.reset();
    forever->set_value();
}

// --------------------------------------------------------------------------------- status folder

class StatusFolderTest : public TellerTest {
  protected:
    StatusFolderTest() { begin(statusFolder(folder_.path())); }

    std::string state() const { return read("state.json"); }
    std::string read(const std::string& name) const {
        const std::string path = folder_.path() + "/" + name;
        return std::filesystem::exists(path) ? test::readText(path) : "";
    }
    bool keeps(const std::string& part) const {
        return eventually([&] { return state().find(part) != std::string::npos; });
    }
    bool isLeaderThere() const { return std::filesystem::exists(folder_.path() + "/leader"); }

    test::TemporaryFolder folder_;
};

TEST_F(StatusFolderTest, HasTheStateAlwaysAndTheTokenWhileItLeads) {
    ASSERT_TRUE(keeps("\"initial\""));
    EXPECT_FALSE(isLeaderThere());
    status_.tell(status_.yes(Reason::Acquired));
    EXPECT_TRUE(eventually([&] { return read("leader") == "9007199254740993 3604200\n"; }));
    EXPECT_THAT(state(), AllOf(HasSubstr("\"acquired\""), EndsWith("}\n")));
    struct stat status{};
    for (const char* name : {"/state.json", "/leader"}) {
        ASSERT_EQ(stat((folder_.path() + name).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0644U);
    }
    clock_.advance(1s);
    status_.tell(status_.yes(Reason::Renewed));
    EXPECT_TRUE(eventually([&] { return read("leader") == "9007199254740993 3605200\n"; }));
    status_.tell(status_.no(Reason::Lost, "web-1"));
    EXPECT_TRUE(eventually([&] { return !isLeaderThere(); }));
    EXPECT_TRUE(keeps("\"lost\""));
}

TEST_F(StatusFolderTest, TakesAwayWhatAKilledElectorLeft) {
    ASSERT_TRUE(keeps("\"initial\""));
    teller_.reset();
    test::writeText(folder_.path() + "/leader", "17 1000\n");
    begin(statusFolder(folder_.path()));
    EXPECT_TRUE(eventually([&] { return !isLeaderThere(); }));
}

TEST_F(StatusFolderTest, SaysNoThoughNothingCanBeWritten) {
    status_.tell(status_.yes(Reason::Acquired));
    ASSERT_TRUE(eventually([&] { return isLeaderThere(); }));
    std::filesystem::create_directory(folder_.path() + "/.state.json.new");
    status_.tell(status_.no(Reason::Lost));
    EXPECT_TRUE(eventually([&] { return !isLeaderThere(); }));
    EXPECT_TRUE(eventually([&] { return teller_->trouble().has_value(); }));
    EXPECT_THAT(*teller_->trouble(), StartsWith("--status-dir: cannot create "));
    EXPECT_EQ(log_.count("--status-dir does not work, will retry"), 1);
    std::filesystem::remove(folder_.path() + "/.state.json.new");
    EXPECT_TRUE(keeps("\"lost\""));
}

// -------------------------------------------------------------------------------------- callback

class CallbackTest : public TellerTest {
  protected:
    static Teller::Tell to(std::uint16_t port) {
        return callback({false, "localhost", port, "/leader?a=b"});
    }
};

TEST_F(CallbackTest, PostsTheStateWithItsNumberAndTheTokenOfAYes) {
    commands::ScriptedServer server(commands::answers(204, ""));
    status_.set(status_.yes(Reason::Acquired));
    const auto state = Teller::State{status_.answer(), "{}\n"};
    EXPECT_EQ(to(server.port())(state, {}), std::nullopt);
    EXPECT_THAT(server.request(),
                AllOf(StartsWith("POST /leader?a=b HTTP/1.1\r\nHost: 127.0.0.1:"),
                      HasSubstr("\r\nLeader-Elector-Seq: 2\r\n"),
                      HasSubstr("\r\nLeader-Elector-Token: 9007199254740993\r\n"),
                      HasSubstr("\r\nContent-Type: application/json\r\nContent-Length: 3\r\n")));
}

TEST_F(CallbackTest, ANoHasNoToken) {
    commands::ScriptedServer server(commands::answers(200, "ok"));
    EXPECT_EQ(to(server.port())({status_.answer(), "{}\n"}, {}), std::nullopt);
    EXPECT_THAT(server.request(), Not(HasSubstr("Leader-Elector-Token")));
}

TEST_F(CallbackTest, WhoeverIsSilentTalksForEverOrIsNotThereFailsInTwoSeconds) {
    const runtime::SystemClock clock;
    for (const auto& script : {commands::keepsSilent(), commands::drips()}) {
        commands::ScriptedServer server(script);
        const auto began = clock.now();
        EXPECT_THAT(to(server.port())({}, {}).value_or(""), HasSubstr("gives no answer"));
        EXPECT_GE(clock.now() - began, 2s);
        EXPECT_LT(clock.now() - began, 2s + 5s);
    }
    const commands::ClosedPort closed;
    EXPECT_THAT(to(closed.port())({}, {}).value_or(""), HasSubstr("gives no answer"));
}

TEST_F(CallbackTest, AStopEndsACallThatHangs) {
    commands::ScriptedServer server(commands::keepsSilent());
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(to(server.port())({}, stop.get_token()));
}

}  // namespace
}  // namespace elector
