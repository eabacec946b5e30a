#include "injector/check/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "elector/election/lease.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"
#include "injector/operator/claim.h"
#include "injector/operator/leases.h"
#include "injector/operator/rbac.h"
#include "injector/operator/selector.h"

namespace injector::check {

// ----------------------------------------------------------------------------------------- webhook

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
namespace runtime = elector::runtime;
using json_text::member;

// The conditions that the chart always sets: they hold for every Pod that asks.
bool isUsual(std::string_view condition) {
    return condition == "annotated" || condition == "not-the-injector";
}

std::string unusualConditions(std::string_view webhook) {
    std::string conditions;
    for (const auto each : json_text::elementsOf(member(webhook, "matchConditions").value_or(""))) {
        if (const auto name = json_text::textAt(each, "name"); !isUsual(name)) {
            conditions += (conditions.empty() ? "" : ", ") + runtime::quoted(name);
        }
    }
    return conditions;
}

// Adds what is to be said about one webhook.
class WebhookJudge {
  public:
    WebhookJudge(const WorkloadFacts& facts, const WebhookFact& fact, Report& report)
        : facts_(facts),
          webhook_(fact.webhook),
          name_(runtime::quoted(fact.configuration)),
          report_(report) {}

    // Whether Pods reach it.
    bool judge() {
        if (!selectsSpace() || !selectsPods()) {
            return false;
        }
        add(Weight::Well,
            fmt::format("the configuration \"{}\" sends the Pods of this namespace to the injector",
                        name_));
        if (const auto conditions = unusualConditions(webhook_); !conditions.empty()) {
            add(Weight::Note,
                fmt::format("it does so where its matchConditions hold, which are not judged "
                            "here: {}",
                            conditions));
        }
        addPolicy();
        return hasAuthority();
    }

  private:
    void add(Weight weight, std::string sentence) {
        report_.findings.push_back({weight, "webhook", std::move(sentence)});
    }

    bool selectsSpace() {
        const auto selector = member(webhook_, "namespaceSelector").value_or("");
        if (!facts_.space.object) {
            add(Weight::Note,
                fmt::format("whether the configuration \"{}\" selects the namespace is not known: "
                            "{}",
                            name_, facts_.space.problem));
            return true;
        }
        if (operators::selects(selector, operators::labelsOf(*facts_.space.object))) {
            return true;
        }
        add(Weight::Problem,
            fmt::format("the namespaceSelector of the configuration \"{}\" leaves out the "
                        "namespace {}: {}",
                        name_, runtime::quoted(facts_.target.key.space),
                        runtime::quoted(selector, 300)));
        return false;
    }

    bool selectsPods() {
        const auto selector = member(webhook_, "objectSelector").value_or("");
        const auto podTemplate = cluster::templateOf(*facts_.target.kind, facts_.object);
        if (operators::selects(selector, operators::labelsOf(podTemplate.value_or("")))) {
            return true;
        }
        add(Weight::Problem,
            fmt::format("the objectSelector of the configuration \"{}\" leaves out Pods with the "
                        "labels of these: {}",
                        name_, runtime::quoted(selector, 300)));
        return false;
    }

    void addPolicy() {
        const bool fails = json_text::textAt(webhook_, "failurePolicy") != "Ignore";
        add(Weight::Well, fails ? "while the injector cannot be asked, Pods that ask for a sidecar "
                                  "are refused and tried again (failurePolicy Fail)"
                                : "while the injector cannot be asked, Pods that ask for a sidecar "
                                  "start without one (failurePolicy Ignore)");
    }

    bool hasAuthority() {
        const auto config = member(webhook_, "clientConfig").value_or("");
        if (!json_text::textAt(config, "caBundle").empty()) {
            return true;
        }
        add(Weight::Problem,
            fmt::format("the configuration \"{}\" has no caBundle, so that the API server cannot "
                        "trust the injector: it comes from the operator, from cert-manager or "
                        "from the chart's value certificates.secret.caBundle",
                        name_));
        return false;
    }

    const WorkloadFacts& facts_;
    std::string_view webhook_;
    std::string name_;
    Report& report_;
};

}  // namespace

