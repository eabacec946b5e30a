#pragma once

#include <chrono>
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
using elector::runtime::Duration;
using elector::runtime::Instant;

// Annotations of ours by their names.
using Annotations = std::map<std::string, std::string>;

// The kinds whose own annotations the operator looks at: those that it copies, and those of which
// it says that it does not.
std::vector<Resource> annotatedKinds();

// What of the workload's own annotations its template is to have.
Annotations annotationsToCopy(const ObjectMeta& workload);

// Whether the operator has to know of the workload. A ReplicaSet that something controls has its
// annotations from there.
bool isAnnotated(const Resource& kind, const ObjectMeta& workload);

// One entry of the managed fields of a workload.
struct Manager {
    std::string name;
    std::string time;
    bool isUpdate = false;
    bool managesSpec = false;
    std::set<std::string> annotations;  // of the template

    bool owns(const std::string& annotation) const { return annotations.contains(annotation); }
    bool isOperator() const;
};

// A whole workload, as far as cluster::kTemplateOnly keeps it, taken apart once.
struct Subject {
    Resource kind;
    std::string document;
    ObjectMeta meta;
    Annotations present;            // on the template, of ours
    Annotations noted;              // there, as our copies
    std::vector<Manager> managers;  // in their order
};
Result<Subject> subjectOf(const Resource& kind, std::string document);

// What one look at a workload comes to.
struct CopyPlan {
    Annotations give;            // what the template is to get
    std::set<std::string> take;  // what it is to lose: copies that the workload asks for no more
    Annotations copies;          // what is there of copies once that is done
    std::set<std::string> lost;  // what the template has with another value, by somebody else

    bool isNothing() const { return give.empty() && take.empty(); }
};

// An annotation of the template is a copy while names::kCopiedAnnotation has it with this value,
// and nobody has set it who did not set that one too (who goes back to an earlier template does):
// all others are somebody's own, and stay.
CopyPlan planCopy(const Subject& workload, const Annotations& wanted);

// A merge patch that carries it out on the object as it was read.
std::string planBody(const Subject& workload, const CopyPlan& plan);

// A JSON patch after which the operator owns no annotation of the template but the note of its
// copies: so that an owner's manifest may say otherwise without a conflict. "" where it owns none.
std::string disownBody(const Subject& workload);

// Who else manages the workload's spec: the names of field managers, the last writer first; ""
// where nobody does.
std::string otherManagers(const Subject& workload);

// Brings the annotations of ours from workloads to their templates, and takes them away again with
// the workloads'. What somebody else wrote on a template stays. Whatever keeps an annotation from
// Pods is told by an Event on the workload.
//
// Threads: put() and remove() by any; reconcile() by one.
class TemplateCopier {
  public:
    explicit TemplateCopier(Tools tools) : tools_(tools) {}

    // True where something about it is new.
    bool put(const Resource& kind, const ObjectMeta& workload);
    void remove(const Resource& kind, const ObjectKey& key);

    Result<Outcome> reconcile(const Resource& kind, const ObjectKey& key);

    // Whoever takes copies away gets them back after this, and each time after twice as long.
    static constexpr std::chrono::seconds kFirstPause{2};
    static constexpr std::chrono::minutes kLongestPause{10};
    // A rollout whose status has changed within this is looked at often.
    static constexpr std::chrono::minutes kFresh{1};

  private:
    // What bears on the template of one workload.
    struct Seen {
        std::string uid;
        std::int64_t generation = 0;  // changes with the template
        Annotations wanted;
        bool hasCopies = false;
        std::optional<OwnerReference> controller;
        bool operator==(const Seen&) const = default;
    };
    using Key = std::pair<std::string_view, ObjectKey>;

    // What was done for it last.
    struct Past {
        Seen seen;               // as it was then
        bool isSettled = false;  // and needs nothing more
        bool hasGiven = false;   // its template was given all that it wants
        int undone = 0;          // how often that was taken away since
        Instant written;
        std::string status;  // the object's, JSON
        Instant since;       // when it was seen first
    };
    // A workload that is looked at.
    struct Task {
        Subject subject;  // as it is
        const Seen& seen;
    };

    std::optional<Seen> find(const Key& key) const;
    Result<Outcome> look(Task task, Past& past);
    // What becomes of its Pods, once its template has all.
    Outcome follow(const Task& task, Past& past);
    // What its controller said last of Pods that it could not make; "" where that cannot be read.
    std::string failureOf(const Subject& workload);
    // Whether the template can and may be changed; where it would have to be and is not, says so.
    bool mayChange(const Task& task, const CopyPlan& plan);
    // False where somebody undid what was done, and it is too early to do it again.
    bool isTime(const Task& task, const CopyPlan& plan, Past& past);
    Result<Done> write(Task& task, const CopyPlan& plan, Past& past);
    Result<Done> disown(const Task& task);
    void warn(const Task& task, const char* reason, const std::string& message);

    Tools tools_;
    mutable std::mutex mutex_;
    std::map<Key, Seen> workloads_;
    std::map<Key, Past> past_;  // of the thread that reconciles
};

}  // namespace injector::operators
