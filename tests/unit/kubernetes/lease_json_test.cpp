#include "elector/kubernetes/lease_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elector/runtime/json_text.h"
#include "elector/runtime/time_text.h"

namespace elector::kubernetes {
namespace {

using election::Lease;
using election::LeaseRecord;
using std::chrono_literals::operator""s;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string documentWith(std::string_view spec, std::string_view annotations = "{}") {
    return fmt::format(
        R"({{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"web",)"
        R"("namespace":"default","uid":"u-1","resourceVersion":"17","annotations":{}}},"spec":{}}})",
        annotations, spec);
}

const std::string kProperSpec =
    R"({"holderIdentity":"web-0","leaseDurationSeconds":10,)"
    R"("acquireTime":"2026-01-02T03:04:05.000006Z","renewTime":"2026-01-02T03:04:06.000000Z",)"
    R"("leaseTransitions":3})";

Lease parsed(std::string_view document) {
    auto lease = parseLease(document);
    if (!lease) {
        throw std::runtime_error(lease.error().message);
    }
    return std::move(lease).value();
}

LeaseRecord properRecord() {
    LeaseRecord record;
    record.holder = "web-1";
    record.session = "pod/nonce";
    record.duration = 15s;
    record.acquireTime = runtime::parseRfc3339("2026-02-02T03:04:05.1Z");
    record.renewTime = runtime::parseRfc3339("2026-02-02T03:04:06Z");
    record.transitions = 4;
    return record;
}

TEST(LeaseJsonTest, ReadsAProperLease) {
    const auto lease =
        parsed(documentWith(kProperSpec, R"({"leader-elector.io/session":"pod/nonce"})"));
    EXPECT_EQ(lease.uid, "u-1");
    EXPECT_EQ(lease.revision.text(), "17");
    EXPECT_EQ(lease.record.holder, "web-0");
    EXPECT_EQ(lease.record.session, "pod/nonce");
    EXPECT_EQ(lease.record.duration, 10s);
    EXPECT_EQ(lease.record.acquireTime, runtime::parseRfc3339("2026-01-02T03:04:05.000006Z"));
    EXPECT_EQ(lease.record.renewTime, runtime::parseRfc3339("2026-01-02T03:04:06Z"));
    EXPECT_EQ(lease.record.transitions, 3);
    EXPECT_THAT(lease.oddities, IsEmpty());
}

TEST(LeaseJsonTest, TakesAbsentAndNullMembersForNothing) {
    for (const char* spec :
         {"{}", "null",
          R"({"holderIdentity":null,"leaseDurationSeconds":null,"acquireTime":null,)"
          R"("renewTime":null,"leaseTransitions":null})"}) {
        const auto lease = parsed(documentWith(spec));
        EXPECT_EQ(lease.record, LeaseRecord()) << spec;
        EXPECT_THAT(lease.oddities, IsEmpty()) << spec;
    }
}

struct OddSpec {
    const char* spec;
    const char* oddity;
};

TEST(LeaseJsonTest, TakesHostileMembersForDataAndSaysWhatIsOdd) {
    const OddSpec kTable[] = {
        {R"({"holderIdentity":5})", "spec.holderIdentity is 5, not a text"},
        {R"({"holderIdentity":["a"]})", "spec.holderIdentity is an array, not a text"},
        {R"({"holderIdentity":"\ud800"})", "not a text"},
        {R"({"leaseDurationSeconds":"ten"})",
         R"(spec.leaseDurationSeconds is "ten", not a positive integer)"},
        {R"({"leaseDurationSeconds":0})", "is 0, not a positive integer"},
        {R"({"leaseDurationSeconds":-5})", "is -5, not a positive integer"},
        {R"({"leaseDurationSeconds":1.5})", "is 1.5, not a positive integer"},
        {R"({"leaseDurationSeconds":1e9999})", "is 1e9999, not a positive integer"},
        {R"({"leaseDurationSeconds":18446744073709551616})", "18446744073709551616, not a"},
        {R"({"leaseDurationSeconds":{"a":1}})", "is an object, not a positive integer"},
        {R"({"leaseDurationSeconds":3601})", "is 3601, more than one hour"},
        {R"({"acquireTime":"yesterday"})", R"(spec.acquireTime is "yesterday", not a time)"},
        {R"({"renewTime":12})", "spec.renewTime is 12, not a time"},
        {R"({"leaseTransitions":-1})", "spec.leaseTransitions is -1, not an integer from zero"},
        {R"({"leaseTransitions":true})", "spec.leaseTransitions is true"},
        {R"({"colour":"red\n"})", "spec.colour is unknown"},
        {R"({"holderIdentity":"a"})", "spec.leaseDurationSeconds is absent"},
        {R"("nothing")", R"(spec is "nothing", not an object)"},
        {"[]", "spec is an array, not an object"},
    };
    for (const auto& [spec, oddity] : kTable) {
        EXPECT_THAT(parsed(documentWith(spec)).oddities, testing::Contains(HasSubstr(oddity)))
            << spec;
    }
    EXPECT_THAT(parsed(documentWith("{}", R"(["x"])")).oddities,
                ElementsAre(HasSubstr("metadata.annotations is an array")));
    EXPECT_THAT(parsed(documentWith("{}", R"({"leader-elector.io/session":7})")).oddities,
                ElementsAre(HasSubstr("the annotation leader-elector.io/session is 7")));
}

// Rule 16.
TEST(LeaseJsonTest, TellsWhetherAPodOwnsIt) {
    const auto ownedBy = [](std::string_view owners) {
        return parsed(fmt::format(R"({{"metadata":{{"uid":"u-1","resourceVersion":"17",)"
                                  R"("ownerReferences":{}}},"spec":{{"holderIdentity":"old-0",)"
                                  R"("acquireTime":"2026-01-02T03:04:05.000006Z"}}}})",
                                  owners));
    };
    const auto pod = ownedBy(R"([{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"old"},)"
                             R"({"apiVersion":"v1","kind":"Pod","name":"old-0","uid":"u-2"}])");
    EXPECT_TRUE(pod.ownedByPod);
    EXPECT_TRUE(election::isHeldForLife(pod));
    EXPECT_THAT(pod.oddities, IsEmpty());
    for (const char* none : {"null", "[]", "{}", "7", R"(["Pod"])", R"([{"kind":"Pod"}])",
                             R"([{"apiVersion":"v1","kind":["Pod"]}])",
                             R"([{"apiVersion":"apps/v1","kind":"Pod","name":"old-0"}])",
                             R"([{"apiVersion":"v1","kind":"ConfigMap","name":"old-0"}])"}) {
        const auto lease = ownedBy(none);
        EXPECT_FALSE(lease.ownedByPod) << none;
        EXPECT_THAT(lease.oddities, ElementsAre(HasSubstr("leaseDurationSeconds is absent"),
                                                HasSubstr("renewTime is absent")));
    }
}

TEST(LeaseJsonTest, BoundsWhatItSaysOfAHugeRecord) {
    std::string spec = R"({"renewTime":")" + std::string(1 << 20, 'x') + R"(")";
    for (int count = 0; count < 1000; ++count) {
        spec += fmt::format(R"(,"field{}":1)", count);
    }
    const auto lease = parsed(documentWith(spec + "}"));
    std::size_t length = 0;
    for (const auto& oddity : lease.oddities) {
        length += oddity.size();
    }
    EXPECT_LT(lease.oddities.size(), 10U);
    EXPECT_LT(length, 2000U);
}

TEST(LeaseJsonTest, KeepsNumbersWithinWhatTheApiServerTakes) {
    const auto lease = parsed(documentWith(
        R"({"leaseDurationSeconds":9000000000000000000,"leaseTransitions":2147483648})"));
    EXPECT_EQ(lease.record.duration, 2147483647s);
    EXPECT_EQ(lease.record.transitions, 2147483647);

    auto record = properRecord();
    record.transitions = 2147483648;
    EXPECT_THAT(updatedLease(lease, record), HasSubstr(R"("leaseTransitions":2147483647)"));
}

TEST(LeaseJsonTest, RefusesWhatNothingCanBeWrittenAgainst) {
    for (const char* document :
         {"", "{}", "[]", "null", "{\"metadata\":", R"({"metadata":{}})", R"({"metadata":[]})",
          R"({"metadata":{"uid":"u"}})", R"({"metadata":{"uid":"","resourceVersion":"1"}})",
          R"({"metadata":{"uid":5,"resourceVersion":"1"}})",
          R"({"metadata":{"uid":"u","resourceVersion":1}})",
          R"({"metadata":{"uid":"u","resourceVersion":"0"}})",
          R"({"metadata":{"uid":"u","resourceVersion":"abc"}})"}) {
        const auto lease = parseLease(document);
        ASSERT_FALSE(lease.ok()) << document;
        EXPECT_EQ(lease.error().kind, ErrorKind::Malformed) << document;
    }
}

std::string fingerprint(std::string_view document) {
    return parsed(document).fingerprint;
}

TEST(LeaseJsonTest, FingerprintsWhatCountsAsAChange) {
    const auto base = fingerprint(documentWith(kProperSpec));
    EXPECT_NE(base, fingerprint(documentWith(R"({"holderIdentity":"web-0"})")));
    auto withForeign = kProperSpec;
    withForeign.insert(1, R"("foreign":18446744073709551616,)");
    auto withOtherForeign = kProperSpec;
    withOtherForeign.insert(1, R"("foreign":18446744073709551617,)");
    EXPECT_NE(base, fingerprint(documentWith(withForeign)));
    EXPECT_NE(fingerprint(documentWith(withForeign)), fingerprint(documentWith(withOtherForeign)));
    EXPECT_NE(base,
              fingerprint(documentWith(kProperSpec, R"({"leader-elector.io/session":"a/b"})")));
    auto otherUid = documentWith(kProperSpec);
    otherUid.replace(otherUid.find("u-1"), 3, "u-2");
    EXPECT_NE(base, fingerprint(otherUid));
}

TEST(LeaseJsonTest, FingerprintsNothingElse) {
    const auto base = fingerprint(documentWith(kProperSpec));
    auto otherVersion = documentWith(kProperSpec, R"({"other":"annotation"})");
    otherVersion.replace(otherVersion.find("\"17\""), 4, "\"18\"");
    EXPECT_EQ(base, fingerprint(otherVersion));
    EXPECT_EQ(fingerprint(documentWith(R"({"a":1,"b":2})")),
              fingerprint(documentWith(R"({ "b" : 2, "a" : 1, "c" : null })")));
}

TEST(LeaseJsonTest, WritesOnlyItsOwnMembersIntoWhatWasRead) {
    const std::string document =
        R"({"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"web",)"
        R"("uid":"u-1","resourceVersion":"17","labels":{"l":"1"},"annotations":{"other":"x"},)"
        R"("managedFields":[{"manager":"kubectl"}]},"spec":{"strategy":"Oldest","big":)"
        R"(18446744073709551616,"exact":0.10,"preferredHolder":"web-2","holderIdentity":"old",)"
        R"("leaseTransitions":1}})";
    EXPECT_EQ(
        updatedLease(parsed(document), properRecord()),
        R"({"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"web",)"
        R"("uid":"u-1","resourceVersion":"17","labels":{"l":"1"},"annotations":{"other":"x",)"
        R"("leader-elector.io/session":"pod/nonce"},)"
        R"("managedFields":[{"manager":"kubectl"}]},"spec":{"strategy":"Oldest","big":)"
        R"(18446744073709551616,"exact":0.10,"preferredHolder":"web-2","holderIdentity":"web-1",)"
        R"("leaseTransitions":4,"leaseDurationSeconds":15,)"
        R"("acquireTime":"2026-02-02T03:04:05.100000Z","renewTime":"2026-02-02T03:04:06.000000Z"}})");
}

