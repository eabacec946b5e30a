#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "injector/config/invocation.h"

namespace injector::offline {

// A document of a file, as views into its text: what stands between lines that begin with ---, as
// kubectl splits files, or one of several JSON values in a row that are all there is. All
// documents, each `lead`, `content` and `tail`, are the file.
struct Document {
    std::string_view lead;     // byte order mark, marker, comments and blank lines before it
    std::string_view content;  // "" where there is nothing but that
    std::string_view tail;     // comments behind it, and its end marker
    std::size_t line = 1;      // that `content` begins in, counted from 1
    bool isJson = false;       // `content` is one JSON object

    std::string_view raw() const {
        return {lead.data(), lead.size() + content.size() + tail.size()};
    }
};

std::vector<Document> splitDocuments(std::string_view text);

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

// `inject -f FILE`: prints the manifests of the file, or of `in` where it is "-", with their
// sidecars to `out`; notes, each a line, to `err`. Where anything is refused, that goes to `err`,
// nothing to `out`, and kExitFailure is returned; else kExitSuccess.
int runInject(const config::InjectRequest& request, std::istream& in, std::ostream& out,
              std::ostream& err);

}  // namespace injector::offline
