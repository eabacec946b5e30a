#include "injector/elections/election_json.h"

#include <gtest/gtest.h>

#include <chrono>

#include "elector/runtime/json_text.h"

namespace injector::elections {
namespace {

using namespace std::chrono_literals;

std::string seconds(Instant instant) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch() /
                          1s);
}

Election led() {
    Election election;
    election.lease = {"shop", "web"};
    election.holder = "web-0";
    election.node = "node1";
    election.workload = "Deployment web";
    election.heldSince = Instant(10s);
    election.token = "48213";
    election.term = 3;
    election.renewed = Instant(20s);
    election.duration = 15s;
    election.leaderless = 1500ms;
    return election;
}

TEST(ElectionJsonTest, SaysAllThatThePageShows) {
    Election election = led();
    election.candidates = {{"web-0", "node1", "Deployment web", true, ""},
                           {"web-1", "", "Deployment web", true, ""},
                           {"web-2", "node2", "Deployment web", false, ""},
                           {"web-3", "node2", "Deployment web", false, "windows"}};
    election.spans = {{"web-1", Instant(1s), Instant(9s)}, {"web-0", Instant(10s), std::nullopt}};
    election.takeovers = {{Instant(10s), "web-0", "after a release"}};
    election.warnings = {"Pod web-3 has no sidecar: windows."};
    const std::string told =
        R"({"namespace":"shop","lease":"web","workload":"Deployment web","leader":"web-0",)"
        R"("node":"node1","since":10,"renewed":20,"expires":35,"leaseDurationSeconds":15,)"
        R"("transitions":3,"candidates":[{"name":"web-0","node":"node1","state":"leads"},)"
        R"({"name":"web-1","node":"","state":"follows"},)"
        R"({"name":"web-2","node":"node2","state":"is ending"},)"
        R"({"name":"web-3","node":"node2","state":"has no sidecar"}],)"
        R"("warnings":["Pod web-3 has no sidecar: windows."])";
    EXPECT_EQ(electionJson(election, seconds, Watched::No), told + "}");
    EXPECT_EQ(electionJson(election, seconds, Watched::Yes),
              told + R"(,"token":"48213","leaderlessMs":1500,"leaderlessSince":null,)"
                     R"("spans":[{"leader":"web-1","from":1,"to":9},)"
                     R"({"leader":"web-0","from":10,"to":null}],)"
                     R"("takeovers":[{"at":10,"to":"web-0","how":"after a release"}]})");
}

TEST(ElectionJsonTest, WhatNobodyHoldsDoesNotExpire) {
    Election election = led();
    election.holder.clear();
    election.heldSince.reset();
    election.leaderlessSince = Instant(35s);
    const std::string text = electionJson(election, seconds, Watched::Yes);
    EXPECT_NE(text.find(R"("since":null)"), std::string::npos);
    EXPECT_NE(text.find(R"("expires":null)"), std::string::npos);
    EXPECT_NE(text.find(R"("leaderlessSince":35)"), std::string::npos);
}

TEST(ElectionJsonTest, ALeaseForLifeDoesNotExpire) {
    Election election = led();
    election.isForLife = true;
    EXPECT_NE(electionJson(election, seconds, Watched::Yes).find(R"("expires":null)"),
              std::string::npos);
}

TEST(ElectionJsonTest, WhateverNameIsJson) {
    Election election = led();
    election.holder = "\"}<script>\x01\xff";
    EXPECT_TRUE(elector::json_text::isValid(electionJson(election, seconds, Watched::Yes)));
}

}  // namespace
}  // namespace injector::elections
