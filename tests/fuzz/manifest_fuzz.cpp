// A file of manifests, YAML or JSON, as `inject -f` reads it. The input is the file.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "elector/runtime/json_text.h"
#include "injector/offline/manifest.h"
#include "injector/offline/yaml.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/survival.h"

namespace fuzz {
namespace {

namespace json_text = elector::json_text;
using injector::offline::Document;
using injector::offline::Manifest;
using injector::offline::YamlContent;

constexpr std::size_t kMostSentence = 2000;

Manifest inject(std::string_view text) {
    injector::config::InjectRequest request;
    request.file = "FILE";
    request.space = "default";
    request.defaults.values["image"] = "leader-elector:fuzz";
    return injector::offline::injectManifest(text, request.file, request);
}

// The JSON that a document says; "" where it cannot be read.
std::string contentOf(const Document& document) {
    if (document.isJson) {
        return std::string(document.content);
    }
    const auto read = injector::offline::readYaml(document.content);
    const auto* content = std::get_if<YamlContent>(&read);
    return content != nullptr ? content->json : "";
}

std::vector<Document> documentsIn(std::string_view text) {
    auto documents = injector::offline::splitDocuments(text);
    std::string joined;
    for (const auto& document : documents) {
        joined += document.raw();
    }
    require(joined == text, "the documents of a file are the file", joined);
    return documents;
}

// True if yaml-cpp, which is not the reader of `inject`, finds `json` in a document.
bool agrees(const YAML::Node& node, std::string_view json) {
    switch (json_text::kindOf(json)) {
        case json_text::Kind::Object: {
            const auto members = json_text::membersOf(json);
            auto member = members.begin();
            return node.IsMap() && node.size() == members.size() &&
                   std::all_of(node.begin(), node.end(), [&](const auto& each) {
                       const auto& [key, raw, value] = *member++;
                       return each.first.Scalar() == key && agrees(each.second, value);
                   });
        }
        case json_text::Kind::Array: {
            const auto elements = json_text::elementsOf(json);
            auto element = elements.begin();
            return node.IsSequence() && node.size() == elements.size() &&
                   std::all_of(node.begin(), node.end(),
                               [&](const auto& each) { return agrees(each, *element++); });
        }
        case json_text::Kind::String:
            return node.IsScalar() && node.Scalar() == json_text::stringIn(json);
        case json_text::Kind::Null:
            return node.IsNull();
        case json_text::Kind::Number:
        case json_text::Kind::Boolean:
            return node.IsScalar() && node.Scalar() == json;
    }
    return false;
}

// What we write, readers of YAML read as it was meant. Whether what others wrote is read as it was
// meant, tests/controlplane/test_yaml.py asks kubectl.
void judgeWriting(const std::string& json) {
    if (json_text::kindOf(json) != json_text::Kind::Object || !json_text::isValid(json)) {
        return;
    }
    const auto yaml = injector::offline::writeYaml(json);
    const auto read = injector::offline::readYaml(yaml);
    const auto* content = std::get_if<YamlContent>(&read);
    require(content != nullptr, "what was written is YAML", yaml);
    require(content->json == json, "what was written says the same", yaml);
    require(agrees(YAML::Load(yaml), json), "what was written says the same to yaml-cpp", yaml);
}

void judgeDocuments(std::string_view before, std::string_view after) {
    const auto old = documentsIn(before);
    const auto now = documentsIn(after);
    require(old.size() == now.size(), "no document is lost, and none is added", after);
    for (std::size_t index = 0; index < old.size(); ++index) {
        const auto content = contentOf(old[index]);
        if (!old[index].isJson && !content.empty()) {
            require(json_text::isValid(content), "YAML is read into JSON", content);
            judgeWriting(content);
        }
        if (old[index].raw() == now[index].raw()) {
            continue;
        }
        const auto injected = contentOf(now[index]);
        require(json_text::isValid(injected), "what was injected can be read", injected);
        require(survives(content, injected), "what stood in a document survives", injected);
        require(now[index].tail == old[index].tail, "what stands behind a document stays", after);
    }
}

// How many documents yaml-cpp finds in `text`; nothing where it finds something else.
std::optional<std::size_t> countDocuments(std::string_view text) {
    try {
        return YAML::LoadAll(std::string(text)).size();
    } catch (const YAML::Exception&) {
        return std::nullopt;
    }
}

// A second opinion on where documents end. None where a line begins with %: yaml-cpp takes it for a
// directive within a document, too.
void judgeCount(std::string_view before, std::string_view after) {
    const auto count = countDocuments(before);
    const bool isYaml = std::ranges::none_of(documentsIn(before), &Document::isJson) &&
                        before.find("\n%") == std::string_view::npos;
    require(!isYaml || !count || count == countDocuments(after),
            "yaml-cpp finds as many documents as before", after);
}

}  // namespace

void judge(std::string_view text) {
    const auto once = inject(text);
    for (const auto* sentences : {&once.notes, &once.refusals}) {
        for (const auto& sentence : *sentences) {
            requireSentence(sentence, kMostSentence);
            require(sentence.starts_with("FILE: "), "a sentence names the file", sentence);
        }
    }
    if (!once.refusals.empty()) {
        return;
    }
    judgeDocuments(text, once.text);
    if (once.text != text) {
        judgeCount(text, once.text);
    }
    const auto twice = inject(once.text);
    require(twice.refusals.empty(), "what was injected is not refused",
            twice.refusals.empty() ? "" : twice.refusals.front());
    require(twice.text == once.text, "injecting twice changes nothing", twice.text);
}

}  // namespace fuzz
