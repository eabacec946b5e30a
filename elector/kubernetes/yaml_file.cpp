#include "elector/kubernetes/yaml_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "elector/runtime/log.h"

namespace elector::kubernetes {

namespace {

constexpr std::size_t kMaxPathShown = 300;

// The words of YAML 1.1, in which kubectl reads.
constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};

std::string at(const std::filesystem::path& file, const YAML::Mark& mark) {
    const auto name = runtime::quoted(file.string(), kMaxPathShown);
    return mark.is_null() ? name : fmt::format("{}, line {}", name, mark.line + 1);
}

// Whether it stands between quotes, and so is a text whatever it looks like.
bool isQuoted(const YAML::Node& node) {
    return node.Tag() == "!";
}

// Looks for one key in a mapping and in what its merge keys name. Whatever comes last counts, but
// of a list of mappings to merge the first.
class KeySearch {
  public:
    explicit KeySearch(const std::string& key) : key_(key) {}

    YAML::Node in(const YAML::Node& mapping) {
        YAML::Node found(YAML::NodeType::Undefined);
        for (const auto& entry : mapping) {
            if (!entry.first.IsScalar()) {
                continue;
            }
            if (entry.first.Scalar() == key_) {
                found.reset(entry.second);
            } else if (entry.first.Scalar() == "<<" && !isQuoted(entry.first)) {
                if (const YAML::Node merged = merge(entry.second); merged.IsDefined()) {
                    found.reset(merged);
                }
            }
        }
        return found;
    }

  private:
    // Far more than anybody writes; aliases can make far more of a few lines.
    static constexpr int kMostMerged = 100;

    YAML::Node merge(const YAML::Node& source) {
        if (++merged_ > kMostMerged) {
            throw YAML::Exception(source.Mark(), "merge keys (<<) without end");
        }
        if (source.IsMap()) {
            return in(source);
        }
        if (!source.IsSequence()) {
            throw YAML::Exception(source.Mark(), "a merge key (<<) names no mapping");
        }
        for (const auto& element : source) {
            if (const YAML::Node found = merge(element); found.IsDefined()) {
                return found;
            }
        }
        return YAML::Node(YAML::NodeType::Undefined);
    }

    const std::string& key_;
    int merged_ = 0;
};

}  // namespace

bool YamlNode::isEmpty() const {
    return !exists() || (node_.IsScalar() && node_.Scalar().empty()) ||
           ((node_.IsSequence() || node_.IsMap()) && node_.size() == 0);
}

YamlNode YamlNode::member(const std::string& key) const {
    const auto name = name_.empty() ? key : name_ + "." + key;
    if (!exists()) {
        return {file_, name, YAML::Node(YAML::NodeType::Undefined)};
    }
    if (!node_.IsMap()) {
        throw error("is not a mapping of names to values");
    }
    try {
        return {file_, name, KeySearch(key).in(node_)};
    } catch (const YAML::Exception& problem) {
        throw std::runtime_error(
            fmt::format("{}: {}: {}", at(file_, problem.mark), name, problem.msg));
    }
}

std::vector<YamlNode> YamlNode::elements() const {
    std::vector<YamlNode> found;
    if (!exists()) {
        return found;
    }
    if (!node_.IsSequence()) {
        throw error("is not a list");
    }
    for (std::size_t index = 0; index < node_.size(); ++index) {
        found.emplace_back(file_, fmt::format("{}[{}]", name_, index), node_[index]);
    }
    return found;
}

std::optional<std::string> YamlNode::text() const {
    if (!exists()) {
        return std::nullopt;
    }
    if (!node_.IsScalar()) {
        throw error("is not a text");
    }
    if (node_.Scalar().empty()) {
        return std::nullopt;
    }
    return node_.Scalar();
}

bool YamlNode::flag() const {
    const auto value = text();
    if (!value) {
        return false;
    }
    if (!isQuoted(node_)) {
        for (const bool meant : {true, false}) {
            const auto& words = meant ? kTrue : kFalse;
            if (std::ranges::find(words, *value) != words.end()) {
                return meant;
            }
        }
    }
    throw error(fmt::format("is \"{}\"{}; allowed are true and false", runtime::quoted(*value),
                            isQuoted(node_) ? ", a text between quotes" : ""));
}

std::runtime_error YamlNode::error(std::string_view why) const {
    const auto mark = node_.IsDefined() ? node_.Mark() : YAML::Mark::null_mark();
    return std::runtime_error(fmt::format("{}: {} {}", at(file_, mark), name_, why));
}

std::filesystem::path YamlNode::resolved(const std::string& path) const {
    return file_.parent_path() / path;
}

YamlNode parseYaml(const std::filesystem::path& file, const std::string& text) {
    try {
        const auto document = YAML::Load(text);
        if (document.IsDefined() && !document.IsNull() && !document.IsMap()) {
            throw std::runtime_error(fmt::format("{} is not a mapping of names to values",
                                                 runtime::quoted(file.string(), kMaxPathShown)));
        }
        return {file, "", document};
    } catch (const YAML::Exception& problem) {
        throw std::runtime_error(fmt::format("{} is not valid YAML: {}", at(file, problem.mark),
                                             runtime::quoted(problem.msg)));
    }
}

}  // namespace elector::kubernetes
