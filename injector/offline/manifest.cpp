#include "injector/offline/manifest.h"

#include <Poco/String.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/log.h"
#include "injector/offline/document.h"
#include "injector/offline/object.h"
#include "injector/offline/yaml_reader.h"
#include "injector/offline/yaml_writer.h"

namespace injector::offline {

namespace {

namespace json_text = elector::kubernetes::json_text;
using elector::runtime::quoted;
using json_text::Kind;

constexpr std::size_t kMaxPathShown = 300;

// True where an annotation of ours may stand in `text`.
bool mentionsUs(std::string_view text) {
    const std::string_view prefix = elector::names::kPrefix;
    return text.find(prefix.substr(0, prefix.size() - 1)) != std::string_view::npos;
}

// A key that stands twice in one object of `json`, or nothing.
std::optional<std::string> repeatedKey(std::string_view json) {
    std::vector<std::string_view> open{json};
    while (!open.empty()) {
        const auto value = open.back();
        open.pop_back();
        std::set<std::string, std::less<>> keys;
        for (const auto& each : json_text::membersOf(value)) {
            if (!keys.insert(each.key).second) {
                return each.key;
            }
            open.push_back(each.value);
        }
        for (const auto element : json_text::elementsOf(value)) {
            open.push_back(element);
        }
    }
    return std::nullopt;
}

// The byte of `text` that no manifest has, or npos: characters that readers of YAML refuse, or take
// for different things.
std::size_t strangeByte(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        const bool isLoneReturn = byte == '\r' && !text.substr(at + 1).starts_with('\n');
        if (isLoneReturn || (static_cast<unsigned char>(byte) < ' ' && byte != '\t' &&
                             byte != '\n' && byte != '\r')) {
            return at;
        }
    }
    return std::string_view::npos;
}

// An object of a document, alone or in a list.
struct Item {
    std::string_view object;  // a view into the document's JSON
    std::string apiVersion;   // where it names none itself
    std::string kind;
    std::size_t line = 0;
    std::string where;  // ", item 3", or ""
};

// The objects of a document: itself, or the items of a list, and of lists in it.
std::vector<Item> itemsOf(std::string_view json, std::size_t line,
                          const std::vector<std::size_t>& lines) {
    constexpr std::string_view kSuffix = "List";
    std::vector<Item> open{{json, "", "", line, ""}};
    std::vector<Item> items;
    while (!open.empty()) {
        Item item = std::move(open.back());
        open.pop_back();
        auto kind = json_text::textAt(item.object, "kind");
        const auto list = json_text::member(item.object, "items");
        if (!kind.ends_with(kSuffix) || !list || json_text::kindOf(*list) != Kind::Array) {
            items.push_back(std::move(item));
            continue;
        }
        kind.resize(kind.size() - kSuffix.size());
        const bool isTop = item.where.empty();
        const auto apiVersion = json_text::textAt(item.object, "apiVersion");
        const auto elements = json_text::elementsOf(*list);
        for (std::size_t i = elements.size(); i-- > 0;) {
            open.push_back({elements[i], apiVersion, kind,
                            isTop && i < lines.size() ? line + lines[i] - 1 : item.line,
                            fmt::format("{}, item {}", item.where, i + 1)});
        }
    }
    return items;
}

class Injection {
  public:
    Injection(std::string_view name, const config::InjectRequest& request)
        : name_(quoted(name, kMaxPathShown)), request_(request) {}

    Manifest run(std::string_view text) && {
        if (const auto problem = complaint(text); !problem.empty()) {
            manifest_.refusals.push_back(fmt::format("{}{}", name_, problem));
            return std::move(manifest_);
        }
        for (const auto& document : splitDocuments(text)) {
            number_ += document.content.empty() ? 0 : 1;
            manifest_.text += injected(document).value_or(std::string(document.raw()));
        }
        if (!isAsked_ && manifest_.refusals.empty()) {
            manifest_.notes.push_back(
                fmt::format("{}: nothing in it asks for a sidecar; annotate a workload or its Pod "
                            "template with {}: \"true\"",
                            name_, elector::names::kInjectAnnotation));
        }
        return std::move(manifest_);
    }

