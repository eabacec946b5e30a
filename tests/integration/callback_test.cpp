#include <fcntl.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/http/server.h"
#include "tests/integration/integration_test.h"

// --on-change-url: a program that is called.
namespace elector::test {
namespace {

using http::Later;
using http::Request;
using http::Response;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A program that is called, and what it answers. Threads: the server's loop, and the test's.
class Receiver {
  public:
    struct Call {
        std::uint64_t seq;
        std::string token;  // "none" where there is no such header
        std::string body;
    };

    Receiver() {
        http::Router router;
        router.answer("POST", "/leader", [this](const Request& request) { return hear(request); });
        router.answer("POST", "/elsewhere", [this](const Request&) {
            ++strayed_;
            return Response::text(200, "");
        });
        http::ServerOptions options;
        options.host = "127.0.0.1";
        options.limits.bodyBytes = 4096;
        server_ =
            std::make_unique<http::Server>(std::move(options), std::move(router), clock_, log_);
        server_->start();
    }
    ~Receiver() {
        server_->post([this] { kept_.clear(); });
        server_->stop();
    }

    std::string flag() const {
        return "--on-change-url=http://localhost:" + std::to_string(server_->port()) + "/leader";
    }
    // With which status to answer from now on; 0: never.
    void answer(int status) {
        const std::lock_guard guard(mutex_);
        status_ = status;
    }
    // What it was told with `part` in it, in order.
    std::vector<Call> calls(const std::string& part) const {
        const std::lock_guard guard(mutex_);
        std::vector<Call> found;
        for (const Call& call : calls_) {
            if (call.body.find(part) != std::string::npos) {
                found.push_back(call);
            }
        }
        return found;
    }
    int strayed() const { return strayed_; }

  private:
    std::variant<Response, Later> hear(const Request& request) {
        const std::lock_guard guard(mutex_);
        calls_.push_back({std::stoull(std::string(*request.head.field("Leader-Elector-Seq"))),
                          std::string(request.head.field("Leader-Elector-Token").value_or("none")),
                          std::string(request.body)});
        if (status_ != 0) {
            return Response{status_, "", "", {{"Location", "/elsewhere"}}};
        }
        return [this](const http::Responder& responder) { kept_.push_back(responder); };
    }

    runtime::SystemClock clock_;
    runtime::Descriptor sink_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    runtime::Log log_{runtime::LogLevel::Info, runtime::LogFormat::Text, clock_, sink_.get()};
    mutable std::mutex mutex_;
    int status_ = 204;
    std::vector<Call> calls_;
    std::atomic<int> strayed_ = 0;
    std::vector<http::Responder> kept_;  // of the loop
    std::unique_ptr<http::Server> server_;
};

class CallbackTest : public IntegrationTest {
  protected:
    bool hears(const std::string& part, std::size_t times = 1) {
        return eventually([&] { return receiver_.calls(part).size() >= times; });
    }
    static std::string metric(const ElectorProcess& process, const std::string& result) {
        const std::string name =
            "leader_elector_told_total{way=\"on-change-url\",result=\"" + result + "\"";
        const std::string all = process.get("/metrics")->body;
        const auto at = all.find(name);
        return all.substr(at, all.find('\n', at) - at);
    }

    Receiver receiver_;
};

TEST_F(CallbackTest, AProgramIsToldEachChangeAndEachRenewalOfItsOwn) {
    // The drain ends with the answer: without one, the next state might come before the call.
    const auto web = elector("web-0", {receiver_.flag(), "--drain=40s"});
    ASSERT_TRUE(hears(R"("reason":"renewed")", 2)) << web->output();
    const std::string held = token(*web);
    web->signal(SIGTERM);
    EXPECT_EQ(web->waitForExit(), 0) << web->output();
    ASSERT_EQ(receiver_.calls(R"("reason":"draining")").size(), 1U);
    std::uint64_t last = 0;
    for (const Receiver::Call& call : receiver_.calls("")) {
        const bool isYes = call.body.find(R"("isLeader":true)") != std::string::npos;
        EXPECT_EQ(call.token, isYes ? held : "none") << call.body;
        EXPECT_GT(call.seq, last);
        last = call.seq;
        EXPECT_THAT(call.body,
                    AllOf(HasSubstr("\"seq\":" + std::to_string(call.seq) + ","),
                          HasSubstr(R"("validUntilBoottimeMs":)"), Not(HasSubstr("validForMs"))));
    }
}

TEST_F(CallbackTest, AProgramThatHasStoppedEndsTheDrainButNoPromiseToOthers) {
    const auto first = elector("web-0", {receiver_.flag(), "--drain=40s"});
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    claims_.follow(first);
    claims_.follow(second);
    ASSERT_TRUE(waitForUpdates(3));
    receiver_.answer(503);
    const auto asked = clock_.now();
    first->signal(SIGTERM);
    ASSERT_TRUE(hears(R"("reason":"draining")", 3)) << "what is refused is told again";
    EXPECT_TRUE(waitForUpdates(2 * static_cast<int>(kLease / kRetry))) << "it drains";
    EXPECT_FALSE(isLeading(*second));
    receiver_.answer(200);
    EXPECT_TRUE(claims_.stopAtToken(2));
    EXPECT_LT(clock_.now() - asked, Seconds(40));
    EXPECT_EQ(first->waitForExit(), 0) << first->output();
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(CallbackTest, WhereNobodyAnswersTheDrainIsWaitedOutAndNothingElse) {
    receiver_.answer(0);
    const auto first = elector("web-0", {receiver_.flag(), "--drain=4s"});
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    const std::string held = token(*first);
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForUpdates(3 * static_cast<int>(kLease / kRetry)));
    EXPECT_EQ(token(*first), held) << "it has renewed in time";
    ASSERT_TRUE(first->waitForOutput("--on-change-url does not work, will retry"));
    EXPECT_THAT(metric(*first, "failed"), Not(testing::EndsWith(" 0")));
    EXPECT_EQ(first->get("/readyz")->status, 200);
    const auto asked = clock_.now();
    first->signal(SIGTERM);
    ASSERT_TRUE(waitUntilNotLeading(*first));
    EXPECT_LT(clock_.now() - asked, Seconds(2)) << "sooner than a call may take";
    ASSERT_TRUE(second->waitUntilLeading());
    EXPECT_GE(clock_.now() - asked, Seconds(4));
    EXPECT_EQ(first->waitForExit(), 0) << first->output();
    EXPECT_EQ(first->timesSaid("--on-change-url does not work"), 1);
}

TEST_F(CallbackTest, ARedirectIsNotFollowedAndIsNoYes) {
    receiver_.answer(307);
    const auto first = elector("web-0", {receiver_.flag(), "--drain=3s"});
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    ASSERT_TRUE(eventually([&] {
        return first->get("/readyz")->body.find("/leader answers 307") != std::string::npos;
    }));
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    const auto asked = clock_.now();
    first->signal(SIGTERM);
    ASSERT_TRUE(second->waitUntilLeading());
    EXPECT_GE(clock_.now() - asked, Seconds(3));
    EXPECT_EQ(receiver_.strayed(), 0);
}

}  // namespace
}  // namespace elector::test
