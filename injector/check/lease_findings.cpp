#include "injector/check/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "elector/election/lease.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"
#include "injector/operator/claim.h"
#include "injector/operator/leases.h"
#include "injector/operator/rbac.h"

namespace injector::check {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
namespace runtime = elector::runtime;
using json_text::member;

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
        const auto meta = cluster::parseMeta(*lease_.lease.object);
        if (meta && !elector::election::isUnheld(record) &&
            !operators::isElectors(meta.value(), record)) {
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
