#include <fmt/format.h>
#include <atomic>

#include "tests/integration/integration_test.h"

// What electors do about an API server that goes wrong.
namespace elector::test {
namespace {

// A fault, by name.
struct Case {
    std::string name;
    ApiFault fault;
};
void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}
std::string caseName(const testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

class FaultTest : public IntegrationTest, public testing::WithParamInterface<Case> {
  protected:
    // Requests of these verbs go wrong as `fault` says, the next `times` ones.
    void spoil(const std::set<std::string>& verbs, ApiFault fault, int times) {
        left_ = times;
        server_.onRequest([this, verbs, fault](const ApiRequest& request) {
            return verbs.contains(request.verb) && left_-- > 0 ? fault : ApiFault{};
        });
    }
    static constexpr int kAlways = 1'000'000;

    std::atomic<int> left_ = 0;
};

using OneFaultTest = FaultTest;

INSTANTIATE_TEST_SUITE_P(
    Faults, OneFaultTest,
    testing::Values(Case{"Conflict409", ApiFault::refuse(409)},
                    Case{"TooManyRequests429", ApiFault::refuse(429)},
                    Case{"InternalError500", ApiFault::refuse(500)},
                    Case{"Unavailable503ThoughApplied", ApiFault::refuseThoughApplied(503)},
                    Case{"GatewayTimeout504ThoughApplied", ApiFault::refuseThoughApplied(504)},
                    Case{"Hang", ApiFault::of(ApiFault::Kind::Hang)},
                    Case{"LateApplication", ApiFault::of(ApiFault::Kind::ApplyLate)},
                    Case{"LateAnswer", ApiFault::of(ApiFault::Kind::AnswerLate)},
                    Case{"LostAnswer", ApiFault::of(ApiFault::Kind::LoseAnswer)},
                    Case{"TruncatedBody", ApiFault::of(ApiFault::Kind::TruncateBody)},
                    Case{"TruncatedChunk", ApiFault::of(ApiFault::Kind::TruncateChunk)},
                    Case{"SlowDrip", ApiFault::of(ApiFault::Kind::Drip)},
                    Case{"NoJson", ApiFault::answer("<html>")},
                    Case{"OtherJson", ApiFault::answer(R"({"kind":"Status","status":"Success"})")},
                    Case{"Megabyte", ApiFault::answer(std::string(std::size_t{1} << 20U, 'x'))}),
    caseName);

TEST_P(OneFaultTest, OneLostRenewalEndsNoTerm) {
    const auto leader = elector("web-0");
    ASSERT_TRUE(leader->waitUntilLeading());
    const auto follower = elector("web-1");
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    claims_.follow(leader);
    claims_.follow(follower);
    const std::string before = token(*leader);

    spoil({"update"}, GetParam().fault, 1);
    ASSERT_TRUE(eventually([&] { return left_ <= 0; }));
    ASSERT_TRUE(waitForUpdates(3)) << leader->output();
    server_.releaseHung();
    ASSERT_TRUE(waitForUpdates(6)) << leader->output();
    EXPECT_EQ(token(*leader), before) << leader->output();
    claims_.stop();
    EXPECT_EQ(claims_.overlaps(), "");
}

using LastingFaultTest = FaultTest;

INSTANTIATE_TEST_SUITE_P(Faults, LastingFaultTest,
                         testing::Values(Case{"Conflict409", ApiFault::refuse(409)},
                                         Case{"Unauthorized401", ApiFault::refuse(401)},
                                         Case{"Forbidden403", ApiFault::refuse(403)},
                                         Case{"Gone410", ApiFault::refuse(410)},
                                         Case{"Invalid422", ApiFault::refuse(422)},
                                         Case{"TooManyRequests429", ApiFault::refuse(429, 1)},
                                         Case{"InternalError500", ApiFault::refuse(500)},
                                         Case{"Redirect", ApiFault::refuse(302)},
                                         Case{"Hang", ApiFault::of(ApiFault::Kind::Hang)},
                                         Case{"LostRequest", ApiFault::of(ApiFault::Kind::None)},
                                         Case{"SlowDrip", ApiFault::of(ApiFault::Kind::Drip)},
                                         Case{"NoJson", ApiFault::answer("{}")}),
                         caseName);

TEST_P(LastingFaultTest, EndsTheTermInTimeAndIsSurvived) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    claims_.follow(web);
    const std::string before = token(*web);

    // LostRequest: the connection is cut, nothing is applied.
    const bool lost = GetParam().name == "LostRequest";
    spoil({"get", "list", "watch", "create", "update"},
          lost ? ApiFault{ApiFault::Kind::Hang, 0, std::nullopt, {}, false} : GetParam().fault,
          kAlways);
    const auto begun = clock_.now();
    const int requests = static_cast<int>(server_.requests().size());
    ASSERT_TRUE(eventually([&] {
        if (lost) {
            server_.releaseHung();
        }
        return !isLeading(*web);
    })) << web->output();
    EXPECT_LE(clock_.now() - begun, kRenew + kSlack);
    ASSERT_TRUE(eventually([&] {
        EXPECT_FALSE(isLeading(*web));
        return clock_.now() - begun > 2 * kLease;
    }));
    EXPECT_EQ(web->get("/healthz")->status, 200);
    // Neither silent nor a storm: at most one about every 20 ms, if all fail at once.
    EXPECT_LE(static_cast<int>(server_.requests().size()) - requests, 250);

    left_ = 0;
    server_.releaseHung();
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    EXPECT_NE(token(*web), before);
    claims_.stop();
    EXPECT_EQ(claims_.disorder(), "");
}

using FailingWritesTest = FaultTest;

INSTANTIATE_TEST_SUITE_P(Faults, FailingWritesTest,
                         testing::Values(Case{"InternalError500", ApiFault::refuse(500)},
                                         Case{"Unavailable503", ApiFault::refuse(503)},
                                         Case{"GatewayTimeout504", ApiFault::refuse(504)},
                                         Case{"TooManyRequests429", ApiFault::refuse(429, 1)},
                                         Case{"Hang", ApiFault::of(ApiFault::Kind::Hang)},
                                         Case{"NoJson", ApiFault::answer("<html>")}),
                         caseName);

// As where an admission webhook is down: whatever is read, is answered.
TEST_P(FailingWritesTest, AreToldAndMakeItUnreadyUntilOneSucceeds) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    ASSERT_EQ(web->get("/readyz")->status, 200);
    spoil({"create", "update"}, GetParam().fault, kAlways);
    ASSERT_TRUE(eventually([&] { return web->get("/readyz")->status == 503; })) << web->output();
    EXPECT_FALSE(isLeading(*web));
    const auto ready = web->get("/readyz");
    EXPECT_THAT(ready->body, testing::HasSubstr("update")) << ready->body;
    EXPECT_THAT(web->get("/api/leader")->body, testing::HasSubstr("\"trouble\":"));
    EXPECT_EQ(web->get("/healthz")->status, 200);
    left_ = 0;
    server_.releaseHung();
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    EXPECT_EQ(web->get("/readyz")->status, 200);
    EXPECT_THAT(web->get("/api/leader")->body, testing::Not(testing::HasSubstr("\"trouble\":")));
}

