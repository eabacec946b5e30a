#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "injector/cluster/workload.h"
#include "injector/operator/reconciler.h"

// Annotations that stand on a workload and belong on its Pods: how they come to its template.
namespace injector::operators {

using cluster::Resource;

// Annotations of ours by their names.
using Annotations = std::map<std::string, std::string>;

// The kinds whose annotations are copied.
std::vector<Resource> copiedKinds();

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

// Brings the annotations of ours from workloads to their templates, and takes them away again with
// the workloads'. What somebody else wrote on a template stays.
//
// Threads: put() and remove() by any; reconcile() by one.
class TemplateCopier {
  public:
    explicit TemplateCopier(Tools tools) : tools_(tools) {}

    // True where something about it is new.
    bool put(const Resource& kind, const ObjectMeta& workload);
    void remove(const Resource& kind, const ObjectKey& key);

    Result<Done> reconcile(const Resource& kind, const ObjectKey& key);

  private:
    // What bears on the template of one workload.
    struct Seen {
        std::string uid;
        std::int64_t generation = 0;  // changes with the template
        Annotations wanted;
        std::set<std::string> copied;
        bool operator==(const Seen&) const = default;
    };
    using Key = std::pair<std::string_view, ObjectKey>;

    std::optional<Seen> find(const Key& key) const;
    Result<Done> copy(const Resource& kind, const ObjectKey& key, const Seen& seen);
    // Where it is a Conflict: leaves out what is contested, and says so.
    Result<Done> copyRest(const Resource& kind, const ObjectKey& key, const Seen& seen);
    Result<Done> apply(const Resource& kind, const ObjectKey& key, const Seen& seen,
                       const Annotations& annotations);
    // Whether the Job's template can be changed; where it would have to be and cannot, it says so.
    Result<bool> mayChange(const ObjectKey& key, const Seen& seen);
    void warn(const Resource& kind, const ObjectKey& key, const Seen& seen,
              const std::string& message);

    Tools tools_;
    mutable std::mutex mutex_;
    std::map<Key, Seen> workloads_;
    // Those that need nothing more, as they were then. Of the thread that reconciles.
    std::map<Key, Seen> settled_;
};

}  // namespace injector::operators
