#pragma once

#include <string>
#include <vector>

#include "injector/check/diagnosis.h"
#include "injector/check/facts.h"

// A cluster where all is well with the Deployment "web" of the namespace "shop"; a test spoils
// what it is about.
namespace injector::check {

// The Deployment with these annotations, the members of an object, on itself and on its template.
std::string deployment(const std::string& itself, const std::string& onTemplate);

extern const char* const kAsks;  // the annotation that asks for a sidecar

// A running Pod of a Deployment that campaigns, with the ServiceAccount "default".
PodFact injectedPod(const std::string& name, const std::string& workload);

struct Scene {
    WorkloadFacts facts;
    LeaseFacts lease;

    // What is found, each "WEIGHT TOPIC: SENTENCE".
    std::vector<std::string> findings() const;
    Report report() const;
};

Scene goodScene();

// `scene` is not well, for this reason among others.
void expectProblem(const Scene& scene, const std::string& finding, const std::string& headline);

}  // namespace injector::check