TEST(LeaseJsonTest, WritesAReleaseInTheFormThatOtherClientsBear) {
    LeaseRecord release = properRecord();
    release.holder = "";
    release.session = "";
    release.duration = 1s;
    const auto text = updatedLease(
        parsed(documentWith(kProperSpec, R"({"leader-elector.io/session":"a","k":"v"})")), release);
    EXPECT_THAT(text, HasSubstr(R"("holderIdentity":"","leaseDurationSeconds":1,)"
                                R"("acquireTime":"2026-02-02T03:04:05.100000Z")"));
    EXPECT_THAT(text, HasSubstr(R"("annotations":{"k":"v"})"));
    EXPECT_EQ(parsed(text).record, release);
    EXPECT_TRUE(election::isRelease(parsed(text).record));
}

TEST(LeaseJsonTest, SaysWhoLeadsWithAnUnhealthyProgram) {
    LeaseRecord record = properRecord();
    record.degraded = election::kDegraded;
    const auto base = parsed(documentWith(kProperSpec, R"({"k":"v"})"));
    const auto text = updatedLease(base, record);
    EXPECT_THAT(text, HasSubstr(R"("leader-elector.io/degraded":"true")"));
    EXPECT_EQ(parsed(text).record, record);
    LeaseRecord asked = base.record;
    asked.degraded = "asked by web-2";
    EXPECT_EQ(parsed(updatedLease(base, asked)).fingerprint, base.fingerprint)
        << "who asks for it gives no time to who holds it";
    record.degraded.clear();
    EXPECT_THAT(updatedLease(parsed(text), record), Not(HasSubstr("degraded")));
}