bool addWebhook(const WorkloadFacts& facts, const Judgement& judgement, Report& report) {
    const auto& installation = facts.installation;
    if (judgement.decision.verdict == admission::Verdict::Already) {
        return true;
    }
    if (!installation.problem.empty()) {
        report.findings.push_back({Weight::Note, "webhook",
                                   fmt::format("whether the injector is installed is not known: {}",
                                               installation.problem)});
        return true;
    }
    if (installation.webhooks.empty()) {
        report.findings.push_back(
            {Weight::Problem, "webhook",
             fmt::format("the injector is not installed: no MutatingWebhookConfiguration has the "
                         "webhook {}; install the chart",
                         names::kWebhook)});
        return false;
    }
    bool isReached = false;
    for (const auto& webhook : installation.webhooks) {
        isReached = WebhookJudge(facts, webhook, report).judge() || isReached;
    }
    return isReached;
}

// -------------------------------------------------------------------------------------------- pods

namespace {

using operators::PodState;

std::string counted(std::size_t count) {
    return fmt::format("{} of its Pods", count);
}

void addStates(const std::map<std::string, std::size_t>& states, std::string_view version,
               Report& report) {
    const auto add = [&](const char* state, Weight weight, std::string_view sentence) {
        if (const auto found = states.find(state); found != states.end()) {
            report.findings.push_back(
                {weight, "pods", fmt::format("{} {}", counted(found->second), sentence)});
        }
    };
    add("injected", Weight::Well, "have their sidecar");
    add("outdated", Weight::Problem,
        fmt::format("have a sidecar of an older version than this program's, {}: restart them "
                    "(kubectl rollout restart) to replace it",
                    version));
    add("missed", Weight::Problem,
        "ask for a sidecar and came up without: delete them, and the next ones get it");
    add("misnamed", Weight::Problem,
        "have a sidecar whose --lease-name cannot be the name of a Lease: it gets no rights");
    add("nameless", Weight::Problem,
        fmt::format("campaign for a Lease that is called after what made them, which is not their "
                    "workload: they get no rights; set {} on the Pod template",
                    names::kLeaseNameAnnotation));
    add("skipped", Weight::Note, "were passed over, for the reason in their status");
    add("not asked", Weight::Note,
        "ask for no sidecar; they are older than the annotation, if there is one");
}

std::optional<std::vector<std::uint32_t>> numbersIn(std::string_view version) {
    std::vector<std::uint32_t> numbers;
    while (true) {
        std::uint32_t number = 0;
        const auto [stop, problem] = std::from_chars(version.begin(), version.end(), number);
        if (problem != std::errc()) {
            return std::nullopt;
        }
        numbers.push_back(number);
        version.remove_prefix(static_cast<std::size_t>(stop - version.begin()));
        if (version.empty()) {
            return numbers;
        }
        if (version.front() != '.') {
            return std::nullopt;
        }
        version.remove_prefix(1);
    }
}

std::string headlineOf(std::size_t injected, std::size_t outdated, std::size_t missed,
                       std::size_t skipped) {
    if (injected + outdated + missed + skipped == 0) {
        return "no Pod asks for a sidecar";
    }
    return fmt::format("{} with their sidecar, {} outdated, {} missed, {} passed over", injected,
                       outdated, missed, skipped);
}

}  // namespace

std::vector<PodFact> podsOf(const WorkloadFacts& facts) {
    std::vector<PodFact> pods;
    const auto& target = facts.target;
    std::ranges::copy_if(facts.pods.pods, std::back_inserter(pods), [&](const PodFact& pod) {
        if (target.kind->isPod()) {
            return pod.record.key == target.key;
        }
        return target.is(pod.workload) || target.is(pod.maker) ||
               (pod.record.controller && target.is(*pod.record.controller));
    });
    return pods;
}

void addPods(const WorkloadFacts& facts, std::string_view version, Report& report) {
    if (!facts.pods.problem.empty()) {
        report.findings.push_back(
            {Weight::Note, "pods", fmt::format("not all Pods are known: {}", facts.pods.problem)});
    }
    std::map<std::string, std::size_t> states;
    for (const auto& pod : podsOf(facts)) {
        if (hasEnded(pod)) {
            continue;
        }
        report.pods.push_back(lineOf(pod, version));
        ++states[report.pods.back().state];
    }
    addStates(states, version, report);
    if (states.empty()) {
        report.findings.push_back({Weight::Note, "pods", "none of its Pods lives"});
    }
}

