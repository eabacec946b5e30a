#include "elector/kubernetes/lease_json.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector::kubernetes {

namespace {

using election::Lease;
using election::LeaseRecord;
using election::WallTime;
using json_text::Kind;

constexpr std::string_view kApiVersion = "coordination.k8s.io/v1";

// leaseDurationSeconds and leaseTransitions are int32 for the API server: more is never accepted.
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

constexpr std::int64_t kLongestDurationSeconds = 3600;  // what rule 2 makes of anything longer
constexpr std::size_t kLongestProperHolder = 512;
constexpr std::size_t kMaxOddities = 8;
constexpr std::array<std::string_view, 7> kSpecMembers{
    "holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions",
    "strategy",       "preferredHolder"};

// Reads the members of a Lease and collects what is odd about them.
class Reader {
  public:
    explicit Reader(std::string_view spec) : spec_(spec) {}

    std::string text(std::string_view object, std::string_view key, std::string_view name) {
        const auto value = json_text::member(object, key);
        if (!value) {
            return {};
        }
        auto content = json_text::stringIn(*value);
        if (!content) {
            note(name, *value, "not a text");
            return {};
        }
        if (content->size() > kLongestProperHolder) {
            add(fmt::format("{} is {} bytes long", name, content->size()));
        }
        return std::move(*content);
    }

    std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                        std::string_view expected) {
        const auto value = json_text::member(spec_, key);
        if (!value) {
            return std::nullopt;
        }
        const auto name = fmt::format("spec.{}", key);
        const auto number = json_text::integerIn(*value);
        if (!number || *number < least) {
            note(name, *value, expected);
            return std::nullopt;
        }
        return std::min(*number, kMaxInt32);
    }

    std::optional<WallTime> time(std::string_view key) {
        const auto value = json_text::member(spec_, key);
        if (!value) {
            return std::nullopt;
        }
        const auto content = json_text::stringIn(*value);
        const auto parsed = content ? runtime::parseRfc3339(*content) : std::nullopt;
        if (!parsed) {
            note(fmt::format("spec.{}", key), *value, "not a time");
        }
        return parsed;
    }

    void note(std::string_view name, std::string_view value, std::string_view expected) {
        const auto kind = json_text::kindOf(value);
        const bool isSmall = kind != Kind::Object && kind != Kind::Array;
        const auto shown =
            kind == Kind::String
                ? fmt::format("\"{}\"", runtime::quoted(value.substr(1, value.size() - 2)))
                : runtime::quoted(value);
        add(fmt::format("{} is {}, {}", name, isSmall ? shown : json_text::describe(kind),
                        expected));
    }

    void add(std::string oddity) {
        if (oddities_.size() < kMaxOddities) {
            oddities_.push_back(std::move(oddity));
        }
    }

    std::vector<std::string> finish() && { return std::move(oddities_); }

  private:
    std::string_view spec_;
    std::vector<std::string> oddities_;
};

void noteUnknownMembers(std::string_view spec, Reader& reader) {
    for (const auto& member : json_text::membersOf(spec)) {
        if (std::ranges::find(kSpecMembers, member.key) == kSpecMembers.end()) {
            reader.add(fmt::format("spec.{} is unknown", runtime::quoted(member.key)));
        }
    }
}

bool isOwnedByPod(std::string_view metadata) {
    const auto owners = json_text::member(metadata, "ownerReferences").value_or("[]");
    const auto says = [](std::string_view owner, std::string_view key, std::string_view text) {
        return json_text::stringIn(json_text::member(owner, key).value_or("")) == text;
    };
    return std::ranges::any_of(json_text::elementsOf(owners), [&](std::string_view owner) {
        return says(owner, "kind", "Pod") && says(owner, "apiVersion", "v1");
    });
}

// A record that somebody holds has all of these, but for one that is held for life (rule 16).
void noteMissing(const Lease& lease, std::string_view spec, Reader& reader) {
    if (lease.record.holder.empty() || election::isHeldForLife(lease)) {
        return;
    }
    for (const std::string_view key : {"leaseDurationSeconds", "acquireTime", "renewTime"}) {
        if (!json_text::member(spec, key)) {
            reader.add(fmt::format("spec.{} is absent, though there is a holder", key));
        }
    }
}