TEST(LeaseJsonTest, ReadsAndWritesWhatIsSaidOfHandOvers) {
    const auto base = parsed(documentWith(kProperSpec, R"({"k":"v"})"));
    LeaseRecord record = base.record;
    record.preferredHolder = "web-2";
    record.handOver = {"web-0", "48213", "web-\"2\"", handOverText("web-0", "48213", "web-\"2\"")};
    const auto text = updatedLease(base, record);
    EXPECT_THAT(text, HasSubstr(R"("leader-elector.io/preferred-holder":"web-2")"));
    EXPECT_EQ(parsed(text).record, record);
    EXPECT_EQ(parsed(text).fingerprint, base.fingerprint) << "neither gives time to a holder";
    EXPECT_THAT(parsed(text).oddities, IsEmpty());
    EXPECT_THAT(updatedLease(parsed(text), properRecord()),
                Not(AnyOf(HasSubstr("hand-over"), HasSubstr("preferred-holder"))));

    for (const char* odd : {"web-2", "[]", "{", R"({"from":"web-0","token":"1"})",
                            R"({"from":"web-0","token":1,"to":"web-2"})"}) {
        record.handOver = {"", "", "", odd};
        const auto lease = parsed(updatedLease(base, record));
        EXPECT_EQ(lease.record.handOver, record.handOver) << "it asks nobody";
        EXPECT_THAT(lease.oddities, ElementsAre(HasSubstr("leader-elector.io/hand-over"))) << odd;
    }
}

