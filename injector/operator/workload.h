#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

// Annotations that stand on a workload and belong on its Pods: how they come to its template. Pure.
namespace injector::operators {

using cluster::ObjectKey;
using cluster::ObjectMeta;
using cluster::Resource;

// Annotations of ours by their names.
using Annotations = std::map<std::string, std::string>;

// The kinds whose annotations are copied.
const std::vector<Resource>& copiedKinds();

// What of the workload's own annotations its template is to have; none of a workload that has a
// controller, whose template is the controller's.
Annotations annotationsToCopy(const ObjectMeta& workload);

// Which annotations of the template the operator has put there.
std::set<std::string> copiedNames(const Resource& kind, const ObjectMeta& workload);

// Whether the operator has to know of the workload.
bool isCopied(const Resource& kind, const ObjectMeta& workload);

// The annotations of ours in the template of a whole workload.
Annotations templateAnnotations(const Resource& kind, std::string_view workload);

// The body of a server-side apply that gives the template `annotations` and takes away those that
// an earlier one gave. Changes the workload of this uid, and creates none.
std::string copyBody(const Resource& kind, const ObjectKey& workload, const std::string& uid,
                     const Annotations& annotations);

// Of `wanted` what the template has already with another value, by somebody else: it stays.
std::set<std::string> contested(const Annotations& wanted, const Annotations& present);

// Whether a whole Job is suspended: else its template cannot be changed.
bool isSuspended(std::string_view job);

}  // namespace injector::operators
