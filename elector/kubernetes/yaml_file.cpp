#include "elector/kubernetes/yaml_file.h"

#include <fmt/format.h>

#include "elector/runtime/log.h"

namespace elector::kubernetes {

namespace {

constexpr std::size_t kMaxPathShown = 300;

std::string at(const std::filesystem::path& file, const YAML::Mark& mark) {
    const auto name = runtime::quoted(file.string(), kMaxPathShown);
    return mark.is_null() ? name : fmt::format("{}, line {}", name, mark.line + 1);
}

}  // namespace

YamlNode YamlNode::member(const std::string& key) const {
    const auto name = name_.empty() ? key : name_ + "." + key;
    if (!exists()) {
        return {file_, name, YAML::Node(YAML::NodeType::Undefined)};
    }
    if (!node_.IsMap()) {
        throw error("is not a mapping of names to values");
    }
    return {file_, name, node_[key]};
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
    if (value && *value != "true" && *value != "false") {
        throw error(fmt::format("is \"{}\"; allowed are true and false", runtime::quoted(*value)));
    }
    return value == "true";
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