  private:
    static std::string complaint(std::string_view text) {
        if (text.size() > kMaxManifest) {
            return fmt::format(": it is longer than {} MiB; split it", kMaxManifest / 1024 / 1024);
        }
        if (!elector::runtime::isUtf8(text)) {
            return ": it is not UTF-8; convert it";
        }
        const auto at = strangeByte(text);
        if (at == std::string_view::npos) {
            return "";
        }
        return fmt::format(
            ": line {}: the control character U+{:04X} stands here; remove it",
            std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1,
            static_cast<unsigned>(text[at]));
    }

    std::string place(std::size_t line, std::string_view item = "") const {
        return fmt::format("{}: document {}{}, line {}", name_, number_, item, line);
    }

    std::optional<std::string> injected(const Document& document) {
        if (document.content.empty()) {
            return std::nullopt;
        }
        if (document.isJson) {
            return injectedJson(document);
        }
        auto read = readYaml(document.content);
        if (const auto* problem = std::get_if<YamlProblem>(&read)) {
            report(*problem, document);
            return std::nullopt;
        }
        const auto& content = std::get<YamlContent>(read);
        const auto changed = injectedItems(content.json, document.line, content.itemLines);
        return changed ? std::optional(written(document, *changed)) : std::nullopt;
    }

    void report(const YamlProblem& problem, const Document& document) {
        const auto where = place(document.line + problem.line - 1);
        if (problem.isSyntax || mentionsUs(document.content)) {
            manifest_.refusals.push_back(fmt::format("{}: {}", where, problem.why));
            return;
        }
        manifest_.notes.push_back(fmt::format(
            "{}: this document stays as it is, and was not looked into: {}", where, problem.why));
    }

    std::optional<std::string> injectedJson(const Document& document) {
        const auto repeated =
            mentionsUs(document.content) ? repeatedKey(document.content) : std::nullopt;
        if (repeated) {
            manifest_.refusals.push_back(
                fmt::format("{}: the key \"{}\" is given twice in one object; remove one",
                            place(document.line), quoted(*repeated)));
            return std::nullopt;
        }
        auto changed = injectedItems(document.content, document.line, {});
        if (!changed) {
            return std::nullopt;
        }
        return fmt::format("{}{}{}", document.lead, *changed, document.tail);
    }

    // The document `json` with its sidecars, or nothing where it stays as it was.
    std::optional<std::string> injectedItems(std::string_view json, std::size_t line,
                                             const std::vector<std::size_t>& lines) {
        std::string result;
        std::size_t done = 0;
        for (const auto& item : itemsOf(json, line, lines)) {
            auto report = injectObject(item.object, item.apiVersion, item.kind, request_);
            isAsked_ = isAsked_ || report.isAsked;
            for (const auto& note : report.notes) {
                manifest_.notes.push_back(
                    fmt::format("{}, {}", place(item.line, item.where), note));
            }
            for (const auto& refusal : report.refusals) {
                manifest_.refusals.push_back(
                    fmt::format("{}, {}", place(item.line, item.where), refusal));
            }
            if (report.injected) {
                const auto begin = static_cast<std::size_t>(item.object.data() - json.data());
                result += json.substr(done, begin - done);
                result += *report.injected;
                done = begin + item.object.size();
            }
        }
        if (done == 0) {
            return std::nullopt;
        }
        return result + std::string(json.substr(done));
    }

    // `json` in the place of the content of `document`, as YAML with the line ends that it had.
    static std::string written(const Document& document, std::string_view json) {
        auto yaml = writeYaml(json);
        const bool hasReturns = document.content.find("\r\n") != std::string_view::npos;
        if (hasReturns) {
            Poco::replaceInPlace(yaml, "\n", "\r\n");
        }
        std::string lead(document.lead);
        if (lead.ends_with(' ') || lead.ends_with('\t')) {  // it began in its marker's line
            lead.erase(lead.find_last_not_of(" \t") + 1);
            lead += hasReturns ? "\r\n" : "\n";
        }
        return lead + yaml + std::string(document.tail);
    }

    std::string name_;
    const config::InjectRequest& request_;
    Manifest manifest_;
    std::size_t number_ = 0;  // of the document, counted from 1
    bool isAsked_ = false;
};

}  // namespace

Manifest injectManifest(std::string_view text, std::string_view name,
                        const config::InjectRequest& request) {
    return Injection(name, request).run(text);
}

}  // namespace injector::offline
