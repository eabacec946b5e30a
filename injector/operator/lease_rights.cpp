#include "injector/operator/lease_rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "elector/names.h"
#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

namespace names = elector::names;
namespace runtime = elector::runtime;

const char* kindName(RbacKind kind) {
    return kind == RbacKind::Role ? "Role" : "RoleBinding";
}

std::string joined(const std::set<std::string>& texts) {
    constexpr std::size_t kMaxNamed = 8;
    std::string text;
    std::size_t count = 0;
    for (const auto& one : texts) {
        if (count++ == kMaxNamed) {
            return fmt::format("{} and {} more", text, texts.size() - kMaxNamed);
        }
        text += (text.empty() ? "" : ", ") + runtime::quoted(one);
    }
    return text;
}

bool matches(RbacKind kind, const std::optional<LeaseRights::Existing>& existing,
             const Grant& grant) {
    return existing && rbacMatches(kind, existing->document, grant);
}

}  // namespace

Result<Outcome> LeaseRights::reconcile(const ObjectKey& lease) {
    if (isProtected(lease.space)) {
        return Outcome::Settled;
    }
    if (pods_.hasUnread(lease.space)) {
        return Outcome::ComeAgain;  // no Lease is judged by half of its Pods
    }
    const auto pods = pods_.campaigning(lease);
    if (pods.empty()) {
        const auto revoked = revoke(lease);
        return revoked ? Result(Outcome::Settled) : revoked.error();
    }
    const auto found = findBoth(lease);
    if (!found) {
        return found.error();
    }
    const auto& existing = found.value();
    const bool isRecorded = existing.role && isOurs(existing.role->meta);
    const auto claims = judge(
        claimantsOf(pods), isRecorded ? existing.role->meta.owners : std::vector<OwnerReference>());
    const bool hadRights = existing.role || existing.binding || given_.contains(lease);
    if (!hadRights && isOneTooMany(lease)) {
        warn(lease.space, claims.admitted, reasons::kTooManyLeases,
             fmt::format("no rights on the Lease \"{}\" are given: there are {} Leases in the "
                         "namespace that injected Pods campaign for, and that many it may have; "
                         "let workloads share one, or use another namespace",
                         runtime::quoted(lease.name), kMaxLeases));
        return Outcome::ComeAgain;
    }
    const auto standing = leases_.prepare(lease, hadRights);
    if (!standing) {
        return standing.error();
    }
    const auto state = standing.value().state;
    if (state == Leases::State::Foreign || state == Leases::State::Unclear) {
        return yield(lease, existing, claims, standing.value());
    }
    auto grant = grantOf(lease, claims.admitted);
    if (!matches(RbacKind::Role, existing.role, grant) ||
        !matches(RbacKind::Binding, existing.binding, grant)) {
        const bool wereDeleted = given_.contains(lease) && !existing.role;
        if (auto looked = findLost(grant, wereDeleted); !looked) {
            return looked.error();
        }
        grant = grantOf(lease, claims.admitted);
        if (auto given = give(grant, existing, claims); !given) {
            return given.error();
        }
    }
    given_.insert(lease);
    announceRefusals(lease, claims);
    announceSharing(lease.space, grant.serviceAccounts);
    return state == Leases::State::Marked ? Outcome::Settled : Outcome::ComeAgain;
}

bool LeaseRights::isOneTooMany(const ObjectKey& lease) const {
    const auto first = given_.lower_bound({lease.space, ""});
    const auto last = std::find_if(
        first, given_.end(), [&](const ObjectKey& given) { return given.space != lease.space; });
    return std::distance(first, last) >= kMaxLeases;
}

