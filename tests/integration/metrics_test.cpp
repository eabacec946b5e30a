#include <cstdlib>
#include <optional>
#include <sstream>

#include "tests/integration/integration_test.h"

// What a monitoring system learns of an election.
namespace elector::test {
namespace {

class MetricsTest : public IntegrationTest {
  protected:
    // The value of one series, as it stands before the blank; nothing where there is none.
    static std::optional<double> value(const ElectorProcess& process, const std::string& series) {
        const auto answer = process.get("/metrics");
        std::istringstream lines(answer ? answer->body : "");
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with(series + " ")) {
                return std::strtod(line.c_str() + series.size(), nullptr);
            }
        }
        return std::nullopt;
    }
    static std::string ofLease(const std::string& name) {
        return name + R"({namespace="default",lease="web"})";
    }
};

TEST_F(MetricsTest, SayWhoLeadsWhetherAnybodyDoesAndHowOldTheNewsIs) {
    const std::string leads =
        R"(leader_election_master_status{name="web",namespace="default",lease="web"})";
    const std::string known = ofLease("leader_elector_leader_known");
    const std::string age = ofLease("leader_elector_news_age_seconds");
    const auto leader = elector("web-0");
    ASSERT_TRUE(leader->waitUntilLeading()) << leader->output();
    const auto follower = elector("web-1");
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    EXPECT_EQ(value(*leader, leads), 1);
    EXPECT_EQ(value(*leader, known), 1);
    EXPECT_EQ(value(*follower, leads), 0);
    EXPECT_EQ(value(*follower, known), 1);
    const auto heard = value(*follower, age);
    ASSERT_TRUE(heard);
    EXPECT_GE(*heard, 0);

    server_.onRequest([](const ApiRequest&) { return ApiFault::refuse(503); });
    for (const auto& process : {leader, follower}) {
        EXPECT_TRUE(eventually([&] { return value(*process, known) == 0; })) << process->output();
        EXPECT_EQ(value(*process, leads), 0);
    }
    // Nobody has renewed since before the last term ended, which it did D later.
    const double beforeTheEnd = std::chrono::duration<double>(kRenew).count();
    EXPECT_TRUE(eventually([&] { return value(*follower, age) > beforeTheEnd; }));

    server_.onRequest({});
    EXPECT_TRUE(eventually([&] {
        return value(*leader, known) == 1 && value(*follower, known) == 1;
    })) << leader->output();
}

}  // namespace
}  // namespace elector::test
