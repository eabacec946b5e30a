#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "injector/cluster/object_meta.h"

// The Role and the RoleBinding of one Lease, as values. Pure.
namespace injector::operators {

using cluster::ObjectKey;
using cluster::ObjectMeta;
using cluster::OwnerReference;

// Who may campaign for a Lease.
struct Grant {
    ObjectKey lease;
    std::set<std::string> serviceAccounts;  // of the Lease's namespace
    std::vector<OwnerReference> owners;     // with the last of them the grant goes
};

// Which of the two objects of a grant.
enum class RbacKind { Role, Binding };

// The name of both.
ObjectKey rbacKey(const ObjectKey& lease);
// The Lease of an object of that name; nothing where the name is none of ours.
std::optional<ObjectKey> leaseOf(const ObjectKey& rbac);
std::string rbacPath(RbacKind kind, const ObjectKey& lease);

// The body of a server-side apply. Of an object that is there already it changes `existing` as it
// was read, and no other: a write after somebody else's, or after a deletion, is a Conflict.
std::string rbacBody(RbacKind kind, const Grant& grant, const std::optional<ObjectMeta>& existing);

// Whether the whole object `actual` says what rbacBody() would make it say.
bool rbacMatches(RbacKind kind, std::string_view actual, const Grant& grant);

// Whether the binding `actual` is of the grant's Role: another one cannot be changed, only
// replaced.
bool bindsRoleOf(std::string_view actual, const Grant& grant);

// Whether an object is the operator's, to change and to delete: by its label.
bool isOurs(const ObjectMeta& object);

}  // namespace injector::operators