Result<Outcome> LeaseRights::yield(const ObjectKey& lease, const Pair& existing,
                                   const Claims& claims, const Leases::Standing& standing) {
    if (existing.role || existing.binding) {
        if (auto revoked = revoke(lease); !revoked) {
            return revoked.error();
        }
    }
    if (standing.state == Leases::State::Foreign) {
        const auto holder = standing.holder.empty()
                                ? "somebody"
                                : fmt::format("\"{}\"", runtime::quoted(standing.holder));
        warn(lease.space, claims.admitted, reasons::kLeaseConflict,
             fmt::format("no rights on the Lease \"{}\" are given: {} elects by it, and is no "
                         "elector of ours, as the Lease has neither the annotation {} nor the "
                         "label {}: {}; use another {}, or end what uses it",
                         runtime::quoted(lease.name), holder, names::kSessionAnnotation,
                         names::kManagedByLabel, names::kOperator, names::kLeaseNameAnnotation));
    }
    return Outcome::ComeAgain;
}

Grant LeaseRights::grantOf(const ObjectKey& lease, const std::vector<Claimant>& admitted) const {
    Grant grant;
    grant.lease = lease;
    for (const auto& claimant : admitted) {
        grant.serviceAccounts.insert(claimant.serviceAccounts.begin(),
                                     claimant.serviceAccounts.end());
        const auto before = grant.owners.size();
        std::ranges::copy_if(
            claimant.references, std::back_inserter(grant.owners),
            [&](const auto& owner) { return !owner.uid.empty() && !lost_.contains(owner.uid); });
        if (grant.owners.size() == before) {
            grant.owners.insert(grant.owners.end(), claimant.pods.begin(), claimant.pods.end());
        }
    }
    return grant;
}

// Looks which of the owners are gone. Of a kind that cannot be read it is told by the fact that
// what it owned was deleted.
Result<Done> LeaseRights::findLost(const Grant& grant, bool wereDeleted) {
    if (lost_.size() >= kMaxKept) {
        lost_.clear();
    }
    for (const auto& owner : grant.owners) {
        const auto isThere = owners_.isThere(grant.lease.space, owner);
        if (!isThere) {
            return isThere.error();
        }
        if (!isThere.value().value_or(!wereDeleted)) {
            lost_.insert(owner.uid);
        }
    }
    return Done();
}

Result<std::optional<LeaseRights::Existing>> LeaseRights::find(RbacKind kind,
                                                               const ObjectKey& lease) {
    auto document = tools_.api.get(rbacPath(kind, lease));
    if (!document) {
        return std::move(document).error();
    }
    std::optional<std::string>& text = document.value();
    if (!text) {
        return std::optional<Existing>();
    }
    auto meta = cluster::parseMeta(*text);
    if (!meta) {
        return std::move(meta).error();
    }
    return std::optional(Existing{*std::move(text), std::move(meta).value()});
}

Result<LeaseRights::Pair> LeaseRights::findBoth(const ObjectKey& lease) {
    auto role = find(RbacKind::Role, lease);
    if (!role) {
        return std::move(role).error();
    }
    auto binding = find(RbacKind::Binding, lease);
    if (!binding) {
        return std::move(binding).error();
    }
    return Pair{std::move(role).value(), std::move(binding).value()};
}

Result<Done> LeaseRights::give(const Grant& grant, const Pair& existing, const Claims& claims) {
    auto written = write(RbacKind::Role, grant, existing.role, claims.admitted);
    // A binding to somebody else's Role would hand on whatever that allows.
    if (!written || (existing.role && !isOurs(existing.role->meta))) {
        return written;
    }
    const auto& binding = existing.binding;
    if (binding && isOurs(binding->meta) && !bindsRoleOf(binding->document, grant)) {
        return replace(grant, *binding);
    }
    return write(RbacKind::Binding, grant, binding, claims.admitted);
}

// What a binding binds cannot be changed.
Result<Done> LeaseRights::replace(const Grant& grant, const Existing& binding) {
    auto removed = tools_.api.remove(rbacPath(RbacKind::Binding, grant.lease), binding.meta.uid);
    return removed ? write(RbacKind::Binding, grant, std::nullopt, {}) : removed;
}

