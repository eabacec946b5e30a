#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "injector/admission/options.h"

namespace injector::admission {

// What is decided about one Pod.
enum class Verdict {
    NotAsked,  // no annotation of ours asks for a sidecar: allowed as it is
    Injected,  // allowed, with a sidecar
    Already,   // has our sidecar: allowed as it is (injecting twice changes nothing)
    Skipped,   // asked for, but cannot have one: allowed without, with the reason in its status
    Refused,   // an annotation says what cannot be done, or a list is absurdly long: not allowed
    Failed,    // our own fault, or no Pod that we can read: allowed as it is, with a warning
};

// "injected", "skipped", ...: for metrics and sentences.
const char* toString(Verdict verdict);

// What kept a Pod that asked for it from a sidecar, in a word or two: for metrics.
inline constexpr std::array<std::pair<Verdict, std::string_view>, 11> kCauses{{
    {Verdict::Skipped, "mirror pod"},
    {Verdict::Skipped, "protected namespace"},
    {Verdict::Skipped, "own pod"},
    {Verdict::Skipped, "windows"},
    {Verdict::Skipped, "own container"},
    {Verdict::Refused, "annotation"},
    {Verdict::Refused, "lease name"},
    {Verdict::Refused, "port"},
    {Verdict::Refused, "volume"},
    {Verdict::Refused, "resources"},
    {Verdict::Refused, "too long"},
}};

struct Decision {
    Verdict verdict = Verdict::NotAsked;
    // Why, in one sentence, for the person who made the Pod: which annotation, which value, what is
    // allowed; or which rule. Foreign text in it is escaped and cut. Below 256 characters. Empty
    // for Injected; of NotAsked only there where annotations of ours stand without `inject`.
    std::string reason;
    // A JSON Patch (RFC 6902) of `add` and `test` operations on the Pod as it was given; "[]" where
    // nothing changes.
    std::string patch = "[]";
    // Of an injected Pod: the Lease that it campaigns for, in its namespace.
    std::string leaseName;
    // Of a Pod that was skipped or refused: one of kCauses.
    std::string_view cause;
};

// Decides about the Pod whose JSON `pod` is, in the namespace `space` (that of the request: the
// Pod's own metadata may name none). Pure: no clock, no API, and the same answer each time. What it
// allocates is bounded by a constant, whatever the Pod is (review.h).
Decision admit(std::string_view pod, std::string_view space, const Defaults& defaults);
// The same, of a Pod within a text that was found to be JSON (json_text::isValid): it is not looked
// at again, which saves a tenth of a review.
Decision admitPart(std::string_view pod, std::string_view space, const Defaults& defaults);

// `document` with a patch of ours applied; all else in it stays byte for byte as it was. Throws
// std::invalid_argument where the patch does not fit: a test fails, a parent is missing. (Called
// with its namespace: of two strings alone, std::apply would take the call.)
std::string apply(std::string_view document, std::string_view patch);

}  // namespace injector::admission
