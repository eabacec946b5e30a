#include "injector/operator/lease_rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

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

Grant grantOf(const ObjectKey& lease, const std::vector<Claimant>& admitted) {
    Grant grant;
    grant.lease = lease;
    for (const auto& claimant : admitted) {
        grant.serviceAccounts.insert(claimant.serviceAccounts.begin(),
                                     claimant.serviceAccounts.end());
        grant.owners.insert(grant.owners.end(), claimant.references.begin(),
                            claimant.references.end());
    }
    return grant;
}

}  // namespace

Result<Done> LeaseRights::reconcile(const ObjectKey& lease) {
    if (isProtected(lease.space)) {
        return Done();
    }
    if (auto read = reader_.readAll(pods_.unread(lease.space)); !read) {
        return read;
    }
    const auto pods = pods_.campaigning(lease);
    if (pods.empty()) {
        return revoke(lease);
    }
    const auto role = find(RbacKind::Role, lease);
    if (!role) {
        return role.error();
    }
    const auto recorded = role.value() && isOurs(role.value()->meta)
                              ? role.value()->meta.owners
                              : std::vector<OwnerReference>();
    const auto claims = judge(claimantsOf(pods), recorded);
    const auto wanted = grantOf(lease, claims.admitted);
    if (auto granted = grant(wanted, role.value(), claims); !granted) {
        return granted;
    }
    announceRefusals(lease, claims);
    announceSharing(lease.space, wanted.serviceAccounts);
    return Done();
}

Result<std::optional<LeaseRights::Existing>> LeaseRights::find(RbacKind kind,
                                                               const ObjectKey& lease) {
    auto document = tools_.api.get(rbacPath(kind, lease));
    if (!document) {
        return std::move(document).error();
    }
    if (!document.value()) {
        return std::optional<Existing>();
    }
    auto meta = cluster::parseMeta(*document.value());
    if (!meta) {
        return std::move(meta).error();
    }
    return std::optional(Existing{std::move(*document.value()), std::move(meta).value()});
}

Result<Done> LeaseRights::grant(const Grant& grant, const std::optional<Existing>& role,
                                const Claims& claims) {
    // A binding to somebody else's Role would hand on whatever that allows.
    if (role && !isOurs(role->meta)) {
        return write(RbacKind::Role, grant, role, claims.admitted);
    }
    if (auto written = write(RbacKind::Role, grant, role, claims.admitted); !written) {
        return written;
    }
    auto binding = find(RbacKind::Binding, grant.lease);
    if (!binding) {
        return std::move(binding).error();
    }
    auto& existing = binding.value();
    if (existing && isOurs(existing->meta) && !bindsRoleOf(existing->document, grant)) {
        // What a binding binds cannot be changed.
        if (auto removed =
                tools_.api.remove(rbacPath(RbacKind::Binding, grant.lease), existing->meta.uid);
            !removed) {
            return removed;
        }
        existing.reset();
    }
    return write(RbacKind::Binding, grant, existing, claims.admitted);
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
    if (existing && rbacMatches(kind, existing->document, grant)) {
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
    tools_.log.info(existing ? "changed rights on a Lease" : "gave rights on a Lease",
                    {{"lease", grant.lease.text()},
                     {"object", kindName(kind)},
                     {"accounts", joined(grant.serviceAccounts)}});
    return Done();
}

Result<Done> LeaseRights::revoke(const ObjectKey& lease) {
    for (const auto kind : {RbacKind::Binding, RbacKind::Role}) {
        const auto document = tools_.api.getMetadata(rbacPath(kind, lease));
        if (!document) {
            return document.error();
        }
        if (!document.value()) {
            continue;
        }
        const auto meta = cluster::parseMeta(*document.value());
        if (!meta) {
            return meta.error();
        }
        if (!isOurs(meta.value())) {
            continue;
        }
        if (auto removed = tools_.api.remove(rbacPath(kind, lease), meta.value().uid); !removed) {
            return removed;
        }
        tools_.log.info("took rights on a Lease away: no Pod campaigns for it",
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
        const auto pods = pods_.ofAccount(space, account);
        std::set<std::string> leases;
        std::ranges::transform(pods, std::inserter(leases, leases.end()),
                               [](const PodRecord& pod) { return pod.lease(); });
        if (leases.size() < 2) {
            continue;
        }
        warn(space, claimantsOf(pods), reasons::kLeaseShared,
             fmt::format("Pods with the ServiceAccount \"{}\" campaign for the Leases {}: each of "
                         "them may write all of these; give each workload a ServiceAccount of its "
                         "own to keep them apart",
                         runtime::quoted(account), joined(leases)));
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
