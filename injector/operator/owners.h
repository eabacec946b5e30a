#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "injector/cluster/workload.h"
#include "injector/operator/leading_api.h"
#include "injector/operator/pod.h"

namespace injector::operators {

// Finds the workloads that made Pods: those of cluster::workloadOf(); a Pod without a controller is
// its own.
//
// What a Pod says of its controller is believed only as far as it can be looked up, since whoever
// makes a Pod may write there what they like: each object of the chain is there under this uid, is
// of a kind that makes what stands below it, and selects it by its labels; and the Pod has the
// ServiceAccount of its template. A Pod of which this is not so counts as a Pod without a
// controller. A kind that we may not read is believed, and the Workload says so.
//
// Keeps what it found of controllers: they do not change.
//
// Threads: one.
class Owners {
  public:
    // `api` outlives it.
    explicit Owners(LeadingApi& api) : api_(api) {}

    struct Workload {
        OwnerReference reference;
        bool isProven = true;
    };
    // `pod`: its metadata, by which it is found among Pods; `account`: its ServiceAccount.
    Result<Workload> workloadOf(const ObjectMeta& pod, const std::string& account);

    // Whether the workload is there, and not on its way out: what such a one owned is deleted, and
    // deleted again if it comes back. Nothing of a kind that we may not read.
    Result<std::optional<bool>> isThere(const std::string& space, const OwnerReference& workload);

    // A few hundred bytes each.
    static constexpr std::size_t kMaxKept = 10'000;

  private:
    // What makes Pods, as far as it matters here.
    struct Maker {
        std::string selector;
        std::string account;  // of its template
        OwnerReference workload;
        bool isProven = true;
    };
    Result<std::optional<Maker>> makerOf(const cluster::WorkloadKind& kind, const ObjectMeta& pod);
    Result<OwnerReference> above(const std::string& space, const OwnerReference& maker,
                                 const ObjectMeta& meta);
    // The whole object, if it is there under the uid of `reference`.
    Result<std::optional<std::string>> find(const cluster::WorkloadKind& kind,
                                            const std::string& space,
                                            const OwnerReference& reference);
    Result<std::optional<std::string>> accountBefore(const cluster::WorkloadKind& kind,
                                                     const ObjectMeta& pod);

    LeadingApi& api_;
    // By the Pod's namespace, the uid and the name of its controller, and its revision: all of them
    // are what the Pod says.
    std::map<std::tuple<std::string, std::string, std::string, std::string>, Maker> found_;
};

}  // namespace injector::operators