// {"from":"web-0","token":"48213","to":"web-2"}. Anybody may have written it.
election::HandOver handOverIn(const std::string& text, Reader& reader) {
    if (text.empty()) {
        return {};
    }
    const bool valid = json_text::isValid(text) && json_text::kindOf(text) == Kind::Object;
    const auto member = [&](std::string_view key) {
        return valid ? json_text::textAt(text, key) : std::string();
    };
    election::HandOver order{member("from"), member("token"), member("to"), text};
    if (order.from.empty() || order.token.empty() || order.to.empty()) {
        reader.add(fmt::format("the annotation {} has no texts from, token and to",
                               names::kHandOverAnnotation));
        return {{}, {}, {}, text};
    }
    return order;
}

LeaseRecord readRecord(std::string_view metadata, std::string_view spec, Reader& reader) {
    LeaseRecord record;
    record.holder = reader.text(spec, "holderIdentity", "spec.holderIdentity");
    const auto annotations = json_text::member(metadata, "annotations").value_or("{}");
    const auto annotation = [&](const char* name) {
        return reader.text(annotations, name, fmt::format("the annotation {}", name));
    };
    record.session = annotation(names::kSessionAnnotation);
    record.degraded = annotation(names::kDegradedAnnotation);
    record.preferredHolder = annotation(names::kPreferredHolderAnnotation);
    record.handOver = handOverIn(annotation(names::kHandOverAnnotation), reader);
    if (const auto seconds = reader.integer("leaseDurationSeconds", 1, "not a positive integer")) {
        record.duration = std::chrono::seconds(*seconds);
        if (*seconds > kLongestDurationSeconds) {
            reader.note("spec.leaseDurationSeconds",
                        json_text::member(spec, "leaseDurationSeconds").value_or(""),
                        "more than one hour");
        }
    }
    record.acquireTime = reader.time("acquireTime");
    record.renewTime = reader.time("renewTime");
    record.transitions =
        reader.integer("leaseTransitions", 0, "not an integer from zero").value_or(0);
    return record;
}

// Each part is preceded by its length, so that no two lists of parts look the same.
void append(std::string& text, std::string_view part) {
    text += fmt::format("{}:", part.size());
    text += part;
}

