#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "injector/check/diagnosis.h"
#include "injector/check/facts.h"

namespace injector::check {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using json_text::at;
using json_text::textAt;

std::string annotationOf(std::string_view pod, std::string_view name) {
    return textAt(at(pod, {"metadata", "annotations"}), names::kPrefix + std::string(name));
}

bool hasHealthGate(std::string_view pod) {
    const auto health = annotationOf(pod, "health");
    return (!health.empty() && health != "none") || !annotationOf(pod, "health-url").empty() ||
           !annotationOf(pod, "health-file").empty();
}

// Why the host is not called as its Pod is, by what makes it so; "" where it is.
std::string whyHostIsOtherwise(const WorkloadFacts& facts, std::string_view pod) {
    constexpr std::size_t kMostOfHost = 63;
    const auto spec = at(pod, {"spec"});
    if (at(spec, {"hostNetwork"}) == "true") {
        return "hostNetwork";
    }
    if (at(spec, {"setHostnameAsFQDN"}) == "true") {
        return "setHostnameAsFQDN";
    }
    // A StatefulSet's controller sets it to the Pod's name, whatever the template says.
    const auto host = textAt(spec, "hostname");
    if (!host.empty() && host != textAt(at(pod, {"metadata"}), "name") &&
        facts.target.kind->resource.kind != "StatefulSet") {
        return "hostname";
    }
    const bool isCut = std::ranges::any_of(podsOf(facts), [](const PodFact& each) {
        return each.record.key.name.size() > kMostOfHost;
    });
    return isCut ? fmt::format("a name of more than {} characters", kMostOfHost) : "";
}

}  // namespace

void addProgram(const WorkloadFacts& facts, const Judgement& judgement, Report& report) {
    const auto verdict = judgement.decision.verdict;
    if (verdict != admission::Verdict::Injected && verdict != admission::Verdict::Already) {
        return;
    }
    if (!hasHealthGate(judgement.pod)) {
        report.findings.push_back(
            {Weight::Note, "health",
             fmt::format("nothing tells the sidecar whether the program works, so that it leads "
                         "for one that hangs, too: better set {0}health-url, {0}health-file or "
                         "{0}health (docs/health.md)",
                         names::kPrefix)});
    }
    const auto why = whyHostIsOtherwise(facts, judgement.pod);
    if (annotationOf(judgement.pod, "env") == "nais" && !why.empty()) {
        report.findings.push_back(
            {Weight::Note, "host",
             fmt::format("a program that compares the leader's name with its host's never leads, "
                         "as its host is not called as its Pod is ({}): let it ask for isLeader "
                         "in /api/leader, or for /api/is-leader",
                         why)});
    }
}

}  // namespace injector::check
