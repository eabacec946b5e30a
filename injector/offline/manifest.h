#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "injector/config/invocation.h"

namespace injector::offline {

// What became of a file of manifests.
struct Manifest {
    // The file with its sidecars. A document that has nothing to be injected is as it was, byte for
    // byte; a document of YAML that has comes out written anew, without the comments inside it.
    std::string text;
    // Sentences for the person who called, each with file, document, line and object.
    std::vector<std::string> notes;     // skipped, and why; annotations without effect
    std::vector<std::string> refusals;  // what cannot be done, and how to mend it: `text` is void
};

// Injects every Pod and every workload's Pod template in `text`, YAML or JSON, as the webhook would
// inject their Pods in a cluster, with the annotations copied there as the operator would copy
// them. Lists are looked into. `name` is the file's, for sentences. Pure.
//
// One difference: annotations on a Job itself count, as its template can still be written here.
Manifest injectManifest(std::string_view text, std::string_view name,
                        const config::InjectRequest& request);

inline constexpr std::size_t kMaxManifest = std::size_t{10} * 1024 * 1024;

}  // namespace injector::offline
