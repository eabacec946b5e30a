#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/claims.h"
#include "tests/support/elector_process.h"
#include "tests/support/fake_api_server.h"
#include "tests/support/temporary_folder.h"

namespace elector::test {

// Electors as whole programs, and a fake API server that they campaign at. All bounds that the
// tests check follow from these three durations, with room for a slow machine.
class IntegrationTest : public testing::Test {
  protected:
    using Seconds = std::chrono::seconds;
    using Milliseconds = std::chrono::milliseconds;
    using Process = std::shared_ptr<ElectorProcess>;

    static constexpr Seconds kLease{2};          // L
    static constexpr Seconds kRenew{1};          // D
    static constexpr Milliseconds kRetry{200};   // P
    static constexpr Milliseconds kSlack{2000};  // what a busy machine adds

    IntegrationTest() { writeText(kubeconfig_, server_.kubeconfig()); }
    ~IntegrationTest() override {
        claims_.stop();
        server_.releaseHung();
    }

    static Process run(std::vector<std::string> arguments) {
        const auto begins = [](const char* flag) {
            return [flag](const std::string& argument) { return argument.starts_with(flag); };
        };
        // A test that brings one duration brings them all.
        if (std::none_of(arguments.begin(), arguments.end(), begins("--lease-duration="))) {
            arguments.insert(arguments.end(), {"--lease-duration=2s", "--lease-renew-duration=1s",
                                               "--retry-period=200ms"});
        }
        arguments.emplace_back("--log-format=json");
        return std::make_shared<ElectorProcess>(ELECTOR_BINARY, std::move(arguments));
    }
    Process elector(const std::string& id, const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments{"--id=" + id, "--lease-name=web", "--addr=127.0.0.1:0",
                                           "--kubeconfig=" + kubeconfig_};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(std::move(arguments));
    }

    // The token of `process`, which leads.
    static std::string token(const ElectorProcess& process) {
        const auto reply = process.leader();
        return reply && reply->isLeader ? reply->fencingToken : "none";
    }
    static bool isLeading(const ElectorProcess& process) {
        const auto reply = process.leader();
        return reply && reply->isLeader;
    }
    // Waits until `process` says that `name` leads; "" for nobody.
    static bool waitForName(const ElectorProcess& process, const std::string& name,
                            Milliseconds limit = Seconds(20)) {
        return process.waitForLeader([&](const LeaderReply& reply) { return reply.leader == name; },
                                     limit);
    }
    static bool waitUntilNotLeading(const ElectorProcess& process,
                                    Milliseconds limit = Seconds(20)) {
        return process.waitForLeader([](const LeaderReply& reply) { return !reply.isLeader; },
                                     limit);
    }
    // Waits for something that only looking tells.
    bool eventually(const std::function<bool()>& done, Milliseconds limit = Seconds(20)) const {
        const auto deadline = clock_.now() + limit;
        while (!done()) {
            if (clock_.now() >= deadline) {
                return false;
            }
            pauseBeforeNextLook();
        }
        return true;
    }
    // Waits until some more updates have been received.
    bool waitForUpdates(int more) const {
        return server_.waitForCount("update", server_.count("update") + more, Seconds(20));
    }

    runtime::SystemClock clock_;
    TemporaryFolder folder_;
    std::string kubeconfig_ = folder_.path() + "/kubeconfig";
    election::LeaseKey key_{"default", "web"};
    FakeApiServer server_;
    Claims claims_;
};

}  // namespace elector::test
