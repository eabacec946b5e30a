#include "elector/leader_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_client.h"
#include "tests/unit/elector/told_status.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using namespace std::chrono_literals;
using election::Reason;
using election::Standing;
using http::TestClient;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class LeaderApiTest : public http::ServerFixture {
  protected:
    explicit LeaderApiTest(bool tellsNamesOnly = false) : api_(status_, clock, tellsNamesOnly) {
        api_.addRoutes(router);
        start();
    }
    ~LeaderApiTest() override {
        api_.end();
        server.reset();
    }

    void start() {
        server = std::make_unique<http::Server>(options, router, clock, log);
        subscription_ = std::unique_ptr<campaign::Feed::Subscription>(
            new campaign::Feed::Subscription(api_.begin(*server, status_.feed())));
        server->start();
    }

    void tell(const Standing& standing) { status_.tell(standing); }
    Standing no(Reason reason, const std::string& leader = "") {
        return status_.no(reason, leader);
    }
    Standing yes(Reason reason, const std::string& token = "9007199254740993") {
        return status_.yes(reason, token);
    }

    std::string get(const std::string& path) { return TestClient(port()).get(path); }
    static std::string request(const std::string& path, const std::string& headers = "") {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    }
    // Sends it, and waits until the server has begun to answer: then it waits, or streams.
    void begin(TestClient& client, const std::string& bytes) {
        const std::uint64_t before = server->stats().requests;
        client.send(bytes);
        EXPECT_TRUE(http::eventually([&] { return server->stats().requests > before; }));
        server->barrier().wait();
    }
    // The id of the state that is told now.
    std::string eventId() {
        const std::string answer = get("/api/leader");
        const auto at = answer.find("ETag: \"") + 7;
        return answer.substr(at, answer.find('"', at) - at);
    }
    // The next message of a stream.
    static std::string event(TestClient& client) { return client.until("\n\n\r\n"); }

    test::ToldStatus status_{clock};
    LeaderApi api_;
    std::unique_ptr<campaign::Feed::Subscription> subscription_;
};

// ------------------------------------------------------------------------------------------ asking

TEST_F(LeaderApiTest, TellsAllAboutTheLeader) {
    tell(yes(Reason::Acquired));
    const std::string answer = get("/api/leader");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(answer,
                EndsWith("\r\n\r\n{\"leader\":\"web-0\",\"id\":\"web-0\",\"isLeader\":true,"
                         "\"lease\":\"default/web\",\"fencingToken\":\"9007199254740993\","
                         "\"leaseUID\":\"6d0ad6e5\",\"transitions\":3,"
                         "\"acquireTime\":\"2026-01-02T03:04:05.000006Z\","
                         "\"renewTime\":\"2026-01-02T03:04:07.000000Z\",\"seq\":2,"
                         "\"reason\":\"acquired\",\"validForMs\":4200,"
                         "\"validUntilMonotonicMs\":3604200,\"validUntilBoottimeMs\":3604200}\n"));
}

TEST_F(LeaderApiTest, TellsThatNobodyLeads) {
    EXPECT_THAT(get("/api/leader"),
                EndsWith("{\"leader\":\"\",\"id\":\"web-0\",\"isLeader\":false,"
                         "\"lease\":\"default/web\",\"fencingToken\":\"\",\"leaseUID\":\"\","
                         "\"transitions\":0,\"acquireTime\":null,\"renewTime\":null,\"seq\":1,"
                         "\"reason\":\"initial\",\"validForMs\":0,"
                         "\"validUntilMonotonicMs\":0,\"validUntilBoottimeMs\":0}\n"));
}

