// A Lease as an API server answers it: read, written over, read back. The input is its JSON.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/kubernetes/lease_json.h"
#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "tests/fuzz/property.h"

namespace fuzz {
namespace {

namespace json_text = elector::json_text;
namespace kubernetes = elector::kubernetes;
using elector::election::Lease;
using elector::election::LeaseRecord;
using elector::election::WallTime;
using json_text::Kind;

constexpr std::size_t kMostSentence = 2000;

constexpr std::string_view kUsualLease =
    R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"web",)"
    R"("namespace":"default","uid":"u-1","resourceVersion":"17","labels":{"a":"b"}},)"
    R"("spec":{"holderIdentity":"web-0","strategy":"OldestEmulationVersion"}})";

Lease read(std::string_view document) {
    auto lease = kubernetes::parseLease(document);
    require(lease.ok(), "what was written can be read", document);
    return std::move(lease).value();
}

std::string_view part(std::string_view object, std::string_view key) {
    return json_text::member(object, key).value_or("");
}

using Members = std::vector<std::pair<std::string_view, std::string_view>>;

// The members of `object` but for `edited`, keys and values as written.
Members othersOf(std::string_view object, std::initializer_list<std::string_view> edited) {
    Members others;
    for (const auto& member : json_text::membersOf(object)) {
        if (std::ranges::find(edited, member.key) == edited.end()) {
            others.emplace_back(member.rawKey, member.value);
        }
    }
    return others;
}

void requireOthersSurvive(std::string_view before, std::string_view after,
                          std::initializer_list<std::string_view> edited) {
    require(othersOf(before, edited) == othersOf(after, edited),
            "foreign members come back exactly as they were read", after);
}

void judgeForeignMembers(std::string_view before, std::string_view after) {
    requireOthersSurvive(before, after, {"apiVersion", "kind", "metadata", "spec"});
    const auto metadata = part(before, "metadata");
    requireOthersSurvive(metadata, part(after, "metadata"), {"annotations"});
    requireOthersSurvive(
        part(metadata, "annotations"), part(part(after, "metadata"), "annotations"),
        {elector::names::kSessionAnnotation, elector::names::kDegradedAnnotation,
         elector::names::kPreferredHolderAnnotation, elector::names::kHandOverAnnotation});
    requireOthersSurvive(
        part(before, "spec"), part(after, "spec"),
        {"holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"});
}

// `record` over `base`, read back.
void judgeWrite(const Lease& base, const LeaseRecord& record) {
    const auto text = kubernetes::updatedLease(base, record);
    const auto again = read(text);
    require(again.uid == base.uid && again.revision == base.revision,
            "a write carries the uid and the revision that it was made on", text);
    require(again.record == record, "a record that was written is read back", text);
    judgeForeignMembers(base.document, text);
    require(kubernetes::updatedLease(again, record) == text, "writing twice changes nothing", text);
    const bool isSame = record.holder == base.record.holder &&
                        record.session == base.record.session &&
                        record.transitions == base.record.transitions;
    require(isSame || again.fingerprint != base.fingerprint, "who writes another record is seen",
            text);
}

// An API server takes 32 bits, and refuses the whole write for more.
void judgeLargeNumbers(const Lease& base, LeaseRecord record) {
    record.transitions = std::numeric_limits<std::int64_t>::max();
    record.duration = std::chrono::seconds(record.transitions);
    const auto text = kubernetes::updatedLease(base, record);
    for (const std::string_view key : {"leaseTransitions", "leaseDurationSeconds"}) {
        require(json_text::integerIn(part(part(text, "spec"), key)) ==
                    std::numeric_limits<std::int32_t>::max(),
                "a number is written as large as an API server takes it", text);
    }
}

void judgeCreation(const LeaseRecord& record) {
    auto text = kubernetes::newLease({"default", "web"}, record);
    require(json_text::isValid(text), "a new Lease is JSON", text);
    // As the API server answers it: with a uid and a resourceVersion.
    const auto metadata = json_text::withMember(
        json_text::withMember(part(text, "metadata"), "uid", "\"u\""), "resourceVersion", "\"1\"");
    text = json_text::withMember(text, "metadata", metadata);
    require(read(text).record == record, "a record that was created is read back", text);
}

void judgeReading(const Lease& lease, std::string_view document) {
    constexpr std::size_t kMostOddities = 8;
    require(!lease.uid.empty(), "a Lease has a uid");
    require(lease.document == document, "a Lease keeps its document");
    require(lease.oddities.size() <= kMostOddities, "what is odd is told in a few phrases");
    for (const auto& oddity : lease.oddities) {
        requireSentence(oddity, kMostSentence);
    }
    const auto& record = lease.record;
    require(
        record.transitions >= 0 && record.transitions <= std::numeric_limits<std::int32_t>::max(),
        "transitions fit what an API server takes");
    require(
        !record.duration || (record.duration->count() >= 1 &&
                             record.duration->count() <= std::numeric_limits<std::int32_t>::max()),
        "a duration fits what an API server takes");
    const auto metadata = part(document, "metadata");
    const auto labelled = json_text::withMember(
        document, "metadata", json_text::withMember(metadata, "labels", R"({"x":"y"})"));
    require(read(labelled).fingerprint == lease.fingerprint, "labels are no change of the record",
            labelled);
}

LeaseRecord released(LeaseRecord record) {
    record.holder.clear();
    record.duration = std::chrono::seconds(1);
    return record;
}

LeaseRecord takenOver(LeaseRecord record) {
    record.holder = "web-1";
    record.session = "pod/nonce";
    record.duration = std::chrono::seconds(15);
    record.acquireTime = record.renewTime =
        WallTime(std::chrono::microseconds(1'767'323'045'000'006));
    record.transitions =
        std::min<std::int64_t>(record.transitions + 1, std::numeric_limits<std::int32_t>::max());
    return record;
}

}  // namespace

void judge(std::string_view document) {
    const auto lease = kubernetes::parseLease(document);
    if (!lease) {
        require(lease.error().kind == elector::election::ErrorKind::Malformed,
                "what is no Lease is malformed");
        requireSentence(lease.error().message, kMostSentence);
        return;
    }
    judgeReading(lease.value(), document);
    const auto usual = read(kUsualLease);
    const auto& record = lease.value().record;
    judgeLargeNumbers(lease.value(), record);
    for (const auto& written : {record, released(record), takenOver(record)}) {
        judgeWrite(lease.value(), written);
        judgeWrite(usual, written);
        judgeCreation(written);
    }
}

}  // namespace fuzz
