#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace injector::offline {

// What a YAML document says.
struct YamlContent {
    std::string json;  // "" where it says nothing
    // Of a mapping with the list "items": the line that each of them begins in, counted from 1.
    std::vector<std::size_t> itemLines;
};

// Why it was not read.
struct YamlProblem {
    std::size_t line = 0;  // counted from 1
    std::string why;       // follows the line in a sentence, and names the remedy
    // True for what is no YAML. False for what is, but would be ambiguous or endless: a key given
    // twice, aliases that stand for too much, tags.
    bool isSyntax = false;
};

// Reads one document, in UTF-8, as Kubernetes does (yaml_scalar.h), into JSON whose members stand
// in the document's order. Aliases are replaced by what they stand for, up to kMaxExpansion bytes
// of JSON in all; merge keys (<<) by their members.
std::variant<YamlContent, YamlProblem> readYaml(std::string_view text);

inline constexpr std::size_t kMaxExpansion = std::size_t{10} * 1024 * 1024;

}  // namespace injector::offline
