#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "elector/commands/commands.h"
#include "elector/names.h"
#include "elector/runtime/clock.h"
#include "elector/store/file_store.h"
#include "tests/support/temporary_folder.h"

namespace elector::commands {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class HandOverTest : public testing::Test {
  protected:
    struct Printed {
        int exitCode = 0;
        std::string out;
        std::string err;
    };

    Printed handOver(bool waits = false, const std::string& to = "web-2",
                     const std::vector<std::string>& candidates = {}) const {
        const config::HandOverRequest request{
            .lease = key_,
            .to = to,
            .kubeconfig = {},
            .folder = folder_.path(),
            .timeout = waits ? std::chrono::milliseconds(1000) : std::chrono::minutes(1),
            .waits = waits,
            .context = {},
            .candidates = candidates};
        std::ostringstream out;
        std::ostringstream err;
        const int exitCode = runHandOver(request, clock_, out, err);
        return {exitCode, out.str(), err.str()};
    }

    election::Lease make(const std::string& holder, const std::string& session = "/n") {
        election::LeaseRecord record;
        record.holder = holder;
        record.session = session;
        record.duration = std::chrono::seconds(10);
        record.acquireTime = record.renewTime = clock_.wall();
        record.transitions = 4;
        return store_.create(key_, record, limits()).value().lease;
    }

    store::CallLimits limits() const { return {clock_.now() + std::chrono::minutes(1), {}}; }

    runtime::SystemClock clock_;
    test::TemporaryFolder folder_;
    election::LeaseKey key_{"default", "web"};
    store::FileStore store_{folder_.path(), clock_};
};

TEST_F(HandOverTest, AsksTheHolderByTheVersionThatItHasRead) {
    const election::Lease before = make("web-0");
    const Printed printed = handOver();
    EXPECT_EQ(printed.exitCode, config::kExitSuccess) << printed.err;
    EXPECT_EQ(printed.out, "web-0 is asked to hand over the Lease default/web to web-2\n");
    const election::Lease after = *store_.get(key_, limits()).value();
    EXPECT_EQ(after.record.handOver.from, "web-0");
    EXPECT_EQ(after.record.handOver.token, before.revision.text());
    EXPECT_EQ(after.record.handOver.to, "web-2");
    EXPECT_EQ(after.fingerprint, before.fingerprint) << "its holder gains no time by it";
}

TEST_F(HandOverTest, SaysWhyThereIsNobodyToAsk) {
    Printed printed = handOver();
    EXPECT_EQ(printed.exitCode, config::kExitFailure);
    EXPECT_EQ(printed.err,
              "there is no Lease default/web: name another Lease, or another --namespace\n");
    make(names::kVacantHolder);
    printed = handOver();
    EXPECT_EQ(printed.exitCode, config::kExitNobodyLeads);
    EXPECT_THAT(printed.err, StartsWith("nobody holds the Lease default/web"));
}

TEST_F(HandOverTest, AsksNobodyForWhatTheOtherHas) {
    make("web-2");
    const Printed printed = handOver();
    EXPECT_EQ(printed.exitCode, config::kExitSuccess);
    EXPECT_EQ(printed.out, "web-2 leads already\n");
}

TEST_F(HandOverTest, AsksNoElectorOfAnotherMake) {
    make("host_1234", "");
    const Printed printed = handOver();
    EXPECT_EQ(printed.exitCode, config::kExitFailure);
    EXPECT_THAT(printed.err, StartsWith("host_1234, which holds the Lease default/web, is no "
                                        "leader-elector"));
}

TEST_F(HandOverTest, SaysWhatItHasWaitedForInVain) {
    make("web-0");
    const Printed printed = handOver(true);
    EXPECT_EQ(printed.exitCode, config::kExitFailure);
    EXPECT_THAT(printed.err, HasSubstr("within 1s: web-0 has not handed over, and the order "
                                       "still stands in the Lease"));
}

TEST_F(HandOverTest, WithoutANameAsksForAnotherThatCampaigns) {
    make("web-0");
    EXPECT_EQ(handOver(false, "", {"web-0", "web-1", "web-2"}).out,
              "web-0 is asked to hand over the Lease default/web to web-1\n");
    const Printed printed = handOver(false, "", {"web-0"});
    EXPECT_EQ(printed.exitCode, config::kExitFailure);
    EXPECT_THAT(printed.err, StartsWith("no Pod but web-0 is known to campaign for the Lease"));
}

TEST_F(HandOverTest, DeposesNobodyForANameThatDoesNotCampaign) {
    const election::Lease before = make("web-0");
    const Printed printed = handOver(false, "web-9", {"web-0", "web-1"});
    EXPECT_EQ(printed.exitCode, config::kExitFailure);
    EXPECT_EQ(printed.err,
              "web-9 does not campaign for the Lease default/web: name one of web-0, web-1 by "
              "--to\n");
    EXPECT_EQ(store_.get(key_, limits()).value()->revision, before.revision);
    // The Pods' names are not the candidates' ids.
    EXPECT_EQ(handOver(false, "web-9", {"pod-a", "pod-b"}).exitCode, config::kExitSuccess);
}

}  // namespace
}  // namespace elector::commands
