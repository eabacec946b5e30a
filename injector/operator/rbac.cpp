#include "injector/operator/rbac.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/cluster/resource.h"

namespace injector::operators {
namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using elector::runtime::jsonString;

constexpr const char* kRbacGroup = "rbac.authorization.k8s.io";

const cluster::Resource& resourceOf(RbacKind kind) {
    return kind == RbacKind::Role ? cluster::kRoles : cluster::kRoleBindings;
}

template <typename Items, typename Write>
std::string arrayOf(const Items& items, Write write) {
    std::string text;
    for (const auto& item : items) {
        text += (text.empty() ? "" : ",") + write(item);
    }
    return "[" + text + "]";
}

std::string ownerJson(const OwnerReference& owner) {
    return fmt::format(R"({{"apiVersion":{},"kind":{},"name":{},"uid":{}}})",
                       jsonString(owner.apiVersion), jsonString(owner.kind), jsonString(owner.name),
                       jsonString(owner.uid));
}

// What an elector needs (docs/manifests say the same): its Lease, and to post Events.
std::string rulesJson(const ObjectKey& lease) {
    return fmt::format(
        R"([{{"apiGroups":["coordination.k8s.io"],"resources":["leases"],"resourceNames":[{}],)"
        R"("verbs":["get","list","watch","create","update"]}},)"
        R"({{"apiGroups":[""],"resources":["events"],"verbs":["create"]}}])",
        jsonString(lease.name));
}

std::string roleRefJson(const ObjectKey& lease) {
    return fmt::format(R"({{"apiGroup":"{}","kind":"Role","name":{}}})", kRbacGroup,
                       jsonString(rbacKey(lease).name));
}

std::string subjectsJson(const Grant& grant) {
    return arrayOf(grant.serviceAccounts, [&](const std::string& account) {
        return fmt::format(R"({{"kind":"ServiceAccount","name":{},"namespace":{}}})",
                           jsonString(account), jsonString(grant.lease.space));
    });
}

bool isSame(std::string_view actual, std::string_view key, const std::string& desired) {
    const auto member = json_text::member(actual, key);
    return member && json_text::saysTheSame(*member, desired);
}

std::vector<std::string> uidsOf(const std::vector<OwnerReference>& owners) {
    std::vector<std::string> uids;
    std::ranges::transform(owners, std::back_inserter(uids), &OwnerReference::uid);
    std::ranges::sort(uids);
    return uids;
}

}  // namespace

ObjectKey rbacKey(const ObjectKey& lease) {
    return {lease.space, names::kRolePrefix + lease.name};
}

std::optional<ObjectKey> leaseOf(const ObjectKey& rbac) {
    const std::string_view prefix = names::kRolePrefix;
    if (!rbac.name.starts_with(prefix) || rbac.name.size() == prefix.size()) {
        return std::nullopt;
    }
    return ObjectKey{rbac.space, rbac.name.substr(prefix.size())};
}

std::string rbacPath(RbacKind kind, const ObjectKey& lease) {
    return cluster::objectPath(resourceOf(kind), lease.space, rbacKey(lease).name);
}

std::string rbacBody(RbacKind kind, const Grant& grant, const std::optional<ObjectMeta>& existing) {
    const auto& resource = resourceOf(kind);
    const auto version =
        existing ? fmt::format(R"("uid":{},"resourceVersion":{},)", jsonString(existing->uid),
                               jsonString(existing->resourceVersion))
                 : "";
    const auto content = kind == RbacKind::Role
                             ? fmt::format(R"("rules":{})", rulesJson(grant.lease))
                             : fmt::format(R"("roleRef":{},"subjects":{})",
                                           roleRefJson(grant.lease), subjectsJson(grant));
    return fmt::format(R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":{},"namespace":{},{})"
                       R"("labels":{{"{}":"{}"}},"ownerReferences":{}}},{}}})",
                       resource.apiVersion, resource.kind, jsonString(rbacKey(grant.lease).name),
                       jsonString(grant.lease.space), version, names::kManagedByLabel,
                       names::kOperator, arrayOf(grant.owners, ownerJson), content);
}

bool rbacMatches(RbacKind kind, std::string_view actual, const Grant& grant) {
    const auto meta = cluster::parseMeta(actual);
    if (!meta || !isOurs(meta.value()) || uidsOf(meta.value().owners) != uidsOf(grant.owners)) {
        return false;
    }
    if (kind == RbacKind::Role) {
        return isSame(actual, "rules", rulesJson(grant.lease));
    }
    return bindsRoleOf(actual, grant) && isSame(actual, "subjects", subjectsJson(grant));
}

bool bindsRoleOf(std::string_view actual, const Grant& grant) {
    return isSame(actual, "roleRef", roleRefJson(grant.lease));
}

bool isOurs(const ObjectMeta& object) {
    return object.label(names::kManagedByLabel) == names::kOperator;
}

}  // namespace injector::operators
