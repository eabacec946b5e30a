#include "injector/dashboard/election_json.h"

#include <gtest/gtest.h>

#include <chrono>

#include "elector/runtime/json_text.h"

namespace injector::dashboard {
namespace {

using namespace std::chrono_literals;
using elections::Election;
using elections::Instant;

std::int64_t milliseconds(Instant instant) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch())
        .count();
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
    election.candidates = {{"web-0", "node1", "default", "Deployment web", true, ""},
                           {"web-1", "", "default", "Deployment web", true, ""},
                           {"web-2", "node2", "default", "Deployment web", false, ""},
                           {"web-3", "node2", "default", "Deployment web", false, "windows"}};
    election.spans = {{"web-1", Instant(1s), Instant(9s)}, {"web-0", Instant(10s), std::nullopt}};
    election.takeovers = {{Instant(10s), "web-0", "after a release"}};
    election.warnings = {"Pod web-3 has no sidecar: windows."};
    EXPECT_EQ(
        electionJson(election, milliseconds),
        R"({"key":"shop/web","namespace":"shop","name":"web","workload":"Deployment web",)"
        R"("holder":"web-0","node":"node1","heldSince":10000,"token":"48213","term":3,)"
        R"("renewedAt":20000,"durationMs":15000,"expiresAt":35000,"leaderlessMs":1500,)"
        R"("leaderlessSince":null,"candidates":[{"name":"web-0","node":"node1","state":"leads"},)"
        R"({"name":"web-1","node":"","state":"follows"},)"
        R"({"name":"web-2","node":"node2","state":"is ending"},)"
        R"({"name":"web-3","node":"node2","state":"has no sidecar"}],)"
        R"("spans":[{"holder":"web-1","from":1000,"to":9000},{"holder":"web-0","from":10000,)"
        R"("to":null}],"takeovers":[{"at":10000,"to":"web-0","how":"after a release"}],)"
        R"("warnings":["Pod web-3 has no sidecar: windows."]})");
}

TEST(ElectionJsonTest, WhatNobodyHoldsDoesNotExpire) {
    Election election = led();
    election.holder.clear();
    election.heldSince.reset();
    election.leaderlessSince = Instant(35s);
    const std::string text = electionJson(election, milliseconds);
    EXPECT_NE(text.find(R"("heldSince":null)"), std::string::npos);
    EXPECT_NE(text.find(R"("expiresAt":null)"), std::string::npos);
    EXPECT_NE(text.find(R"("leaderlessSince":35000)"), std::string::npos);
}

TEST(ElectionJsonTest, ALeaseForLifeDoesNotExpire) {
    Election election = led();
    election.isForLife = true;
    EXPECT_NE(electionJson(election, milliseconds).find(R"("expiresAt":null)"), std::string::npos);
}

TEST(ElectionJsonTest, WhateverNameIsJson) {
    Election election = led();
    election.holder = "\"}<script>\x01\xff";
    EXPECT_TRUE(elector::json_text::isValid(electionJson(election, milliseconds)));
}

}  // namespace
}  // namespace injector::dashboard
