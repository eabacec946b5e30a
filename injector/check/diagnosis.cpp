#include "injector/check/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/rollout.h"
#include "injector/operator/claim.h"

namespace injector::check {

// ------------------------------------------------------------------------------------------ report

namespace {

using elector::runtime::jsonString;

constexpr std::size_t kMaxCell = 253;  // of a name

std::string_view mark(Weight weight) {
    switch (weight) {
        case Weight::Well:
            return "ok";
        case Weight::Note:
            return "note";
        case Weight::Problem:
            return "problem";
    }
    return "";
}

using Row = std::vector<std::string>;

Row rowOf(const PodLine& pod) {
    Row row{pod.space, pod.name, pod.workload, pod.lease, pod.state, pod.version, pod.image};
    for (auto& cell : row) {
        cell = cell.empty() ? "-" : elector::runtime::quoted(cell, kMaxCell);
    }
    return row;
}

std::string table(const std::vector<PodLine>& pods) {
    std::vector<Row> rows{{"NAMESPACE", "POD", "WORKLOAD", "LEASE", "STATE", "VERSION", "IMAGE"}};
    std::ranges::transform(pods, std::back_inserter(rows), rowOf);
    std::string text;
    std::istringstream lines(inColumns(std::move(rows)));
    for (std::string line; std::getline(lines, line);) {
        text += "  " + line + "\n";
    }
    return text;
}

std::string member(std::string_view name, const std::string& value) {
    return fmt::format("{}:{}", jsonString(name), jsonString(value));
}

std::string findingJson(const Finding& finding) {
    return fmt::format("{{{},{},{}}}", member("weight", std::string(mark(finding.weight))),
                       member("topic", finding.topic), member("sentence", finding.sentence));
}

std::string podJson(const PodLine& pod) {
    return fmt::format("{{{},{},{},{},{},{},{},{},{}}}", member("namespace", pod.space),
                       member("name", pod.name), member("workload", pod.workload),
                       member("lease", pod.lease), member("state", pod.state),
                       member("version", pod.version), member("image", pod.image),
                       member("phase", pod.phase), member("reason", pod.reason));
}

template <typename Item, typename Write>
std::string arrayOf(const std::vector<Item>& items, Write write) {
    std::string text;
    for (const auto& item : items) {
        text += (text.empty() ? "" : ",") + write(item);
    }
    return "[" + text + "]";
}

}  // namespace

std::string inColumns(std::vector<Row> rows, std::size_t most) {
    constexpr std::size_t kBetween = 2;
    std::vector<std::size_t> widths(rows.front().size());
    for (const Row& row : rows) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    std::size_t sum = kBetween * (widths.size() - 1);
    for (const std::size_t width : widths) {
        sum += width;
    }
    for (; sum > most; --sum) {
        --*std::ranges::max_element(widths);
    }
    std::string text;
    for (Row& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < widths.size(); ++column) {
            std::string& cell = row[column];
            if (cell.size() > widths[column]) {
                cell.replace(widths[column] - 2, std::string::npos, "..");
            }
            line += fmt::format("{:<{}}", cell, widths[column] + kBetween);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string inWords(const Report& report) {
    std::string text = fmt::format("{}: {}\n", report.subject, report.headline);
    std::size_t width = 0;
    for (const auto& finding : report.findings) {
        width = std::max(width, finding.topic.size());
    }
    for (const auto& finding : report.findings) {
        text += fmt::format("  {:<7}  {:<{}}  {}\n", mark(finding.weight), finding.topic, width,
                            finding.sentence);
    }
    return text + (report.pods.empty() ? "" : table(report.pods));
}

std::string asJson(const Report& report) {
    return fmt::format("{{{},{},\"well\":{},{},{},\"findings\":{},\"pods\":{}}}\n",
                       member("subject", report.subject), member("headline", report.headline),
                       report.isWell, member("verdict", report.verdict),
                       member("lease", report.lease), arrayOf(report.findings, findingJson),
                       arrayOf(report.pods, podJson));
}

// --------------------------------------------------------------------------------------- diagnosis

namespace {

namespace names = elector::names;
using admission::Verdict;
using cluster::Copying;
using offline::Copies;

bool isPod(const WorkloadFacts& facts) {
    return facts.target.kind->isPod();
}

// The operator has copied annotations by then, or said why it does not.
constexpr std::chrono::seconds kSoon{30};

std::string whyNotCopied(const WorkloadFacts& facts) {
    const auto& kind = *facts.target.kind;
    if (kind.copying == Copying::Never) {
        return fmt::format("those of a {} are not copied to its Pods: annotate its Pod template",
                           kind.resource.kind);
    }
    if (offline::isOwned(facts.object)) {
        return "a controller owns it, which would undo it: annotate that";
    }
    if (kind.copying == Copying::WhileSuspended && !cluster::isSuspended(facts.object)) {
        return "the template of a Job cannot be changed once it runs: annotate spec.template and "
               "create it again";
    }
    if (!facts.installation.copiesAnnotations) {
        return "the operator was told not to copy annotations: annotate the Pod template";
    }
    return "";
}

admission::Defaults defaultsOf(const WorkloadFacts& facts) {
    auto defaults = facts.installation.defaults.value_or(admission::Defaults());
    defaults.releaseNamespace = facts.installation.space;
    if (std::string& image = defaults.values["image"]; image.empty()) {
        image = "unknown";  // what it is makes no difference to the verdict
    }
    return defaults;
}

void addAnnotations(const WorkloadFacts& facts, const Judgement& judgement, Report& report) {
    const auto add = [&](Weight weight, std::string sentence) {
        report.findings.push_back({weight, "annotation", std::move(sentence)});
    };
    const auto& annotated = judgement.annotated;
    if (!annotated.itself && !annotated.onTemplate) {
        add(Weight::Note,
            isPod(facts)
                ? fmt::format("it has no annotation {}: \"true\"; a Pod is injected when it is "
                              "made, so annotate what makes it",
                              names::kInjectAnnotation)
                : fmt::format("neither it nor its Pod template has one; ask for sidecars with: "
                              "kubectl annotate -n {} {} {}=true",
                              facts.target.key.space, facts.target.text(),
                              names::kInjectAnnotation));
        return;
    }
    if (annotated.onTemplate) {
        add(Weight::Well, isPod(facts) ? "the Pod has annotations of ours"
                                       : "its Pod template has annotations of ours");
    }
    if (!annotated.contested.empty()) {
        add(Weight::Problem,
            fmt::format("its Pod template has {} with another value, which stays: change it there",
                        elector::runtime::quoted(
                            fmt::format("{}", fmt::join(annotated.contested, ", ")), 300)));
    }
    if (judgement.isToBeCopied && !facts.told.empty()) {
        add(Weight::Problem,
            fmt::format("its own are not on its Pod template; the operator says: {}",
                        elector::runtime::quoted(facts.told, 1000)));
    } else if (judgement.isToBeCopied && facts.annotated && facts.now - *facts.annotated > kSoon) {
        add(Weight::Problem,
            fmt::format(
                "its own are not on its Pod template, though they are {} old: the operator does "
                "not copy them; see whether it runs, in the namespace {}, and what its log says",
                elector::runtime::formatDuration(
                    std::chrono::floor<std::chrono::seconds>(facts.now - *facts.annotated)),
                facts.installation.space.empty() ? "of the release" : facts.installation.space));
    } else if (judgement.isToBeCopied) {
        add(Weight::Note,
            "it has some itself that its Pod template has not: the operator will copy them, and "
            "its Pods are replaced then");
    } else if (!judgement.notCopied.empty()) {
        add(Weight::Problem,
            fmt::format("those of its own have no effect: {}", judgement.notCopied));
    } else if (annotated.itself) {
        add(Weight::Well, "its own are copied to its Pod template");
    }
}

void addVerdict(const WorkloadFacts& facts, const Judgement& judgement, Report& report) {
    const auto& decision = judgement.decision;
    const auto add = [&](Weight weight, std::string sentence) {
        report.findings.push_back({weight, "decision", std::move(sentence)});
    };
    switch (decision.verdict) {
        case Verdict::NotAsked:
            if (!decision.reason.empty()) {
                add(Weight::Note, decision.reason);
            }
            return;
        case Verdict::Injected:
            add(Weight::Well, fmt::format("its Pods campaign for the Lease \"{}\"",
                                          elector::runtime::quoted(decision.leaseName)));
            return;
        case Verdict::Already:
            add(Weight::Well, isPod(facts) ? "the Pod has its sidecar"
                                           : "its Pod template has the sidecar written in");
            return;
        case Verdict::Skipped:
            add(Weight::Problem, fmt::format("passed over: {}", decision.reason));
            return;
        case Verdict::Refused:
            add(Weight::Problem, fmt::format("its Pods are refused: {}", decision.reason));
            return;
        case Verdict::Failed:
            add(Weight::Problem, decision.reason);
            return;
    }
}

// Adds what is to be said where something else makes the workload, perhaps one for each version.
void addMaker(const WorkloadFacts& facts, Report& report) {
    const auto meta = cluster::parseMeta(facts.object);
    const auto* above = meta ? meta.value().controller() : nullptr;
    if (above == nullptr || isPod(facts)) {
        return;
    }
    const auto& [apiVersion, kind, plural] = facts.target.kind->resource;
    const cluster::OwnerReference itself{std::string(apiVersion), std::string(kind),
                                         facts.target.key.name, "", true};
    const auto workload = cluster::workloadOf(itself, above);
    if (cluster::isCalledAfterMaker(report.lease, itself, workload)) {
        report.findings.push_back(
            {Weight::Problem, "lease",
             fmt::format("its Lease would be called after it, and it is one of those that the {} "
                         "makes: its Pods get no rights; set {} on the Pod template",
                         operators::describe(workload), names::kLeaseNameAnnotation)});
    } else if (cluster::findWorkloadKind(above->apiVersion, above->kind) == nullptr &&
               report.lease == itself.name) {
        report.findings.push_back(
            {Weight::Note, "lease",
             fmt::format("the {} controls it: if that makes one for each version, set {} on the "
                         "Pod template, so that all have one Lease",
                         operators::describe(*above), names::kLeaseNameAnnotation)});
    }
}

void addRollout(const WorkloadFacts& facts, Report& report) {
    const auto& kind = *facts.target.kind;
    const auto& object = facts.rollout;
    auto why = cluster::whyPodsStay(kind, object, facts.failure);
    // How long its status has been the same, only the operator has seen.
    if (const auto wait = cluster::waitOf(kind, object); why.empty() && wait) {
        const bool isLate =
            facts.annotated && wait->patience < kSoon && facts.now - *facts.annotated > kSoon;
        why = isLate || facts.stays.ends_with(wait->why) ? wait->why : "";
    }
    if (!why.empty()) {
        report.findings.push_back({Weight::Problem, "rollout", std::move(why)});
    }
}

void addSettings(const WorkloadFacts& facts, Report& report) {
    const auto& installation = facts.installation;
    if (installation.webhooks.empty()) {
        return;
    }
    if (installation.defaults) {
        report.findings.push_back(
            {Weight::Well, "settings",
             fmt::format("sidecars run the image {} by default",
                         elector::runtime::quoted(installation.defaults->values["image"], 300))});
        return;
    }
    report.findings.push_back(
        {Weight::Note, "settings",
         fmt::format("the release's settings for sidecars are not known, so this program's own "
                     "defaults were judged by: {}",
                     installation.defaultsProblem)});
}

std::string headlineOf(const WorkloadFacts& facts, const Judgement& judgement, bool isReached) {
    switch (judgement.decision.verdict) {
        case Verdict::NotAsked:
            return isPod(facts) ? "it asked for no sidecar" : "its Pods get no sidecar: none asked";
        case Verdict::Skipped:
            return "its Pods get no sidecar";
        case Verdict::Refused:
        case Verdict::Failed:
            return "its Pods are not made as they are asked for";
        case Verdict::Already:
            return isPod(facts) ? "it has its sidecar" : "its Pods have their sidecar";
        case Verdict::Injected:
            break;
    }
    if (isPod(facts)) {
        return "it asked for a sidecar, and has none: delete it, and the next one gets it";
    }
    return isReached ? "its Pods get a sidecar"
                     : "its Pods would get a sidecar, but nothing asks "
                       "the injector";
}

}  // namespace

Judgement judge(const WorkloadFacts& facts) {
    const auto& kind = *facts.target.kind;
    Judgement judgement;
    judgement.annotated = offline::annotationsOf(kind, facts.object);
    if (!cluster::templateOf(kind, facts.object)) {
        judgement.decision.reason = "it has no Pod template";
        return judgement;
    }
    auto pod = offline::podOf(kind, facts.object, Copies::No);
    if (judgement.annotated.itself) {
        const auto copied = offline::podOf(kind, facts.object, Copies::Yes);
        const bool isMissing = copied != pod;
        judgement.notCopied = isMissing ? whyNotCopied(facts) : "";
        judgement.isToBeCopied = isMissing && judgement.notCopied.empty();
        if (judgement.isToBeCopied) {
            pod = copied;
        }
    }
    judgement.decision = admission::admit(pod, facts.target.key.space, defaultsOf(facts));
    if (judgement.decision.verdict == Verdict::Injected) {
        judgement.injected = admission::apply(pod, judgement.decision.patch);
    }
    judgement.pod = std::move(pod);
    return judgement;
}

Report diagnose(const WorkloadFacts& facts, const Judgement& judgement, const LeaseFacts& lease,
                std::string_view version) {
    Report report;
    report.subject = fmt::format("{} in the namespace {}", facts.target.text(),
                                 elector::runtime::quoted(facts.target.key.space));
    report.verdict = admission::toString(judgement.decision.verdict);
    report.lease = judgement.decision.leaseName;
    addAnnotations(facts, judgement, report);
    addVerdict(facts, judgement, report);
    addMaker(facts, report);
    // A Pod that lives gets no sidecar any more: it has one, or it missed it.
    const bool asks = judgement.decision.verdict == Verdict::Already ||
                      (judgement.decision.verdict == Verdict::Injected && !isPod(facts));
    const bool isReached = addWebhook(facts, judgement, report);
    addSettings(facts, report);
    addRoom(facts, judgement, report);
    addProgram(facts, judgement, report);
    addPods(facts, version, report);
    if (asks) {
        addRollout(facts, report);
    }
    if (asks && !report.lease.empty()) {
        addLease(facts, report.lease, lease, report);
    }
    report.headline = headlineOf(facts, judgement, isReached);
    report.isWell =
        asks && isReached && std::ranges::none_of(report.findings, [](const Finding& finding) {
            return finding.weight == Weight::Problem;
        });
    return report;
}

}  // namespace injector::check