std::string injectedVersion(std::string_view status) {
    constexpr std::string_view kInjected = "injected ";
    return status.starts_with(kInjected) ? std::string(status.substr(kInjected.size())) : "";
}

bool isOlder(std::string_view left, std::string_view right) {
    const auto leftNumbers = numbersIn(left);
    const auto rightNumbers = numbersIn(right);
    return leftNumbers && rightNumbers && *leftNumbers < *rightNumbers;
}

PodLine lineOf(const PodFact& pod, std::string_view current) {
    const auto& record = pod.record;
    PodLine line;
    line.space = record.key.space;
    line.name = record.key.name;
    line.image = pod.image;
    line.phase = pod.phase;
    line.workload = fmt::format("{}/{}", pod.workload.kind, pod.workload.name);
    switch (operators::stateOf(record)) {
        case PodState::Unread:
            line.state = "unread";
            break;
        case PodState::NotAsked:
            line.state = "not asked";
            break;
        case PodState::Skipped:
            line.state = "skipped";
            line.reason = operators::skipReason(record);
            break;
        case PodState::Missed:
            line.state = "missed";
            break;
        case PodState::Misnamed:
            line.state = "misnamed";
            line.reason = fmt::format("\"{}\" cannot be the name of a Lease",
                                      elector::runtime::quoted(record.lease()));
            break;
        case PodState::Nameless:
            line.state = "nameless";
            line.reason = fmt::format("the Lease \"{}\" is not called after {}",
                                      elector::runtime::quoted(record.lease()), line.workload);
            break;
        case PodState::Injected:
            line.lease = record.lease();
            line.version = injectedVersion(record.status);
            line.state = isOlder(line.version, current) ? "outdated" : "injected";
            break;
    }
    return line;
}

bool hasEnded(const PodFact& pod) {
    return pod.phase == "Succeeded" || pod.phase == "Failed";
}

Report survey(const PodFacts& facts, const std::string& space, std::string_view version) {
    Report report;
    report.subject = space.empty()
                         ? "Pods in all namespaces"
                         : fmt::format("Pods in the namespace {}", runtime::quoted(space));
    std::map<std::string, std::size_t> states;
    for (const auto& pod : facts.pods) {
        auto line = lineOf(pod, version);
        if (hasEnded(pod) || line.state == "not asked") {
            continue;
        }
        ++states[line.state];
        if (line.state == "skipped") {
            report.findings.push_back({Weight::Note, "skipped",
                                       fmt::format("{}/{}: {}", line.space, line.name,
                                                   runtime::quoted(line.reason, 300))});
        }
        report.pods.push_back(std::move(line));
    }
    if (states["outdated"] > 0) {
        report.findings.push_back(
            {Weight::Problem, "outdated",
             fmt::format("{} have a sidecar of an older version than this program's, {}: restart "
                         "their workloads (kubectl rollout restart) to replace it",
                         states["outdated"], version)});
    }
    if (states["missed"] > 0) {
        report.findings.push_back(
            {Weight::Problem, "missed",
             fmt::format("{} ask for a sidecar and came up without: delete them, and the next "
                         "ones get it",
                         states["missed"])});
    }
    if (states["nameless"] > 0) {
        report.findings.push_back(
            {Weight::Problem, "nameless",
             fmt::format("{} campaign for a Lease that is called after what made them, which is "
                         "not their workload: they get no rights; set {} on their Pod templates",
                         states["nameless"], names::kLeaseNameAnnotation)});
    }
    if (!facts.problem.empty()) {
        report.findings.push_back(
            {Weight::Problem, "unread", fmt::format("not all Pods are known: {}", facts.problem)});
    }
    report.headline =
        headlineOf(states["injected"], states["outdated"], states["missed"], states["skipped"]);
    report.isWell = states["outdated"] == 0 && states["missed"] == 0 && states["nameless"] == 0 &&
                    facts.problem.empty();
    return report;
}

// ------------------------------------------------------------------------------------------- lease

