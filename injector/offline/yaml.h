#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace injector::offline {

// What an unquoted scalar of YAML means to Kubernetes, as JSON: a number, truth value, null or
// text. Nothing where JSON has no such value (.inf, .nan).
//
// The rules are those of go.yaml.in/yaml/v2, which kubectl and the API server read YAML with
// (through sigs.k8s.io/yaml): yes, on and y are true; 010 is 8, 0x10 is 16, 1_000 is 1000, 08 is 8;
// a date is a text, as is 12:30. A number that is one in JSON too comes back as it was written.
std::optional<std::string> resolvePlain(std::string_view text);

// What a YAML document says.
struct YamlContent {
    std::string json;  // "" where it says nothing
    // Of a mapping with the list "items": the line that each of them begins in, counted from 1.
    std::vector<std::size_t> itemLines;
};

inline constexpr std::string_view kByteOrderMark = "\ufeff";

// Why it was not read.
struct YamlProblem {
    std::size_t line = 0;  // counted from 1
    std::string why;       // follows the line in a sentence, and names the remedy
    // True for what kubectl refuses, too. False for what it takes, but what readers of YAML differ
    // in: a key given twice, a tag of somebody's own.
    bool isInvalid = false;
};

// Reads one document, in UTF-8, as kubectl does, into JSON whose members stand in the document's
// order. Aliases are replaced by what they stand for, up to kMaxExpansion bytes of JSON in all;
// merge keys (<<) by their members.
std::variant<YamlContent, YamlProblem> readYaml(std::string_view text);

inline constexpr std::size_t kMaxExpansion = std::size_t{10} * 1024 * 1024;

// The JSON object `json` as a document of YAML in block style, each line ended by a line feed. All
// readers of YAML find the same values in it: texts that could be taken for something else stand in
// quotes, as JSON strings; those of several lines as literal blocks where they can; numbers as they
// are in `json`.
std::string writeYaml(std::string_view json);

// How deep a document may be nested, in YAML and JSON: lists in lists are looked at once for each
// level.
inline constexpr std::size_t kMaxDepth = 128;
// What is said of one that is nested deeper.
std::string tooDeep();

}  // namespace injector::offline