// The digest of what counts as a change (rule 2). The spec's members are sorted, and null counts as
// absent, so that the order in which a server writes them does not matter.
std::string fingerprintOf(std::string_view uid, std::string_view session, std::string_view spec) {
    std::map<std::string, std::string_view> sorted;
    for (auto& member : json_text::membersOf(spec)) {
        sorted.insert_or_assign(std::move(member.key), member.value);
    }
    std::string text;
    append(text, uid);
    append(text, session);
    for (const auto& [key, value] : sorted) {
        if (json_text::kindOf(value) != Kind::Null) {
            append(text, key);
            append(text, value);
        }
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

ApiError malformed(std::string sentence) {
    return {ErrorKind::Malformed, 0, std::nullopt, std::move(sentence)};
}

std::string timeText(WallTime time) {
    return runtime::jsonString(runtime::formatMicroTime(time));
}

// `spec` with the five members of `record`. A time or duration that the record does not have is
// taken out.
std::string withRecord(std::string spec, const LeaseRecord& record) {
    const auto set = [&spec](std::string_view key, const std::optional<std::string>& value) {
        spec =
            value ? json_text::withMember(spec, key, *value) : json_text::withoutMember(spec, key);
    };
    const auto number = [](std::int64_t value, std::int64_t least) {
        return std::to_string(std::clamp(value, least, kMaxInt32));
    };
    // "" and not null when nobody holds it: null breaks other clients (rule 5).
    set("holderIdentity", runtime::jsonString(record.holder));
    set("leaseDurationSeconds",
        record.duration ? std::optional(number(record.duration->count(), 1)) : std::nullopt);
    set("acquireTime",
        record.acquireTime ? std::optional(timeText(*record.acquireTime)) : std::nullopt);
    set("renewTime", record.renewTime ? std::optional(timeText(*record.renewTime)) : std::nullopt);
    set("leaseTransitions", number(record.transitions, 0));
    return spec;
}

std::string withAnnotation(std::string_view metadata, std::string_view name,
                           const std::string& text) {
    const auto annotations = json_text::member(metadata, "annotations");
    if (text.empty()) {
        return annotations ? json_text::withMember(metadata, "annotations",
                                                   json_text::withoutMember(*annotations, name))
                           : std::string(metadata);
    }
    return json_text::withMember(
        metadata, "annotations",
        json_text::withMember(annotations.value_or("{}"), name, runtime::jsonString(text)));
}

std::string withAnnotations(std::string_view metadata, const LeaseRecord& record) {
    std::string text(metadata);
    for (const auto& [name, value] : {std::pair(names::kSessionAnnotation, &record.session),
                                      {names::kDegradedAnnotation, &record.degraded},
                                      {names::kPreferredHolderAnnotation, &record.preferredHolder},
                                      {names::kHandOverAnnotation, &record.handOver.text}}) {
        text = withAnnotation(text, name, *value);
    }
    return text;
}

std::string leaseDocument(std::string_view document, std::string_view metadata,
                          std::string_view spec) {
    // The items of a list carry neither of the first two.
    const auto apiVersion = runtime::jsonString(kApiVersion);
    const std::array<json_text::NewMember, 4> members{{{"apiVersion", apiVersion},
                                                       {"kind", "\"Lease\""},
                                                       {"metadata", metadata},
                                                       {"spec", spec}}};
    return json_text::withMembers(document, members);
}

}  // namespace

Result<Lease> parseLease(std::string_view document) {
    if (!json_text::isValid(document) || json_text::membersOf(document).empty()) {
        return malformed("the answer is no JSON object");
    }
    const auto metadata = json_text::member(document, "metadata").value_or("{}");
    const auto uid = json_text::stringIn(json_text::member(metadata, "uid").value_or(""));
    if (!uid || uid->empty()) {
        return malformed("the answer is no object with a metadata.uid");
    }
    const auto version =
        json_text::stringIn(json_text::member(metadata, "resourceVersion").value_or(""));
    const auto revision = election::Revision::parse(version.value_or(""));
    if (!revision) {
        return malformed(fmt::format("metadata.resourceVersion is \"{}\", not a decimal integer",
                                     runtime::quoted(version.value_or(""))));
    }
    const auto spec = json_text::member(document, "spec").value_or("{}");
    Reader reader(spec);
    if (json_text::kindOf(spec) != Kind::Object) {
        reader.note("spec", spec, "not an object");
    }
    const auto annotations = json_text::member(metadata, "annotations").value_or("{}");
    if (json_text::kindOf(annotations) != Kind::Object) {
        reader.note("metadata.annotations", annotations, "not an object");
    }
    const auto session = json_text::member(annotations, names::kSessionAnnotation).value_or("");
    Lease lease{.uid = *uid,
                .revision = *revision,
                .record = readRecord(metadata, spec, reader),
                .fingerprint = fingerprintOf(*uid, session, spec),
                .oddities = {},
                .document = std::string(document),
                .ownedByPod = isOwnedByPod(metadata)};
    noteMissing(lease, spec, reader);
    noteUnknownMembers(spec, reader);
    lease.oddities = std::move(reader).finish();
    return lease;
}

bool isElectors(const Lease& lease) {
    const auto metadata = json_text::member(lease.document, "metadata").value_or("");
    const auto labels = json_text::member(metadata, "labels").value_or("");
    return json_text::textAt(labels, names::kManagedByLabel) == names::kOperator ||
           !lease.record.session.empty() || lease.record.holder == names::kVacantHolder ||
           lease.record == LeaseRecord{};
}

std::string updatedLease(const Lease& base, const LeaseRecord& record) {
    const auto spec = json_text::member(base.document, "spec").value_or("{}");
    const auto metadata = json_text::member(base.document, "metadata").value_or("{}");
    return leaseDocument(base.document, withAnnotations(metadata, record),
                         withRecord(std::string(spec), record));
}

std::string handOverText(const std::string& from, const std::string& token, const std::string& to) {
    return fmt::format(R"({{"from":{},"token":{},"to":{}}})", runtime::jsonString(from),
                       runtime::jsonString(token), runtime::jsonString(to));
}

std::string newLease(const election::LeaseKey& key, const LeaseRecord& record) {
    auto metadata = json_text::withMember("{}", "name", runtime::jsonString(key.name));
    metadata = json_text::withMember(metadata, "namespace", runtime::jsonString(key.space));
    return leaseDocument("{}", withAnnotations(metadata, record), withRecord("{}", record));
}

}  // namespace elector::kubernetes