TEST_F(LeaderApiTest, TellsEachChange) {
    EXPECT_THAT(get("/api/leader"), HasSubstr("\"leader\":\"\""));
    tell(no(Reason::Changed, "web-1"));
    EXPECT_THAT(get("/api/leader"),
                AllOf(HasSubstr("\"leader\":\"web-1\""), HasSubstr("\"validForMs\":15000,")));
    pass(7s);
    EXPECT_THAT(get("/api/leader"), HasSubstr("\"validForMs\":8000,"));
    tell(yes(Reason::Acquired));
    EXPECT_THAT(get("/api/leader"), HasSubstr("\"isLeader\":true"));
    pass(4200ms);
    EXPECT_THAT(get("/api/leader"),
                AllOf(HasSubstr("\"isLeader\":false"), HasSubstr("\"validUntilBoottimeMs\":0}")));
}

TEST_F(LeaderApiTest, TellsTheTroubleWhileThereIsSome) {
    EXPECT_THAT(get("/api/leader"), Not(HasSubstr("trouble")));
    Standing troubled = no(Reason::Vacant);
    troubled.trouble = "leases \"web\" need a label";
    tell(troubled);
    EXPECT_THAT(get("/api/leader"), HasSubstr(R"(,"trouble":"leases \"web\" need a label",)"));
    tell(no(Reason::Vacant));
    EXPECT_THAT(get("/api/leader"), Not(HasSubstr("trouble")));
}

TEST_F(LeaderApiTest, TellsThatAnotherLeadsForLifeWhereThatIsSo) {
    tell(no(Reason::Changed, "old-0"));
    EXPECT_THAT(get("/api/leader"), Not(HasSubstr("leadsForLife")));
    Standing forLife = no(Reason::Changed, "old-0");
    forLife.leadsForLife = true;
    tell(forLife);
    EXPECT_THAT(get("/api/leader"), HasSubstr(R"("leader":"old-0",)"));
    EXPECT_THAT(get("/api/leader"), HasSubstr(R"(,"leadsForLife":true,)"));
}

TEST_F(LeaderApiTest, SaysYesOrNoWithTheToken) {
    EXPECT_THAT(get("/api/is-leader"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\nfalse\n"),
                                             Not(HasSubstr("X-Fencing-Token"))));
    tell(yes(Reason::Acquired, "17"));
    for (const char* method : {"GET", "OPTIONS"}) {
        TestClient client(port());
        client.send(std::string(method) + " /api/is-leader HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_THAT(client.answer(),
                    AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\nX-Fencing-Token: 17\r\n"),
                          EndsWith("\r\n\r\ntrue\n")));
    }
    pass(4200ms);
    EXPECT_THAT(get("/api/is-leader"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(LeaderApiTest, RefusesOtherMethods) {
    TestClient client(port());
    client.send("DELETE /api/leader HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.answer(), AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"),
                                       HasSubstr("\r\nAllow: GET, HEAD\r\n")));
}

// ----------------------------------------------------------------------------------------- waiting

TEST_F(LeaderApiTest, AnswersAtOnceToWhoKnowsAnotherState) {
    tell(no(Reason::Changed, "web-1"));
    for (const std::string after : {"", "ffffffff.2", "2", "\"\"", ".", "x.2"}) {
        EXPECT_THAT(get("/api/leader?wait=30s&after=" + after), HasSubstr("\"web-1\"")) << after;
    }
    const std::string known = eventId();
    tell(yes(Reason::Acquired));
    EXPECT_THAT(get("/api/leader?wait=30s&after=" + known), HasSubstr("\"isLeader\":true"));
}

TEST_F(LeaderApiTest, WaitsForTheNextChange) {
    tell(yes(Reason::Acquired));
    const std::string known = eventId();
    TestClient plain(port());
    begin(plain, request("/api/leader?wait=30s&after=" + known));
    TestClient all(port());
    begin(all, request("/api/leader?wait=30s&renewals=1&after=" + known));
    tell(yes(Reason::Renewed));
    EXPECT_THAT(all.answer(), HasSubstr("\"reason\":\"renewed\""));
    tell(no(Reason::Lost, "web-1"));
    EXPECT_THAT(plain.answer(),
                AllOf(HasSubstr("\"reason\":\"lost\""), HasSubstr("\"leader\":\"web-1\"")));
    EXPECT_THAT(plain.get("/api/leader"), StartsWith("HTTP/1.1 200 ")) << "the connection lives";
}

TEST_F(LeaderApiTest, WaitsNoLongerThanItIsAskedTo) {
    const std::string known = eventId();
    TestClient one(port());
    begin(one, request("/api/leader?wait=20s&after=" + known));
    TestClient other(port());
    begin(other, request("/api/leader?wait=10s", "If-None-Match: \"" + known + "\"\r\n"));
    pass(10s);
    EXPECT_THAT(other.answer(), AllOf(StartsWith("HTTP/1.1 304 Not Modified\r\n"),
                                      HasSubstr("\r\nETag: \"" + known + "\"\r\n")));
    pass(10s);
    EXPECT_THAT(one.answer(), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\"seq\":1,")));
    EXPECT_THAT(get("/api/leader?wait=0s&after=" + known), StartsWith("HTTP/1.1 200 "));
}

