#include <fmt/format.h>

#include "tests/integration/integration_test.h"

// Records that no honest client writes: data, whatever they say.
namespace elector::test {
namespace {

struct HostileRecord {
    std::string name;
    std::string spec;
    bool isOdd = true;       // one line of the log says what is odd
    bool lastsLong = false;  // it is held for an hour, as far as anybody can tell
};
void PrintTo(const HostileRecord& record, std::ostream* out) {
    *out << record.name;
}
std::string recordName(const testing::TestParamInfo<HostileRecord>& info) {
    return info.param.name;
}

class HostileRecordTest : public IntegrationTest,
                          public testing::WithParamInterface<HostileRecord> {};

const std::vector<HostileRecord>& records() {
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    static const std::vector<HostileRecord> kRecords{
        {"Null", "null", false},
        {"Empty", "{}", false},
        {"Array", "[1,2]"},
        {"NullFields",
         R"({"holderIdentity":null,"leaseDurationSeconds":null,"acquireTime":null,)"
         R"("renewTime":null,"leaseTransitions":null})",
         false},
        {"HolderOnly", R"({"holderIdentity":"ghost"})"},
        {"HolderNumber", R"({"holderIdentity":17,"leaseDurationSeconds":1})"},
        {"NegativeDuration", R"({"holderIdentity":"ghost","leaseDurationSeconds":-5})"},
        {"ZeroDuration", R"({"holderIdentity":"ghost","leaseDurationSeconds":0})"},
        {"TextDuration", R"({"holderIdentity":"ghost","leaseDurationSeconds":"ten"})"},
        {"FractionalDuration", R"({"holderIdentity":"ghost","leaseDurationSeconds":1.5})"},
        {"HugeDuration", R"({"holderIdentity":"ghost","leaseDurationSeconds":2147483647})", true,
         true},
        {"OverflowingDuration",
         R"({"holderIdentity":"ghost","leaseDurationSeconds":18446744073709551616})"},
        {"BadTimes", R"({"holderIdentity":"ghost","leaseDurationSeconds":1,"renewTime":"soon",)"
                     R"("acquireTime":7})"},
        {"HugeTransitions",
         R"({"holderIdentity":"ghost","leaseDurationSeconds":1,"leaseTransitions":2147483647})"},
        {"UnknownFields",
         R"({"holderIdentity":"ghost","leaseDurationSeconds":1,"extra":{"a":[1,{"b":null}]}})"},
        {"MegabyteHolder", "{\"holderIdentity\":\"" + megabyte + "\",\"leaseDurationSeconds\":1}"},
        {"ControlCharacters", R"({"holderIdentity":"a\u0000\u001b[31m\n{\"level\":\"info\"}",)"
                              R"("leaseDurationSeconds":1})"},
        {"OurOwnName", R"({"holderIdentity":"web-0","leaseDurationSeconds":2})"},
        {"Reserved", R"({"holderIdentity":"leader-elector.io/vacant","leaseDurationSeconds":1})"},
    };
    return kRecords;
}

INSTANTIATE_TEST_SUITE_P(Records, HostileRecordTest, testing::ValuesIn(records()), recordName);

TEST_P(HostileRecordTest, NobodyLeadsByThemAndTheyAreOutlived) {
    server_.leases().overwriteSpec(key_, GetParam().spec);
    server_.leases().label(key_, "team", "a");
    server_.leases().overwriteSpec(key_, GetParam().spec);
    const int requests = static_cast<int>(server_.requests().size());
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitForOutput("campaigning"));
    const auto begun = clock_.now();
    if (GetParam().lastsLong) {
        ASSERT_TRUE(eventually([&] {
            EXPECT_FALSE(isLeading(*web));
            return clock_.now() - begun > 2 * kLease;
        }));
        EXPECT_EQ(server_.count("update"), 0);
    } else {
        ASSERT_TRUE(web->waitUntilLeading()) << web->output();
        EXPECT_GE(server_.count("update"), 1);
        EXPECT_EQ(server_.leases().field(key_, "spec.holderIdentity"), "web-0");
    }
    EXPECT_EQ(server_.leases().field(key_, "metadata.labels.team"), "a");
    EXPECT_EQ(web->get("/healthz")->status, 200);
    const auto seconds = std::chrono::ceil<Seconds>(clock_.now() - begun).count();
    EXPECT_LE(static_cast<int>(server_.requests().size()) - requests, 20 + 20 * seconds);
    EXPECT_LT(web->output().size(), 20'000U);
}

TEST_P(HostileRecordTest, TheyEndATermAndItBeginsAnew) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    claims_.follow(web);
    const std::string before = token(*web);
    server_.leases().overwriteSpec(key_, GetParam().spec);
    if (GetParam().lastsLong) {
        ASSERT_TRUE(waitUntilNotLeading(*web, kRenew + kSlack));
    } else {
        ASSERT_TRUE(web->waitForLeader([&](const LeaderReply& reply) {
            return reply.isLeader && reply.fencingToken != before;
        })) << web->output();
    }
    EXPECT_EQ(web->get("/healthz")->status, 200);
    EXPECT_TRUE(web->isRunning());
    claims_.stop();
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(HostileRecordTest, OneLineSaysWhatIsOdd) {
    server_.leases().overwriteSpec(key_,
                                   R"({"holderIdentity":"ghost","leaseDurationSeconds":"ten"})");
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    EXPECT_EQ(web->timesSaid("leaseDurationSeconds is"), 1) << web->output();
}

TEST_F(HostileRecordTest, ADocumentThatIsNoLeaseIsSurvived) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading());
    for (const std::string document : {R"({})", R"([])", R"({"metadata":{"uid":7}})",
                                       R"({"metadata":{"uid":"$UID","resourceVersion":"x"}})"}) {
        server_.leases().overwriteDocument(key_, document);
        ASSERT_TRUE(waitUntilNotLeading(*web, kRenew + kSlack)) << web->output();
        EXPECT_EQ(web->get("/healthz")->status, 200);
        server_.leases().remove(key_);
        ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    }
}

// A Lease in the worst form that an API server takes: managed fields of any depth, foreign metadata
// up to what etcd stores.
std::string worstLease(std::size_t bytesOfLabels, const std::string& spec) {
    constexpr std::size_t kDepth = 200'000;
    std::string labels;
    for (int index = 0; labels.size() < bytesOfLabels; ++index) {
        labels += fmt::format(R"("label-{:06}":"{}",)", index, std::string(63, 'v'));
    }
    std::string fields;
    for (std::size_t depth = 0; depth < kDepth; ++depth) {
        fields += R"({"f:a":)";
    }
    return fmt::format(
        R"({{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"web",)"
        R"("namespace":"default","uid":"$UID","resourceVersion":"$REVISION",)"
        R"("labels":{{{}"team":"a"}},"managedFields":[{{"manager":"m","fieldsV1":{}{{}}{}}}]}},)"
        R"("spec":{}}})",
        labels, fields, std::string(kDepth, '}'), spec);
}

constexpr const char* kReleased =
    R"({"holderIdentity":"","leaseDurationSeconds":1,"acquireTime":"2026-01-02T03:04:05.000006Z",)"
    R"("renewTime":"2026-01-02T03:04:05.000006Z"})";
// An attempt has time for megabytes, with a sanitizer in the way too.
const std::vector<std::string> kPatience{"--lease-duration=15s", "--lease-renew-duration=10s",
                                         "--retry-period=500ms"};

TEST_F(HostileRecordTest, ALeaseInItsWorstLegalFormIsTakenAndRenewed) {
    constexpr std::size_t kStoredByEtcd = 1'500'000;
    server_.leases().overwriteDocument(key_, worstLease(kStoredByEtcd, kReleased));
    const auto web = elector("web-0", kPatience);
    ASSERT_TRUE(web->waitUntilLeading()) << web->output().substr(0, 4000);
    const auto follower = elector("web-1", kPatience);
    ASSERT_TRUE(waitForName(*follower, "web-0")) << follower->output().substr(0, 4000);
    ASSERT_TRUE(waitForUpdates(2));
    EXPECT_EQ(server_.leases().field(key_, "metadata.labels.team"), "a");
    EXPECT_EQ(server_.leases().field(key_, "metadata.labels.label-000000"), std::string(63, 'v'));
    EXPECT_EQ(follower->get("/readyz")->status, 200);
    // As an event of the watch, while somebody leads, and for those who follow.
    const std::string before = token(*web);
    server_.leases().overwriteDocument(key_, worstLease(kStoredByEtcd, kReleased));
    ASSERT_TRUE(web->waitForLeader(
        [&](const LeaderReply& reply) { return !reply.isLeader || reply.fencingToken != before; }));
    ASSERT_TRUE(eventually([&] { return isLeading(*web) || isLeading(*follower); }));
    EXPECT_EQ(web->timesSaid("no JSON"), 0) << web->output().substr(0, 4000);
}

TEST_F(HostileRecordTest, ALeaseThatNobodyCanWriteIsSaidToBeTooLong) {
    constexpr std::size_t kMoreThanAnyWrite = 3'200'000;
    server_.leases().overwriteDocument(key_, worstLease(kMoreThanAnyWrite, "{}"));
    const auto web = elector("web-0", kPatience);
    ASSERT_TRUE(
        web->waitForOutput("the answer has more than 3145728 bytes besides its managed "
                           "fields"))
        << web->output();
    EXPECT_FALSE(isLeading(*web));
    EXPECT_EQ(web->get("/healthz")->status, 200);
    server_.leases().overwriteDocument(key_, worstLease(1000, kReleased));
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
}

}  // namespace
}  // namespace elector::test
