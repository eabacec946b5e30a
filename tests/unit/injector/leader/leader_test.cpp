#include "injector/leader/leader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "elector/runtime/json_text.h"
#include "injector/offline/yaml.h"

namespace injector::leader {
namespace {

using config::LeaderOutput;
using config::LeaderRequest;
using elections::Elections;
using std::chrono::hours;
using std::chrono::seconds;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const elector::election::Moment kNow{elector::election::Instant(hours(5000)),
                                     elector::election::WallTime(hours(500000))};

// Elections of which each is led by `leader`.
Elections led(const std::vector<cluster::ObjectKey>& keys, const std::string& leader) {
    Elections elections{elector::election::Instant()};
    for (const cluster::ObjectKey& key : keys) {
        elector::election::Lease lease{
            "u", *elector::election::Revision::parse("7"), {}, "f", {}, "", false};
        lease.record.holder = leader;
        lease.record.duration = seconds(10);
        lease.record.acquireTime = kNow.wall - hours(5);
        lease.record.renewTime = kNow.wall - seconds(2);
        lease.record.transitions = 12;
        elections.put(key, lease, kNow);
    }
    elections.passTime(kNow.boot - kSkew);
    return elections;
}

std::string listed(const Elections& elections, LeaderOutput output, bool all = true) {
    LeaderRequest request;
    request.output = output;
    request.all = all;
    return listText(elections, request, kNow);
}

TEST(LeaderTest, ListsElectionsInColumns) {
    EXPECT_EQ(listed(led({{"shop", "web"}}, "web-0"), LeaderOutput::Table),
              "NAMESPACE  LEASE  LEADER  SINCE  RENEWED  CHANGES\n"
              "shop       web    web-0   5h     2s       12\n");
    EXPECT_EQ(listed(led({{"shop", "web"}}, ""), LeaderOutput::Table, false),
              "LEASE  LEADER  SINCE  RENEWED  CHANGES\n"
              "web    -       -      2s       12\n");
    EXPECT_EQ(listed(led({}, ""), LeaderOutput::Table), "");
}

TEST(LeaderTest, ATableFitsIntoAHundredColumnsAndWideDoesNotCut) {
    const std::string longest(63, 'a');
    const std::string longer(250, 'b');
    const Elections elections = led({{longest, longer}, {"shop", "web"}}, longest);
    std::istringstream stream(listed(elections, LeaderOutput::Table));
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    ASSERT_THAT(lines, SizeIs(3));
    EXPECT_THAT(lines, Each(SizeIs(testing::Le(kWidth))));
    EXPECT_THAT(lines[1], HasSubstr("aa..  bb"));
    EXPECT_THAT(lines[2], StartsWith("shop "));
    EXPECT_THAT(listed(elections, LeaderOutput::Wide), HasSubstr(longer + "  " + longest));
}

TEST(LeaderTest, ControlCharactersDoNotReachTheTerminal) {
    const Elections elections = led({{"shop", "web"}}, "a\x1b[31m\nb");
    for (const LeaderOutput output : {LeaderOutput::Table, LeaderOutput::Wide, LeaderOutput::Json,
                                      LeaderOutput::Yaml, LeaderOutput::Name}) {
        EXPECT_THAT(listed(elections, output), Not(HasSubstr("\x1b")));
    }
    EXPECT_THAT(listed(elections, LeaderOutput::Table), Not(HasSubstr("\nb")));
}

TEST(LeaderTest, PrintsForProgramsToo) {
    const Elections one = led({{"shop", "web"}}, "web-0");
    const std::string json = listed(one, LeaderOutput::Json);
    EXPECT_TRUE(elector::json_text::isValid(json.substr(0, json.size() - 1))) << json;
    EXPECT_THAT(
        json,
        HasSubstr(R"("lease":"web","workload":"","leader":"web-0","node":"","since":"2027-)"));
    EXPECT_EQ(listed(one, LeaderOutput::Name), "lease.coordination.k8s.io/web\n");
    const auto yaml = offline::readYaml(listed(one, LeaderOutput::Yaml));
    ASSERT_TRUE(std::holds_alternative<offline::YamlContent>(yaml));
    EXPECT_TRUE(elector::json_text::saysTheSame(std::get<offline::YamlContent>(yaml).json,
                                                json.substr(0, json.size() - 1)));
    EXPECT_EQ(listed(led({}, ""), LeaderOutput::Json), "{\"elections\":[]}\n");
}

TEST(LeaderTest, AgesAreShort) {
    EXPECT_EQ(ageText(seconds(-3)), "0s");
    EXPECT_EQ(ageText(seconds(119)), "119s");
    EXPECT_EQ(ageText(seconds(120)), "2m");
    EXPECT_EQ(ageText(hours(2) - seconds(1)), "119m");
    EXPECT_EQ(ageText(hours(2)), "2h");
    EXPECT_EQ(ageText(hours(72)), "3d");
}

}  // namespace
}  // namespace injector::leader
