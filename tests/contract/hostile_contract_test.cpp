#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/contract/contract_test.h"
#include "tests/contract/recording_sink.h"

// What a LeaseStore promises of records that no honest client writes: they are data.
namespace elector::test {
namespace {

using HostileContract = ContractTest;

INSTANTIATE_TEST_SUITE_P(Stores, HostileContract, testing::ValuesIn(ownBackends()), nameOf);

const std::vector<std::string>& hostileSpecs() {
    static const std::vector<std::string> kSpecs{
        "null",
        "[]",
        "\"text\"",
        "7",
        R"({"holderIdentity":5})",
        R"({"holderIdentity":{"a":1}})",
        R"({"holderIdentity":"a","leaseDurationSeconds":0})",
        R"({"holderIdentity":"a","leaseDurationSeconds":-1})",
        R"({"holderIdentity":"a","leaseDurationSeconds":"ten"})",
        R"({"holderIdentity":"a","leaseDurationSeconds":1.5})",
        R"({"holderIdentity":"a","leaseDurationSeconds":1e400})",
        R"({"holderIdentity":"a","leaseDurationSeconds":18446744073709551616})",
        R"({"holderIdentity":"a","leaseDurationSeconds":[10]})",
        R"({"holderIdentity":"a","leaseDurationSeconds":10,"renewTime":"yesterday"})",
        R"({"holderIdentity":"a","leaseDurationSeconds":10,"renewTime":17})",
        R"({"holderIdentity":"a","leaseDurationSeconds":10,"acquireTime":{}})",
        R"({"holderIdentity":"a","leaseTransitions":-5})",
        R"({"holderIdentity":"a","leaseTransitions":99999999999999999999})",
        R"({"holderIdentity":"a","leaseDurationSeconds":10,"unknown":{"deep":[[[{}]]]}})",
        "{\"holderIdentity\":\"" + std::string(std::size_t{1} << 20U, 'x') + "\"}",
    };
    return kSpecs;
}

TEST_P(HostileContract, ReadsThemAsDataAndSaysWhatIsOdd) {
    for (const std::string& spec : hostileSpecs()) {
        SCOPED_TRACE(spec.substr(0, 100));
        backend_->overwriteSpec(key_, spec);
        const auto found = got();
        ASSERT_TRUE(found);
        EXPECT_TRUE(!found->record.duration || found->record.duration->count() > 0);
        EXPECT_GE(found->record.transitions, 0);
        std::size_t told = 0;
        for (const std::string& oddity : found->oddities) {
            told += oddity.size();
        }
        EXPECT_LE(told, 8192U);
        EXPECT_TRUE(spec == "null" || !found->oddities.empty());
    }
}

TEST_P(HostileContract, WritesOverThem) {
    for (const std::string& spec : hostileSpecs()) {
        SCOPED_TRACE(spec.substr(0, 100));
        backend_->overwriteSpec(key_, spec);
        const auto found = got();
        ASSERT_TRUE(found);
        EXPECT_EQ(updated(*found, heldBy("web-0", 1)).record, heldBy("web-0", 1));
    }
}

TEST_P(HostileContract, WatchesTellThem) {
    backend_->overwriteSpec(key_, R"({"holderIdentity":"begin"})");
    RecordingSink sink;
    const std::jthread watching([&](const std::stop_token& stop) {
        client_->watch(key_, sink, std::chrono::seconds(20), stop);
    });
    ASSERT_TRUE(sink.waitForCount(RecordingSink::Kind::Listed, 1));
    const auto reader = backend_->client();
    for (const std::string& spec : hostileSpecs()) {
        SCOPED_TRACE(spec.substr(0, 100));
        backend_->overwriteSpec(key_, spec);
        const auto found = reader->get(key_, soon());
        ASSERT_TRUE(found.ok() && found.value());
        ASSERT_TRUE(sink.waitForRevision(found.value()->revision));
    }
}

TEST_P(HostileContract, KeepsMembersOfTheSpecThatItDoesNotKnow) {
    backend_->overwriteSpec(key_, R"({"holderIdentity":"a","strategy":"OldestEmulationVersion",)"
                                  R"("preferredHolder":"web-1","count":18446744073709551616})");
    updated(*got(), heldBy("web-0", 1));
    EXPECT_EQ(backend_->specMember(key_, "strategy"), "\"OldestEmulationVersion\"");
    EXPECT_EQ(backend_->specMember(key_, "preferredHolder"), "\"web-1\"");
    EXPECT_EQ(backend_->specMember(key_, "holderIdentity"), "\"web-0\"");
}

TEST_P(HostileContract, AChangeOfAnUnknownMemberChangesTheFingerprint) {
    backend_->overwriteSpec(key_, R"({"holderIdentity":"a","preferredHolder":"b"})");
    const auto before = got();
    backend_->overwriteSpec(key_, R"({"holderIdentity":"a","preferredHolder":"c"})");
    const auto after = got();
    ASSERT_TRUE(before && after);
    EXPECT_NE(before->fingerprint, after->fingerprint);
}

}  // namespace
}  // namespace elector::test