TEST_F(LeaderApiTest, AStateThatIsKnownIsNotModified) {
    const std::string tag = "If-None-Match: \"" + eventId() + "\"\r\n";
    TestClient client(port());
    client.send(request("/api/leader", tag));
    EXPECT_THAT(client.answer(), AllOf(StartsWith("HTTP/1.1 304 Not Modified\r\n"),
                                       HasSubstr("\r\nETag: \""), EndsWith("\r\n\r\n")));
    tell(no(Reason::Changed, "web-1"));
    client.send(request("/api/leader", tag));
    EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(LeaderApiTest, RefusesWaitsThatAreNoDurationOrTooLong) {
    for (const std::string wait : {"x", "10m1ns", "-1s", "30"}) {
        EXPECT_THAT(get("/api/leader?wait=" + wait),
                    AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("wait=\"" + wait + "\"")));
    }
    EXPECT_THAT(get("/api/leader?wait=10m"), StartsWith("HTTP/1.1 200 "));
}

// --------------------------------------------------------------------------------------- streaming

TEST_F(LeaderApiTest, StreamsTheStateAndItsChanges) {
    TestClient client(port());
    client.send(request("/api/leader/watch"));
    EXPECT_THAT(client.headOnly(),
                AllOf(HasSubstr("\r\nContent-Type: text/event-stream; charset=utf-8\r\n"),
                      HasSubstr("\r\nCache-Control: no-store, no-transform\r\n"),
                      Not(HasSubstr("Cache-Control: no-store\r\n")),
                      HasSubstr("\r\nX-Accel-Buffering: no\r\n")));
    EXPECT_THAT(event(client), AllOf(HasSubstr("\r\nretry: 1000\nid: " + eventId() + "\ndata: {"),
                                     HasSubstr("\"reason\":\"initial\""), Not(HasSubstr("missed")),
                                     Not(HasSubstr("validForMs"))));
    tell(yes(Reason::Acquired));
    EXPECT_THAT(event(client), AllOf(HasSubstr("\r\nid: " + eventId() + "\n"),
                                     HasSubstr("\"validUntilMonotonicMs\":3604200,"
                                               "\"validUntilBoottimeMs\":3604200}\n\n\r\n")));
    tell(yes(Reason::Renewed));
    tell(no(Reason::Draining));
    EXPECT_THAT(event(client), HasSubstr("\"reason\":\"draining\"")) << "the renewal is left out";
}

TEST_F(LeaderApiTest, StreamsRenewalsToWhoAsksForThem) {
    tell(yes(Reason::Acquired));
    TestClient client(port());
    client.send(request("/api/leader/watch?renewals=1"));
    EXPECT_THAT(event(client), HasSubstr("\"acquired\""));
    tell(yes(Reason::Renewed));
    EXPECT_THAT(event(client), HasSubstr("\"renewed\""));
}