Result<Done> LeaseRights::write(RbacKind kind, const Grant& grant,
                                const std::optional<Existing>& existing,
                                const std::vector<Claimant>& told) {
    if (existing && !isOurs(existing->meta)) {
        warn(grant.lease.space, told, reasons::kForeignRole,
             fmt::format("no rights on the Lease \"{}\" are given: the {} \"{}\" is there and is "
                         "not ours, as it lacks the label {}: {}; remove it, or use another {}",
                         runtime::quoted(grant.lease.name), kindName(kind),
                         runtime::quoted(rbacKey(grant.lease).name), names::kManagedByLabel,
                         names::kOperator, names::kLeaseNameAnnotation));
        return Done();
    }
    if (matches(kind, existing, grant)) {
        return Done();
    }
    const auto meta = existing ? std::optional(existing->meta) : std::nullopt;
    // Of what is ours every field is ours, though somebody edited it. What came up meanwhile under
    // the name is not: without force its fields are a Conflict.
    const auto written =
        tools_.api.apply(rbacPath(kind, grant.lease), rbacBody(kind, grant, meta),
                         existing ? cluster::Api::Force::Yes : cluster::Api::Force::No);
    if (!written) {
        return written.error();
    }
    tools_.log.info(existing ? "updated Role or RoleBinding of a Lease"
                             : "created Role and RoleBinding of a Lease",
                    {{"lease", grant.lease.text()},
                     {"object", kindName(kind)},
                     {"accounts", joined(grant.serviceAccounts)}});
    return Done();
}

Result<Done> LeaseRights::revoke(const ObjectKey& lease) {
    given_.erase(lease);
    for (const auto kind : {RbacKind::Binding, RbacKind::Role}) {
        const auto found = tools_.api.getMeta(rbacPath(kind, lease));
        if (!found) {
            return found.error();
        }
        const std::optional<ObjectMeta>& meta = found.value();
        if (!meta || !isOurs(*meta)) {
            continue;
        }
        if (auto removed = tools_.api.remove(rbacPath(kind, lease), meta->uid); !removed) {
            return removed;
        }
        tools_.log.info("deleted Role and RoleBinding: no Pod uses the Lease",
                        {{"lease", lease.text()}, {"object", kindName(kind)}});
    }
    return Done();
}

void LeaseRights::announceRefusals(const ObjectKey& lease, const Claims& claims) {
    for (const auto& claimant : claims.refused) {
        warn(lease.space, {claimant}, reasons::kLeaseConflict,
             fmt::format("{} gets no rights on the Lease \"{}\", for which {} campaigns: give it "
                         "another {}, or annotate both with {}: \"true\"",
                         claimant.name, runtime::quoted(lease.name), claims.keeper,
                         names::kLeaseNameAnnotation, names::kSharedAnnotation));
    }
}

void LeaseRights::announceSharing(const std::string& space, const std::set<std::string>& accounts) {
    for (const auto& account : accounts) {
        const auto [leases, count] = pods_.servedBy(space, account);
        if (count < 2) {
            continue;
        }
        const auto more = count > leases.size() ? fmt::format(" and {} more", count - leases.size())
                                                : std::string();
        const auto message = fmt::format(
            "Pods with the ServiceAccount \"{}\" campaign for the Leases {}{}: each of them may "
            "write all of these; give each workload a ServiceAccount of its own to keep them apart",
            runtime::quoted(account), joined(leases), more);
        // The others are told when the second one comes, and they are named.
        for (const auto& lease : leases) {
            auto pods = pods_.campaigning({space, lease});
            std::erase_if(
                pods, [&](const PodRecord& pod) { return pod.facts->serviceAccount != account; });
            warn(space, claimantsOf(pods), reasons::kLeaseShared, message);
        }
    }
}

void LeaseRights::warn(const std::string& space, const std::vector<Claimant>& claimants,
                       const char* reason, const std::string& message) {
    for (const auto& claimant : claimants) {
        for (const auto& workload : claimant.references) {
            tools_.announcer.warn(space, workload, reason, message);
        }
    }
}

}  // namespace injector::operators
