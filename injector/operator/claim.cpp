#include "injector/operator/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "elector/runtime/log.h"

namespace injector::operators {
namespace {

using Identity = std::tuple<std::string, std::string, std::string>;

// A new version of an API is no other workload.
Identity identityOf(const OwnerReference& workload) {
    return {workload.kind, workload.name, std::string(cluster::groupOf(workload.apiVersion))};
}

// Of a workload that cannot be looked up, Pods of another ServiceAccount are another claimant: any
// Pod can name it as its controller.
std::string unprovenAccount(const PodFacts& facts) {
    return facts.isProven ? "" : facts.serviceAccount;
}

bool owns(const Claimant& claimant, const std::vector<OwnerReference>& recorded) {
    return std::ranges::any_of(recorded, [&](const OwnerReference& owner) {
        return identityOf(owner) == identityOf(claimant.references.front()) ||
               std::ranges::find(claimant.pods, owner.uid, &OwnerReference::uid) !=
                   claimant.pods.end();
    });
}

}  // namespace

std::string describe(const OwnerReference& workload) {
    return fmt::format("{} \"{}\"", elector::runtime::quoted(workload.kind),
                       elector::runtime::quoted(workload.name));
}

std::vector<Claimant> claimantsOf(const std::vector<PodRecord>& pods) {
    std::map<std::pair<Identity, std::string>, Claimant> claimants;
    for (const auto& pod : pods) {
        const PodFacts facts = pod.facts.value_or(PodFacts());
        const auto& workload = facts.workload;
        auto [found, isNew] = claimants.try_emplace({identityOf(workload), unprovenAccount(facts)});
        auto& claimant = found->second;
        if (isNew) {
            claimant.name = describe(workload);
            if (!facts.isProven) {
                claimant.name += fmt::format(" with the ServiceAccount \"{}\"",
                                             elector::runtime::quoted(facts.serviceAccount));
            }
            claimant.since = pod.created;
            claimant.isOrphan = facts.isOrphan;
        }
        if (std::ranges::find(claimant.references, workload) == claimant.references.end()) {
            claimant.references.push_back(workload);
        }
        claimant.pods.push_back(ownReference(pod));
        claimant.serviceAccounts.insert(facts.serviceAccount);
        claimant.shares = claimant.shares || pod.shares;
        claimant.since = std::min(claimant.since, pod.created);
    }
    std::vector<Claimant> ordered;
    for (auto& [identity, claimant] : claimants) {
        std::ranges::sort(claimant.references, {}, &OwnerReference::uid);
        std::ranges::sort(claimant.pods, {}, &OwnerReference::uid);
        ordered.push_back(std::move(claimant));
    }
    return ordered;
}

Claims judge(std::vector<Claimant> claimants, const std::vector<OwnerReference>& recorded) {
    Claims claims;
    if (claimants.empty()) {
        return claims;
    }
    const auto keeper = std::ranges::min_element(claimants, {}, [&](const Claimant& claimant) {
        return std::pair(!owns(claimant, recorded), claimant.since);
    });
    claims.keeper = keeper->name;
    const bool isShared = keeper->shares;
    const std::set<std::string> accounts = keeper->serviceAccounts;
    for (auto& claimant : claimants) {
        const bool isKeeper = &claimant == &*keeper;
        if (!isKeeper && claimant.isOrphan &&
            std::ranges::includes(accounts, claimant.serviceAccounts)) {
            continue;
        }
        auto& side = isKeeper || (isShared && claimant.shares) ? claims.admitted : claims.refused;
        side.push_back(claimant);
    }
    return claims;
}

}  // namespace injector::operators