TEST_F(LeaderApiTest, SaysHowManyStatesWereMissed) {
    const auto missed = [this](const std::string& last) {
        TestClient client(port());
        client.send(request("/api/leader/watch", "Last-Event-ID: " + last + "\r\n"));
        const std::string first = event(client);
        const auto at = first.find("\"missed\":") + 9;
        return first.substr(at, first.find(',', at) - at);
    };
    const std::string known = eventId();
    EXPECT_EQ(missed(known), "0");
    tell(no(Reason::Changed, "web-1"));
    EXPECT_EQ(missed(known), "0") << "the next one comes now";
    tell(no(Reason::Changed, "web-2"));
    tell(yes(Reason::Acquired));
    EXPECT_EQ(missed(known), "2");
    EXPECT_EQ(missed("ffffffff.1"), "null") << "of another process";
}

// The "no" between two terms is told to whoever has not read for a while.
TEST_F(LeaderApiTest, AStreamTellsTheLastNoAndTheNewestState) {
    tell(yes(Reason::Acquired, "17"));
    TestClient client(port());
    client.send(request("/api/leader/watch"));
    EXPECT_THAT(event(client), HasSubstr("\"17\""));
    {
        http::Hold hold(*server);
        tell(no(Reason::Lost, "web-1"));
        tell(no(Reason::Vacant));
        tell(yes(Reason::Acquired, "23"));
        tell(yes(Reason::Renewed, "23"));
        hold.release();
        server->barrier().wait();
    }
    EXPECT_THAT(event(client), AllOf(HasSubstr("\"vacant\""), HasSubstr("\"isLeader\":false")));
    EXPECT_THAT(event(client), AllOf(HasSubstr("\"23\""), HasSubstr("\"isLeader\":true")));
}

TEST_F(LeaderApiTest, AStreamShowsThatItLives) {
    TestClient client(port());
    client.send(request("/api/leader/watch"));
    event(client);
    for (int beat = 0; beat < 3; ++beat) {
        pass(15s);
        EXPECT_EQ(client.until(":\n\r\n"), "2\r\n:\n\r\n");
    }
    tell(no(Reason::Changed, "web-1"));
    EXPECT_THAT(event(client), HasSubstr("\"web-1\""));
}

TEST_F(LeaderApiTest, AStreamEndsWithTheServerAndSaysNoBefore) {
    tell(yes(Reason::Acquired));
    TestClient client(port());
    client.send(request("/api/leader/watch"));
    event(client);
    {
        http::Hold hold(*server);
        tell(no(Reason::Draining));
        hold.release();
        server->barrier().wait();
    }
    server->stop();
    EXPECT_THAT(client.rest(), AllOf(HasSubstr("\"draining\""), EndsWith("\r\n0\r\n\r\n")));
}

TEST_F(LeaderApiTest, AnswersAllWhoWaitBeforeItEnds) {
    const std::string path = "/api/leader?wait=10m&after=" + eventId();
    TestClient client(port());
    begin(client, request(path));
    api_.end();
    EXPECT_THAT(client.answer(), HasSubstr("\"seq\":1,"));
    EXPECT_THAT(get(path), HasSubstr("\"seq\":1,")) << "and nobody waits any more";
    server->stop();
}

