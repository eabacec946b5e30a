#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace injector::offline {

// A document of a file, as views into its text: what stands between the markers (---, ...) of YAML,
// or one of several JSON values in a row. All documents, each `lead`, `content` and `tail`, are the
// file.
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

}  // namespace injector::offline
