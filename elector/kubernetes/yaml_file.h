#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace elector::kubernetes {

// One member of a YAML file, found by its path, and what is wrong with it, as kubectl reads it: of
// a key that stands twice the last counts, and merge keys ("<<: *other") are merged. Looks at the
// keys on that path only and never walks the document, so that neither aliases nor cycles can keep
// it busy.
//
// The readers throw std::runtime_error whose sentence names file, line and member.
class YamlNode {
  public:
    YamlNode(std::filesystem::path file, std::string name, const YAML::Node& node)
        : file_(std::move(file)), name_(std::move(name)), node_(node) {}

    // Copies look at the same member. Nothing is assigned: yaml-cpp would change the document.
    YamlNode(const YamlNode&) = default;
    YamlNode& operator=(const YamlNode&) = delete;
    ~YamlNode() = default;

    // False where it is absent or null.
    bool exists() const { return node_.IsDefined() && !node_.IsNull(); }
    // True where it does not exist, is "", an empty list or an empty mapping.
    bool isEmpty() const;

    // The member `key` of this mapping; one that does not exist if this does not.
    YamlNode member(const std::string& key) const;

    // The elements of this sequence; none where it does not exist.
    std::vector<YamlNode> elements() const;

    // The text of this scalar; nothing where it does not exist, or is "".
    std::optional<std::string> text() const;
    // As YAML 1.1 has it (true, Yes, off, ...), but no text between quotes; false where it does not
    // exist.
    bool flag() const;

    // The refusal of this member: "FILE, line 7: NAME WHY".
    std::runtime_error error(std::string_view why) const;

    // `path`, where it is relative, taken from the folder of this file.
    std::filesystem::path resolved(const std::string& path) const;

    const std::filesystem::path& file() const { return file_; }

  private:
    std::filesystem::path file_;
    std::string name_;
    YAML::Node node_;
};

// Parses the text of `file`, which begins with a mapping or is empty.
YamlNode parseYaml(const std::filesystem::path& file, const std::string& text);

}  // namespace elector::kubernetes
