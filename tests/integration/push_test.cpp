#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/integration_test.h"
#include "tests/support/test_client.h"

// What is told without being asked.
namespace elector::test {
namespace {

using http::TestClient;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

class PushTest : public IntegrationTest {
  protected:
    static std::unique_ptr<TestClient> stream(const ElectorProcess& process,
                                              const std::string& query = "") {
        auto client = std::make_unique<TestClient>(process.port());
        client->send("GET /api/leader/watch" + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client;
    }
    // The next message with `part` in it.
    static std::string eventWith(TestClient& client, const std::string& part) {
        std::string event;
        do {
            event = client.until("\n\n\r\n");
        } while (!event.empty() && event.find(part) == std::string::npos);
        return event;
    }
    static std::int64_t number(const std::string& event, const std::string& name) {
        const auto at = event.find('"' + name + "\":");
        return at == std::string::npos ? -1 : std::stoll(event.substr(at + name.size() + 3));
    }
    // CLOCK_BOOTTIME, as an event has it.
    std::int64_t now() const {
        return std::chrono::duration_cast<Milliseconds>(clock_.now().time_since_epoch()).count();
    }
};

TEST_F(PushTest, AStreamTellsATakeOverAndTheNoBeforeTheEnd) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    const auto told = stream(*second);
    EXPECT_THAT(eventWith(*told, "web-0"), HasSubstr(R"("isLeader":false)"));
    first->signal(SIGKILL);
    const std::string yes = eventWith(*told, R"("isLeader":true)");
    EXPECT_THAT(yes, HasSubstr(R"("reason":"acquired")"));
    EXPECT_GT(number(yes, "validUntilBoottimeMs"), 0);
    EXPECT_LE(number(yes, "validUntilBoottimeMs"), now() + Milliseconds(kRenew).count());
    EXPECT_LE(number(yes, "validUntilMonotonicMs"), number(yes, "validUntilBoottimeMs"));
    second->signal(SIGTERM);
    EXPECT_THAT(told->rest(), AllOf(HasSubstr(R"("reason":"draining")"),
                                    HasSubstr(R"("isLeader":false)"), EndsWith("\r\n0\r\n\r\n")));
}

TEST_F(PushTest, AnExpiryIsToldThoughTheApiIsGone) {
    const auto web = elector("web-0");
    const auto told = stream(*web);
    EXPECT_THAT(eventWith(*told, R"("isLeader":true)"), HasSubstr(R"("validUntilBoottimeMs":)"));
    server_.onRequest([](const ApiRequest& request) {
        return request.verb == "update" ? ApiFault::of(ApiFault::Kind::Hang) : ApiFault{};
    });
    const std::string no = eventWith(*told, R"("isLeader":false)");
    EXPECT_THAT(no, HasSubstr(R"("reason":"expired")"));
    EXPECT_EQ(number(no, "validUntilBoottimeMs"), 0);
}

// Whoever is stopped with a "yes" that he has not read yet finds, when he reads it, that its
// deadline is over; also if the elector was stopped, and nobody could tell him that.
TEST_F(PushTest, AYesThatIsReadLateIsOver) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    const auto told = stream(*web, "?renewals=1");
    ASSERT_TRUE(waitForUpdates(2));
    web->signal(SIGSTOP);
    const std::int64_t stopped = now();
    ASSERT_TRUE(eventually([&] { return now() > stopped + 2 * Milliseconds(kLease).count(); }));
    const std::string yes = eventWith(*told, R"("isLeader":true)");
    EXPECT_LT(number(yes, "validUntilBoottimeMs"), now());
    EXPECT_GT(number(yes, "validUntilBoottimeMs"), 0);
    web->signal(SIGCONT);
}

TEST_F(PushTest, StreamsThatNobodyReadsHoldUpNothing) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    const std::string before = token(*web);
    std::vector<std::unique_ptr<TestClient>> streams;
    for (int i = 0; i < 256; ++i) {
        streams.push_back(stream(*web, "?renewals=1"));
    }
    ASSERT_TRUE(waitForUpdates(20)) << web->output();
    EXPECT_EQ(token(*web), before) << "it has renewed in time";
    EXPECT_EQ(web->get("/healthz")->status, 200);
    EXPECT_EQ(web->get("/api/leader/watch")->status, 503);
    web->signal(SIGTERM);
    EXPECT_TRUE(web->waitForExit()) << web->output();
    EXPECT_EQ(server_.leases().field(key_, "spec.holderIdentity"), "") << "it has released";
}

TEST_F(PushTest, FilesSayWhoLeadsUntilTheEnd) {
    const std::string folder = folder_.path();
    const auto web = elector("web-0", {"--status-dir=" + folder});
    std::string line;
    const auto leader = [&folder] {
        const std::filesystem::path path = folder + "/leader";
        return std::filesystem::exists(path) ? readText(path) : std::string();
    };
    ASSERT_TRUE(eventually([&] { return !(line = leader()).empty(); })) << web->output();
    EXPECT_EQ(line.substr(0, line.find(' ')), token(*web));
    const std::int64_t until = std::stoll(line.substr(line.find(' ')));
    EXPECT_GT(until, 0);
    EXPECT_LE(until, now() + Milliseconds(kRenew).count());
    EXPECT_TRUE(eventually([&] { return leader() > line; })) << "each renewal has a later deadline";
    EXPECT_THAT(readText(folder + "/state.json"), HasSubstr(R"("isLeader":true)"));
    web->signal(SIGTERM);
    EXPECT_EQ(web->waitForExit(), 0) << web->output();
    EXPECT_EQ(leader(), "");
    EXPECT_THAT(readText(folder + "/state.json"), HasSubstr(R"("reason":"draining")"));
}

// A pipe that nobody reads holds up whoever opens it, as a disk that hangs does.
TEST_F(PushTest, AHangingDiskHoldsUpNothing) {
    ASSERT_EQ(mkfifo((folder_.path() + "/.state.json.new").c_str(), S_IRUSR | S_IWUSR), 0);
    const auto web = elector("web-0", {"--status-dir=" + folder_.path()});
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    const std::string before = token(*web);
    ASSERT_TRUE(web->waitForOutput("--status-dir does not work, will retry"));
    EXPECT_EQ(token(*web), before) << "it has renewed in time";
    const auto ready = web->get("/readyz");
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->status, 200);
    EXPECT_THAT(ready->body, HasSubstr("ok\n--status-dir: nothing was told for "));
    web->signal(SIGTERM);
    EXPECT_EQ(web->waitForExit(), 0) << web->output();
    EXPECT_EQ(server_.leases().field(key_, "spec.holderIdentity"), "") << "it has released";
    EXPECT_EQ(web->timesSaid("--status-dir does not work"), 1);
}

}  // namespace
}  // namespace elector::test