namespace {

std::string joined(const std::set<std::string>& texts) {
    std::string text;
    for (const auto& one : texts) {
        text += (text.empty() ? "" : ", ") + runtime::quoted(one, 253);
    }
    return text;
}

// Who the Pods of the workload are to the API: of those that live, else as the template says.
std::set<std::string> accountsOf(const WorkloadFacts& facts) {
    std::set<std::string> accounts;
    for (const auto& pod : podsOf(facts)) {
        if (!hasEnded(pod)) {
            accounts.insert(pod.account);
        }
    }
    if (accounts.empty()) {
        const auto podTemplate = cluster::templateOf(*facts.target.kind, facts.object).value_or("");
        const auto name =
            json_text::textAt(member(podTemplate, "spec").value_or(""), "serviceAccountName");
        accounts.insert(name.empty() ? "default" : name);
    }
    return accounts;
}

bool campaigns(const PodFact& pod) {
    return !hasEnded(pod) && operators::stateOf(pod.record) == operators::PodState::Injected;
}

// Adds findings about one Lease.
class LeaseJudge {
  public:
    LeaseJudge(const WorkloadFacts& facts, const std::string& name, const LeaseFacts& lease,
               Report& report)
        : facts_(facts),
          name_(name),
          lease_(lease),
          accounts_(accountsOf(facts)),
          hasPods_(std::ranges::any_of(podsOf(facts), campaigns)),
          report_(report) {}

    void judge() {
        addHolder();
        addRight("Role", lease_.role);
        addRight("RoleBinding", lease_.binding);
        addSubjects();
        addRivals();
        addSharers();
    }

  private:
    void add(Weight weight, const char* topic, std::string sentence) {
        report_.findings.push_back({weight, topic, std::move(sentence)});
    }

    void addHolder() {
        if (!lease_.lease.problem.empty()) {
            add(Weight::Note, "lease",
                fmt::format("the Lease \"{}\" could not be read: {}", runtime::quoted(name_),
                            lease_.lease.problem));
            return;
        }
        if (!lease_.lease.object) {
            add(hasPods_ ? Weight::Problem : Weight::Note, "lease",
                fmt::format("there is no Lease \"{}\" yet: the operator makes it for the first Pod",
                            runtime::quoted(name_)));
            return;
        }
        const auto lease = elector::kubernetes::parseLease(*lease_.lease.object);
        if (!lease) {
            add(Weight::Problem, "lease", lease.error().message);
            return;
        }
        const auto& record = lease.value().record;
        if (!elector::election::isUnheld(record) &&
            !elector::kubernetes::isElectors(lease.value())) {
            addForeign(record);
            return;
        }
        const auto holder = elector::election::shownHolder(record);
        if (holder.empty()) {
            add(hasPods_ ? Weight::Problem : Weight::Note, "lease",
                fmt::format("nobody holds the Lease \"{}\"", runtime::quoted(name_)));
            return;
        }
        addRenewal(holder, record);
    }

    void addForeign(const elector::election::LeaseRecord& record) {
        const auto holder = elector::election::shownHolder(record);
        add(Weight::Problem, "conflict",
            fmt::format(
                "no elector of ours made the Lease \"{}\", held by \"{}\", as it has neither "
                "the annotation {} nor the label {}: {}: while somebody else elects by it, "
                "no rights on it are given; use another {}, or end what uses it",
                runtime::quoted(name_), runtime::quoted(holder, 253), names::kSessionAnnotation,
                names::kManagedByLabel, names::kOperator, names::kLeaseNameAnnotation));
    }

    void addRenewal(const std::string& holder, const elector::election::LeaseRecord& record) {
        const auto age =
            record.renewTime
                ? std::chrono::floor<std::chrono::seconds>(lease_.now - *record.renewTime)
                : std::chrono::seconds(0);
        const bool isExpired =
            record.renewTime && age > record.duration.value_or(std::chrono::seconds(0));
        add(isExpired ? Weight::Problem : Weight::Well, "lease",
            fmt::format(R"("{}" {} the Lease "{}", renewed {} ago by this machine's clock)",
                        runtime::quoted(holder, 253), isExpired ? "held" : "holds",
                        runtime::quoted(name_), elector::runtime::formatDuration(age)));
    }