TEST_F(FaultTest, TwoWritesThatFailInARowLeaveItReady) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    spoil({"update"}, ApiFault::refuse(500), 2);
    ASSERT_TRUE(eventually([&] {
        EXPECT_EQ(web->get("/readyz")->status, 200) << web->output();
        return left_ <= 0;
    }));
    ASSERT_TRUE(waitForUpdates(2)) << web->output();
    EXPECT_EQ(web->get("/readyz")->status, 200) << web->output();
}

TEST_F(FaultTest, RetryAfterIsHeeded) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    spoil({"get", "list", "watch", "create", "update"}, ApiFault::refuse(429, 3), kAlways);
    ASSERT_TRUE(waitForUpdates(1));
    const auto throttled = clock_.now();
    const auto requests = server_.requests().size();
    ASSERT_TRUE(eventually([&] { return clock_.now() - throttled > 2 * kLease; }));
    // Two rounds of the renewals and of the watch at most; without heed it would be twenty.
    EXPECT_LE(server_.requests().size() - requests, 8U);
    EXPECT_FALSE(isLeading(*web));
    left_ = 0;
    EXPECT_TRUE(web->waitUntilLeading()) << web->output();
}

TEST_F(FaultTest, AServerThatIsDownForThreeLeasesIsComeBackTo) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    claims_.follow(first);
    claims_.follow(second);
    server_.setDown(true);
    const auto down = clock_.now();
    ASSERT_TRUE(waitUntilNotLeading(*first, kRenew + kSlack));
    ASSERT_TRUE(eventually([&] {
        EXPECT_FALSE(isLeading(*first) || isLeading(*second));
        return clock_.now() - down > 3 * kLease;
    }));
    server_.setDown(false);
    ASSERT_TRUE(eventually([&] { return isLeading(*first) || isLeading(*second); }, Seconds(5)));
    claims_.stop();
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(FaultTest, AnAcquisitionWhoseAnswerIsLostIsWrittenAgainForItsToken) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    claims_.follow(first);
    claims_.follow(second);
    first->signal(SIGKILL);
    spoil({"update"}, ApiFault::of(ApiFault::Kind::LoseAnswer), 1);
    ASSERT_TRUE(second->waitUntilLeading()) << second->output();
    claims_.stop();
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(FaultTest, ALateApplicationRevivesNoTerm) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    claims_.follow(first);
    const std::string before = token(*first);
    // All updates get lost on the way until the term is over; then one of them lands.
    spoil({"update"}, ApiFault::of(ApiFault::Kind::ApplyLate), kAlways);
    ASSERT_TRUE(waitUntilNotLeading(*first));
    left_ = 0;
    server_.releaseHung();
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    EXPECT_NE(token(*first), before);
    claims_.stop();
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(FaultTest, AServerThatStallsAndThenHasAnotherNameIsNotTrusted) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    server_.setTls(TlsMode::StallThenWrongName);
    server_.dropConnections();
    const auto requests = server_.requests().size();
    ASSERT_TRUE(waitUntilNotLeading(*web, kRenew + kSlack)) << web->output();
    const auto begun = clock_.now();
    ASSERT_TRUE(eventually([&] {
        server_.releaseHung();
        return clock_.now() - begun > kLease;
    }));
    EXPECT_FALSE(isLeading(*web));
    // Not a byte of a request, and so of the token, went to the stranger.
    EXPECT_LE(server_.requests().size(), requests + 1);
    server_.setTls(TlsMode::Proper);
    server_.dropConnections();
    EXPECT_TRUE(web->waitUntilLeading()) << web->output();
}

TEST_F(FaultTest, AServerWithAnotherNameIsNamedInTheLogAndGetsNoToken) {
    server_.setTls(TlsMode::WrongName);
    const auto web = elector("web-0");
    EXPECT_TRUE(web->waitForOutput("certificate")) << web->output();
    EXPECT_EQ(web->get("/readyz")->status, 503);
    EXPECT_EQ(web->get("/healthz")->status, 200);
    EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace elector::test
