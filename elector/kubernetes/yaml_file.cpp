#include "elector/kubernetes/yaml_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

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

// The value of `key` in a mapping and in what its merge keys name; undefined where there is none.
// Whatever comes last in a mapping counts, but of a list of mappings to merge the first.
YAML::Node found(const YAML::Node& mapping, const std::string& key) {
    struct Place {
        YAML::Node node;
        bool isValue;  // of the key; else a mapping, or a list of them, to look in
    };
    // Far more than anybody writes; aliases can make far more of a few lines.
    constexpr int kMostPlaces = 100;
    std::vector<Place> places{{mapping, false}};  // the next one last
    for (int count = 0; !places.empty(); ++count) {
        const Place place = places.back();
        places.pop_back();
        if (place.isValue) {
            return place.node;
        }
        if (count == kMostPlaces) {
            throw YAML::Exception(place.node.Mark(), "merge keys (<<) without end");
        }
        if (place.node.IsSequence()) {
            for (std::size_t index = place.node.size(); index > 0; --index) {
                places.push_back({place.node[index - 1], false});
            }
            continue;
        }
        if (!place.node.IsMap()) {
            throw YAML::Exception(place.node.Mark(), "a merge key (<<) names no mapping");
        }
        for (const auto& entry : place.node) {
            const bool isScalar = entry.first.IsScalar();
            if (isScalar && entry.first.Scalar() == key) {
                places.push_back({entry.second, true});
            } else if (isScalar && entry.first.Scalar() == "<<" && !isQuoted(entry.first)) {
                places.push_back({entry.second, false});
            }
        }
    }
    return YAML::Node(YAML::NodeType::Undefined);
}

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
        return {file_, name, found(node_, key)};
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