TEST(LeaseJsonTest, TakesOutWhatTheRecordDoesNotHave) {
    const auto text = updatedLease(parsed(documentWith(kProperSpec)), LeaseRecord());
    EXPECT_THAT(text, HasSubstr(R"("spec":{"holderIdentity":"","leaseTransitions":0})"));
}

TEST(LeaseJsonTest, WritesAnItemOfAListAndReplacesASpecThatIsNone) {
    const auto item = R"({"metadata":{"name":"web","uid":"u","resourceVersion":"5"},"spec":[1]})";
    const auto text = updatedLease(parsed(item), LeaseRecord());
    EXPECT_THAT(text, HasSubstr(R"("spec":{"holderIdentity":"","leaseTransitions":0})"));
    EXPECT_THAT(text, HasSubstr(R"("apiVersion":"coordination.k8s.io/v1","kind":"Lease")"));
}

TEST(LeaseJsonTest, CreatesWithoutResourceVersionOrUid) {
    const auto text = newLease({"team \"a\"", "web"}, properRecord());
    EXPECT_TRUE(json_text::isValid(text));
    EXPECT_THAT(text, HasSubstr(R"("metadata":{"name":"web","namespace":"team \"a\"",)"
                                R"("annotations":{"leader-elector.io/session":"pod/nonce"}})"));
    EXPECT_THAT(text, Not(HasSubstr("resourceVersion")));
    EXPECT_THAT(text, Not(HasSubstr("uid")));
    EXPECT_THAT(newLease({"default", "web"}, LeaseRecord()), Not(HasSubstr("annotations")));
}

}  // namespace
}  // namespace elector::kubernetes
