#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace injector::check {

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
    std::string state;    // "injected", "outdated", "missed", "skipped", "not asked"
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

}  // namespace injector::check
