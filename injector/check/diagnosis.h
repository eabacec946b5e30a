#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "injector/admission/admission.h"
#include "injector/check/facts.h"
#include "injector/offline/workload.h"

namespace injector::check {

// ------------------------------------------------------------------------------------------ report

enum class Weight {
    Well,     // as it shall be
    Note,     // worth to know
    Problem,  // somebody has to mend it
};

// One thing that was found. `topic` is a word: "webhook", "lease".
struct Finding {
    Weight weight = Weight::Note;
    std::string topic;
    std::string sentence;
};

// One Pod, in a word and in what it is made of.
struct PodLine {
    std::string space;
    std::string name;
    std::string workload;  // "Deployment/web"
    std::string lease;
    // "injected", "outdated", "missed", "misnamed", "nameless", "skipped", "not asked", "unread"
    std::string state;
    std::string version;  // of the injector that injected it; "" where it was not
    std::string image;    // the sidecar's
    std::string phase;
    std::string reason;  // of a state that needs one
};

struct Report {
    std::string subject;   // "Deployment/web in the namespace shop"
    std::string headline;  // the answer, in one sentence
    bool isWell = false;
    // Of a workload: the decision about its Pods, and their Lease; else "".
    std::string verdict;
    std::string lease;
    std::vector<Finding> findings;
    std::vector<PodLine> pods;
};

// In words, aligned, each line ended. Foreign text in it is escaped.
std::string inWords(const Report& report);
// One JSON object on one line.
std::string asJson(const Report& report);

// Rows of as many cells as the first one, which is the head, in columns, each line ended. Where the
// lines would have more than `most` characters, the longest cells are cut.
std::string inColumns(std::vector<std::vector<std::string>> rows,
                      std::size_t most = std::string::npos);

// --------------------------------------------------------------------------------------- diagnosis

// What is said about one workload, and about the Pods of a namespace. Pure.

// How the Pods of the workload will be decided about.
struct Judgement {
    offline::Annotated annotated;
    // Annotations of the workload itself that the operator has still to copy to the template, as
    // it will.
    bool isToBeCopied = false;
    std::string notCopied;  // why it will not; "" where it will, or there is none
    admission::Decision decision;
    std::string pod;       // that was decided about, JSON; "" where there is none
    std::string injected;  // where that is Injected: the Pod as it will be, JSON
};

Judgement judge(const WorkloadFacts& facts);

// The answer. `lease` is what stands under judgement.decision.leaseName; of no meaning where that
// is "". `version` is that of this program.
Report diagnose(const WorkloadFacts& facts, const Judgement& judgement, const LeaseFacts& lease,
                std::string_view version);

// What is said about all Pods that concern the injector, of the namespace `space` or, for "", of
// all: which have sidecars older than `version`, which asked for one in vain.
Report survey(const PodFacts& facts, const std::string& space, std::string_view version);

// Adds what is to be said about the way from the API server to the injector. Returns whether the
// workload's Pods, where they ask for a sidecar, reach it; true as well for Pods that have theirs.
bool addWebhook(const WorkloadFacts& facts, const Judgement& judgement, Report& report);

// Adds where the namespace's LimitRanges and ResourceQuotas have no room for the sidecar, and which
// annotation helps.
void addRoom(const WorkloadFacts& facts, const Judgement& judgement, Report& report);

// Adds what is to be said about the program of Pods that have a sidecar or will have one: whether
// anything tells that it works, and whether it can know itself by the name of its host.
void addProgram(const WorkloadFacts& facts, const Judgement& judgement, Report& report);

// The Pods of the workload asked about; of a Pod, itself.
std::vector<PodFact> podsOf(const WorkloadFacts& facts);

// Adds the live Pods of the workload, and what is to be said about them.
void addPods(const WorkloadFacts& facts, std::string_view version, Report& report);

// Adds what is to be said about the Lease called `name`, about the right to it, and about who else
// has that right.
void addLease(const WorkloadFacts& facts, const std::string& name, const LeaseFacts& lease,
              Report& report);

// The version in a status that the injector wrote, "injected 0.1.0"; "" where it is no such.
std::string injectedVersion(std::string_view status);

// Whether version `left` came before `right`: numbers between dots, compared as numbers. False
// where either has something else in it.
bool isOlder(std::string_view left, std::string_view right);

// How a Pod stands, with `current` the version of this program.
PodLine lineOf(const PodFact& pod, std::string_view current);

// Whether the Pod has ended: what it lacked does not matter any more.
bool hasEnded(const PodFact& pod);

}  // namespace injector::check