TEST_F(LeaderApiTest, StreamsAndWaitsAreLimitedAndRequestsAreNot) {
    std::vector<std::unique_ptr<TestClient>> clients;
    const std::string known = eventId();
    for (int i = 0; i < LeaderApi::kLocalReaders; ++i) {
        clients.push_back(std::make_unique<TestClient>(port()));
        begin(*clients.back(),
              request(i % 2 == 0 ? "/api/leader/watch" : "/api/leader?wait=10m&after=" + known));
    }
    for (std::size_t i = 0; i < clients.size(); i += 2) {
        event(*clients[i]);
    }
    server->barrier().wait();
    EXPECT_THAT(get("/api/leader/watch"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(get("/api/leader?wait=10m&after=" + known), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(get("/api/leader"), StartsWith("HTTP/1.1 200 "));
    tell(no(Reason::Changed, "web-1"));
    EXPECT_THAT(clients[1]->answer(), HasSubstr("\"web-1\""));
    EXPECT_THAT(event(*clients[0]), HasSubstr("\"web-1\""));
    TestClient next(port());
    next.send(request("/api/leader/watch"));
    EXPECT_THAT(event(next), HasSubstr("\"web-1\"")) << "those that waited have made room";
}

TEST_F(LeaderApiTest, AStreamThatEndedMakesRoom) {
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < LeaderApi::kLocalReaders; ++i) {
        clients.push_back(std::make_unique<TestClient>(port()));
        clients.back()->send(request("/api/leader/watch"));
        event(*clients.back());
    }
    clients.pop_back();
    EXPECT_TRUE(http::eventually([this] {
        TestClient client(port());
        client.send(request("/api/leader/watch"));
        return client.headOnly().starts_with("HTTP/1.1 200 ");
    }));
}

TEST_F(LeaderApiTest, SaysWhereTheProgramOfTheLeaderIsUnhealthy) {
    EXPECT_THAT(get("/api/leader"), Not(HasSubstr("degraded")));
    Standing other = no(Reason::Changed, "web-1");
    other.degraded = true;
    tell(other);
    EXPECT_THAT(get("/api/leader"), HasSubstr(R"("degraded":true,"seq":)"));
}

TEST_F(LeaderApiTest, KnowsWhenAProgramAskedLastOrThatItHoldsAStream) {
    EXPECT_FALSE(api_.lastAsked());
    for (const char* path : {"/api/leader", "/api/is-leader", "/"}) {
        const runtime::Instant before = clock.now();
        get(path);
        EXPECT_GE(*api_.lastAsked(), before) << path;
    }
    TestClient client(server->port());
    client.send("GET /api/leader/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_NE(client.until("\n\n"), "");
    const runtime::Instant read = clock.now();
    while (*api_.lastAsked() < read) {  // as the loop sees it
        std::this_thread::yield();
    }
}

// --------------------------------------------------------------- for programs of other electors

constexpr const char* kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z";

std::string named(const std::string& name) {
    return R"(\{"name":")" + name + R"(","last_update":")" + kTime + R"("\})";
}

TEST_F(LeaderApiTest, KnowsUpToWhenAnybodyWasToldAYes) {
    const auto promised = [this] {
        std::promise<runtime::Instant> told;
        server->post([&] { told.set_value(api_.promisedUntil()); });
        return told.get_future().get();
    };
    tell(yes(Reason::Acquired));
    EXPECT_EQ(promised(), runtime::Instant()) << "nobody has asked";
    for (const char* path : {"/api/leader", "/api/is-leader", "/"}) {
        clock.advance(std::chrono::seconds(1));
        const Standing renewed = yes(Reason::Renewed);
        tell(renewed);
        get(path);
        EXPECT_EQ(promised(), renewed.term->validUntil) << path;
    }
    for (const char* path : {"/api/leader/watch?renewals=1", "/sse"}) {
        tell(no(Reason::Changed, "web-1"));
        TestClient stream(port());
        begin(stream, request(path));
        EXPECT_THAT(event(stream), HasSubstr("web-1"));
        clock.advance(std::chrono::seconds(1));
        const Standing again = yes(Reason::Acquired, "9007199254740994");
        tell(again);
        EXPECT_THAT(event(stream), HasSubstr("web-0"));
        EXPECT_EQ(promised(), again.term->validUntil) << path;
    }
    const runtime::Instant last = promised();
    tell(no(Reason::Draining));
    get("/api/leader");
    EXPECT_EQ(promised(), last);
}

TEST_F(LeaderApiTest, TellsTheNameAloneAsOthersDo) {
    const auto body = [this] {
        const std::string answer = get("/");
        EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                  HasSubstr("\r\nContent-Type: application/json\r\n")));
        return answer.substr(answer.find("\r\n\r\n") + 4);
    };
    EXPECT_THAT(body(), MatchesRegex(named("") + "\n")) << "from the first moment";
    tell(no(Reason::Changed, "web-1"));
    EXPECT_THAT(body(), MatchesRegex(named("web-1") + "\n"));
    tell(no(Reason::Changed, "web-0"));
    EXPECT_THAT(body(), MatchesRegex(named("") + "\n")) << "its own name, from before it started";
    tell(yes(Reason::Acquired));
    EXPECT_THAT(body(), MatchesRegex(named("web-0") + "\n"));
    pass(4200ms);
    EXPECT_THAT(body(), MatchesRegex(named("") + "\n")) << "expired, and nobody has told so";
}

TEST_F(LeaderApiTest, TheNameHoldsAsOfItsTime) {
    tell(no(Reason::Changed, "web-1"));
    const auto time = [this] { return get("/").substr(get("/").find("last_update")); };
    const std::string before = time();
    pass(1s);
    EXPECT_GT(time(), before);
}

TEST_F(LeaderApiTest, ANameStaysJsonWhateverALeaderIsCalled) {
    tell(no(Reason::Changed, "a\"b\\c\nd\x01\xff\xc3\xa4"));
    EXPECT_THAT(get("/"), HasSubstr("{\"name\":\"a\\\"b\\\\c\\nd\\u0001\xef\xbf\xbd\xc3\xa4\","));
}

TEST_F(LeaderApiTest, StreamsTheNameWheneverItIsAnotherOne) {
    TestClient client(port());
    client.send(request("/sse"));
    EXPECT_THAT(client.headOnly(),
                HasSubstr("\r\nContent-Type: text/event-stream; charset=utf-8\r\n"));
    const auto next = [&client] {
        const std::string chunk = event(client);  // its size, itself, and the end of a line
        const auto begin = chunk.find("data: ");
        EXPECT_EQ(begin, chunk.find("\r\n") + 2) << chunk;
        return chunk.substr(begin, chunk.size() - begin - 2);
    };
    EXPECT_THAT(next(), MatchesRegex("data: " + named("") + "\n\n"));
    tell(no(Reason::Changed, "web-1"));
    EXPECT_THAT(next(), MatchesRegex("data: " + named("web-1") + "\n\n"));
    tell(no(Reason::Renewed, "web-1"));
    tell(no(Reason::Changed, "web-1"));  // another term
    server->barrier().wait();
    tell(no(Reason::Vacant));
    EXPECT_THAT(next(), MatchesRegex("data: " + named("") + "\n\n"));
    tell(yes(Reason::Acquired));
    EXPECT_THAT(next(), MatchesRegex("data: " + named("web-0") + "\n\n"));
    tell(yes(Reason::Renewed));
    server->barrier().wait();
    pass(4200ms);
    tell(no(Reason::Expired));
    EXPECT_THAT(next(), MatchesRegex("data: " + named("") + "\n\n"));
    pass(15s);
    EXPECT_EQ(client.until(":\n\r\n"), "2\r\n:\n\r\n") << "it lives";
}

TEST_F(LeaderApiTest, AStreamOfNamesTellsTheNobodyBetweenTwoTerms) {
    tell(yes(Reason::Acquired, "17"));
    TestClient client(port());
    client.send(request("/sse"));
    EXPECT_THAT(event(client), HasSubstr("\"web-0\""));
    {
        http::Hold hold(*server);
        tell(no(Reason::Lost));
        tell(yes(Reason::Acquired, "23"));
        hold.release();
        server->barrier().wait();
    }
    EXPECT_THAT(event(client), HasSubstr("\"name\":\"\""));
    EXPECT_THAT(event(client), HasSubstr("\"web-0\""));
}

class NamesOnlyTest : public LeaderApiTest {
  protected:
    NamesOnlyTest() : LeaderApiTest(true) {}
};

TEST_F(NamesOnlyTest, TellsNothingElse) {
    tell(no(Reason::Changed, "web-1"));
    EXPECT_THAT(get("/"), EndsWith("\r\n\r\n{\"name\":\"web-1\"}\n"));
    TestClient client(port());
    client.send(request("/sse"));
    EXPECT_THAT(event(client), HasSubstr("\r\ndata: {\"name\":\"web-1\"}\n\n"));
}

}  // namespace
}  // namespace elector
