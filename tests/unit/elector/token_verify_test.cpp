#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "elector/term_api.h"
#include "fake_status.h"
#include "tests/support/test_client.h"
#include "tests/unit/http/remote_addresses.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kIsNot = "HTTP/1.1 409 ";
constexpr const char* kUnknown = "HTTP/1.1 503 ";

// GET /api/token/verify: what is answered to which state of the Lease.
class TokenVerifyTest : public http::ServerFixture {
  protected:
    TokenVerifyTest() {
        rules_.session = "uid/nonce";
        status_.shownAnswer.isLeader = true;
        status_.shownAnswer.fencingToken = "48213";
        isHeldBy("web-0", "uid/nonce");
    }
    ~TokenVerifyTest() override { server.reset(); }

    // As the Lease will be read, at version 48300.
    void isHeldBy(const std::string& holder, const std::string& session) {
        lease_.record.holder = holder;
        lease_.record.session = session;
        reading_ = std::optional(lease_);
    }
    void doesNotLead(const std::string& endedToken) {
        status_.shownAnswer = {};
        status_.shownAnswer.endedToken = endedToken;
    }

    std::string verify(const std::string& query) {
        if (!server) {
            api_.emplace(
                status_, rules_, [](const election::StepDownRequested&) {},
                [this](const FreshReads::Reader& reader) {
                    ++reads_;
                    reader(reading_);
                });
            api_->addRoutes(router);
            start();
        }
        http::TestClient client(port());
        client.send("GET /api/token/verify" + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client.answer();
    }
    std::string verdictOn(const std::string& token) { return verify("?token=" + token); }

    FakeStatus status_;
    TermApi::Rules rules_;
    election::Lease lease_{"u", *election::Revision::parse("48300"), {}, {}, {}, {}, false};
    FreshReads::Reading reading_ = std::optional<election::Lease>();
    int reads_ = 0;
    std::optional<TermApi> api_;
};

TEST_F(TokenVerifyTest, TheTokenOfTheTermIsCurrentAndNoOther) {
    const std::string answer = verdictOn("48213");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n{\"current\":true,\"token\":\"48213\"}\n"));
    for (const char* token : {"48212", "48214", "48300", "99999", "4821"}) {
        const std::string other = verdictOn(token);
        EXPECT_THAT(other, StartsWith(kIsNot)) << token;
        EXPECT_THAT(other, HasSubstr("Content-Type: application/json\r\n"));
        EXPECT_THAT(other, EndsWith("{\"current\":false,\"currentToken\":\"48213\"}\n"));
    }
    EXPECT_EQ(reads_, 6) << "never from memory";
}

TEST_F(TokenVerifyTest, WhatTheLeaseShowsOutweighsWhatThisProcessBelieves) {
    isHeldBy("web-1", "other/nonce");
    EXPECT_THAT(verdictOn("48213"), StartsWith(kIsNot));
    EXPECT_THAT(verdictOn("48213"), EndsWith("{\"current\":false,\"currentToken\":\"\"}\n"));
    // The same name in another process: a predecessor's in the Pod, or a namesake's.
    isHeldBy("web-0", "uid/other");
    EXPECT_THAT(verdictOn("48213"), StartsWith(kIsNot));
    // A client that took the Lease and kept the annotation.
    isHeldBy("web-1", "uid/nonce");
    EXPECT_THAT(verdictOn("48213"), StartsWith(kIsNot));
    isHeldBy("", "uid/nonce");
    EXPECT_THAT(verdictOn("48213"), StartsWith(kIsNot)) << "released";
    reading_ = std::optional<election::Lease>();
    EXPECT_THAT(verdictOn("48213"), StartsWith(kIsNot)) << "deleted";
}

TEST_F(TokenVerifyTest, ATermThatHasEndedIsNotConfirmedThoughTheLeaseIsStillHeld) {
    doesNotLead("48213");
    EXPECT_THAT(verdictOn("48213"), StartsWith(kIsNot)) << "draining, or expired";
}

TEST_F(TokenVerifyTest, OneThatFollowsKnowsItsOwnPastTokensAndThoseThatNobodyWasGiven) {
    doesNotLead("48213");
    isHeldBy("web-1", "other/nonce");
    for (const char* token : {"48213", "48000", "48301", "999999"}) {
        EXPECT_THAT(verdictOn(token), StartsWith(kIsNot)) << token;
    }
    for (const char* token : {"48214", "48300"}) {
        const std::string answer = verdictOn(token);
        EXPECT_THAT(answer, StartsWith(kUnknown)) << token;
        EXPECT_THAT(answer,
                    EndsWith("\r\n\r\nweb-1 leads: only its own elector knows the token of its "
                             "term.\n"));
    }
    doesNotLead("");
    EXPECT_THAT(verdictOn("48213"), StartsWith(kUnknown));
}

TEST_F(TokenVerifyTest, ALeaseThatCannotBeReadConfirmsNothing) {
    reading_ = election::ApiError{election::ErrorKind::TimedOut, 0, std::nullopt, "no answer"};
    for (const char* token : {"48213", "1"}) {
        const std::string answer = verdictOn(token);
        EXPECT_THAT(answer, StartsWith(kUnknown));
        EXPECT_THAT(answer, EndsWith("\r\n\r\nno answer\n"));
    }
}

TEST_F(TokenVerifyTest, WhatIsNoTokenIsRefusedUnread) {
    for (const char* query : {"", "?token=", "?token=0", "?token=-1", "?token=48213%20",
                              "?token=048213", "?token=web-0"}) {
        const std::string answer = verify(query);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << query;
        EXPECT_THAT(answer, HasSubstr(" is refused: a fencing token is a decimal number")) << query;
    }
    EXPECT_EQ(reads_, 0);
}

TEST_F(TokenVerifyTest, OnlyTheLoopbackMayAsk) {
    EXPECT_THAT(verdictOn("48213"), StartsWith("HTTP/1.1 200 "));
    const auto match =
        std::get<http::Router::Match>(router.find("GET", "/api/token/verify", "token=48213"));
    const http::RequestHead head;
    const auto remote = http::v4("10.0.0.9");
    const auto answer = match.route->handler({head, "", remote, "", match.parameters});
    EXPECT_EQ(std::get<http::Response>(answer).status, 403);
    EXPECT_EQ(reads_, 1);
}

}  // namespace
}  // namespace elector