    void addRight(const char* kind, const Reading& reading) {
        const auto name = operators::rbacKey({facts_.target.key.space, name_}).name;
        if (!reading.problem.empty()) {
            add(Weight::Note, "rights",
                fmt::format("the {} \"{}\" could not be read: {}", kind, runtime::quoted(name),
                            reading.problem));
            return;
        }
        if (!reading.object) {
            add(hasPods_ ? Weight::Problem : Weight::Note, "rights",
                fmt::format("there is no {} \"{}\": the operator makes it for the first Pod", kind,
                            runtime::quoted(name)));
            return;
        }
        const auto meta = cluster::parseMeta(*reading.object);
        if (!meta || !operators::isOurs(meta.value())) {
            add(Weight::Problem, "rights",
                fmt::format("the {} \"{}\" is not the operator's, as it lacks the label {}: {}: no "
                            "rights are given; remove it, or use another {}",
                            kind, runtime::quoted(name), names::kManagedByLabel, names::kOperator,
                            names::kLeaseNameAnnotation));
        }
    }

    void addSubjects() {
        if (!lease_.binding.object) {
            return;
        }
        std::set<std::string> subjects;
        for (const auto subject :
             json_text::elementsOf(member(*lease_.binding.object, "subjects").value_or(""))) {
            if (json_text::textAt(subject, "kind") == "ServiceAccount" &&
                json_text::textAt(subject, "namespace") == facts_.target.key.space) {
                subjects.insert(json_text::textAt(subject, "name"));
            }
        }
        for (const auto& account : accounts_) {
            const bool isBound = subjects.contains(account);
            if (isBound || hasPods_) {
                add(isBound ? Weight::Well : Weight::Problem, "rights",
                    fmt::format("the ServiceAccount \"{}\" {} campaign for it",
                                runtime::quoted(account, 253), isBound ? "may" : "may not"));
            }
        }
    }

    // Other workloads that campaign for this Lease.
    void addRivals() {
        std::vector<operators::PodRecord> pods;
        for (const auto& pod : facts_.pods.pods) {
            if (campaigns(pod) && pod.record.lease() == name_) {
                pods.push_back(pod.record);
            }
        }
        const auto role = lease_.role.object ? cluster::parseMeta(*lease_.role.object)
                                             : elector::kubernetes::Result(cluster::ObjectMeta());
        const auto claims =
            operators::judge(operators::claimantsOf(pods),
                             role ? role.value().owners : std::vector<operators::OwnerReference>());
        for (const auto& refused : claims.refused) {
            add(Weight::Problem, "conflict",
                fmt::format("{} campaigns for it too, and gets no rights, as {} has it: give one "
                            "of them another {}, or both {}: \"true\"",
                            refused.name, claims.keeper, names::kLeaseNameAnnotation,
                            names::kSharedAnnotation));
        }
        if (claims.admitted.size() > 1) {
            std::set<std::string> sharers;
            std::ranges::transform(claims.admitted, std::inserter(sharers, sharers.end()),
                                   &operators::Claimant::name);
            std::string text;
            for (const auto& sharer : sharers) {
                text += (text.empty() ? "" : ", ") + sharer;
            }
            add(Weight::Note, "shared", fmt::format("these share it, as they say: {}", text));
        }
    }

    // Other Leases that the Pods of the same ServiceAccounts may write.
    void addSharers() {
        for (const auto& account : accounts_) {
            std::set<std::string> leases;
            for (const auto& pod : facts_.pods.pods) {
                if (campaigns(pod) && pod.account == account) {
                    leases.insert(pod.record.lease());
                }
            }
            leases.erase(name_);
            if (!leases.empty()) {
                add(Weight::Note, "account",
                    fmt::format("the ServiceAccount \"{}\" also serves Pods that campaign for {}: "
                                "rights add up, so that each of them may write all of these "
                                "Leases; give each workload a ServiceAccount of its own",
                                runtime::quoted(account, 253), joined(leases)));
            }
        }
    }

    const WorkloadFacts& facts_;
    const std::string& name_;
    const LeaseFacts& lease_;
    const std::set<std::string> accounts_;
    const bool hasPods_;
    Report& report_;
};

}  // namespace

void addLease(const WorkloadFacts& facts, const std::string& name, const LeaseFacts& lease,
              Report& report) {
    LeaseJudge(facts, name, lease, report).judge();
}

}  // namespace injector::check
