#include "injector/offline/manifest.h"

#include <Poco/String.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/offline/object.h"
#include "injector/offline/yaml.h"

namespace injector::offline {

// -------------------------------------------------------------------------------------- document

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The line at the front, with its end.
std::string_view firstLine(std::string_view text) {
    return text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
}

// True for `line` with `marker` and nothing or a blank behind it.
bool isMarker(std::string_view line, std::string_view marker) {
    return line.starts_with(marker) &&
           (line.size() == marker.size() ||
            kBlanks.find(line[marker.size()]) != std::string_view::npos);
}

bool isBlank(std::string_view text) {
    return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

// True where a line says nothing: blank, or a comment.
bool isSilent(std::string_view line) {
    return isBlank(line) || line[line.find_first_not_of(kBlanks)] == '#';
}

std::size_t linesIn(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The length of what stands before the content of `chunk`.
std::size_t leadOf(std::string_view chunk) {
    std::size_t length = chunk.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    bool mayBeMarker = true;
    while (length < chunk.size()) {
        const auto line = firstLine(chunk.substr(length));
        if (mayBeMarker && isMarker(line, "---")) {
            mayBeMarker = false;
            if (!isSilent(line.substr(3))) {
                return length;
            }
        } else if (!isSilent(line)) {
            return length;
        }
        length += line.size();
    }
    return length;
}

// The length of what stands behind the content of `chunk`: lines of comments from the first column,
// and the marker of an end. Blank lines before them are left to the content, where they may count.
std::size_t tailOf(std::string_view chunk) {
    std::size_t tail = 0;
    std::size_t length = 0;  // with the blank lines before
    while (length < chunk.size()) {
        auto before = chunk.substr(0, chunk.size() - length);
        before.remove_suffix(before.ends_with('\n') ? 1 : 0);
        const auto newline = before.rfind('\n');
        const auto begin = newline == std::string_view::npos ? 0 : newline + 1;
        const auto line = chunk.substr(begin, chunk.size() - length - begin);
        const bool isSpoken = line.starts_with('#') || isMarker(line, "...");
        if (!isSpoken && line.find_first_not_of(kBlanks) != std::string_view::npos) {
            break;
        }
        length += line.size();
        tail = isSpoken ? length : tail;
    }
    return tail;
}

// Splits content that is nothing but JSON objects, with blanks between them; of several only if
// they are the whole file, as kubectl reads but one where there are markers or comments, too.
bool addJson(std::string_view content, const Document& whole, bool mayBeSeveral,
             std::vector<Document>& documents) {
    elector::json_text::Scanner scanner(content);
    std::vector<std::pair<std::size_t, std::size_t>> values;
    for (scanner.skipBlanks(); !scanner.atEnd(); scanner.skipBlanks()) {
        const auto begin = scanner.position();
        if (content[begin] != '{' || !scanner.skipValue()) {
            return false;
        }
        values.emplace_back(begin, scanner.position());
    }
    if (values.empty() || (values.size() > 1 && !mayBeSeveral)) {
        return false;
    }
    std::size_t done = 0;
    std::size_t line = whole.line;  // at `counted`
    std::size_t counted = 0;
    for (const auto& [begin, end] : values) {
        const bool isFirst = done == 0;
        const bool isLast = end == values.back().second;
        Document document = whole;
        document.isJson = true;
        document.lead = isFirst ? whole.lead : content.substr(done, begin - done);
        document.content = content.substr(begin, end - begin);
        line += linesIn(content.substr(counted, begin - counted));
        counted = begin;
        document.line = line;
        document.tail = isLast ? std::string_view(content.data() + end,
                                                  content.size() - end + whole.tail.size())
                               : std::string_view(content.data() + end, 0);
        documents.push_back(document);
        done = end;
    }
    return true;
}

void addChunk(std::string_view chunk, std::size_t line, bool isWholeFile,
              std::vector<Document>& documents) {
    Document document;
    const auto lead = leadOf(chunk);
    const auto tail = tailOf(chunk.substr(lead));
    document.lead = chunk.substr(0, lead);
    document.content = chunk.substr(lead, chunk.size() - lead - tail);
    document.tail = chunk.substr(chunk.size() - tail);
    document.line = line + linesIn(document.lead);
    const bool isAlone = isWholeFile && isBlank(document.lead) && isBlank(document.tail);
    if (!document.content.starts_with('{') ||
        !addJson(document.content, document, isAlone, documents)) {
        documents.push_back(document);
    }
}

}  // namespace

std::vector<Document> splitDocuments(std::string_view text) {
    std::vector<Document> documents;
    std::size_t begin = 0;  // of the chunk
    std::size_t at = 0;
    std::size_t line = 1;         // at `at`
    std::size_t firstLineNo = 1;  // of the chunk
    const auto finish = [&] {
        if (at > begin) {
            addChunk(text.substr(begin, at - begin), firstLineNo, at - begin == text.size(),
                     documents);
        }
        begin = at;
        firstLineNo = line;
    };
    while (at < text.size()) {
        const auto next = firstLine(text.substr(at));
        if (isMarker(next, "---")) {
            finish();
        }
        at += next.size();
        ++line;
    }
    finish();
    return documents;
}

// -------------------------------------------------------------------------------------- manifest

namespace {

namespace json_text = elector::json_text;
using json_text::Kind;

constexpr std::size_t kMaxPathShown = 300;

// True where an annotation of ours may stand in `text`.
bool mentionsUs(std::string_view text) {
    const std::string_view prefix = elector::names::kPrefix;
    return text.find(prefix.substr(0, prefix.size() - 1)) != std::string_view::npos;
}

// How many brackets are open in `json` at most.
std::size_t depthOf(std::string_view json) {
    std::size_t deepest = 0;
    std::size_t depth = 0;
    while (!json.empty()) {
        const char character = json.front();
        if (character == '"') {
            json_text::Scanner scanner(json);
            scanner.skipString();
            json.remove_prefix(scanner.position());
            continue;
        }
        if (character == '{' || character == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (character == '}' || character == ']') {
            --depth;
        }
        json.remove_prefix(1);
    }
    return deepest;
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

// Where a line begins with --- and goes on with more than a comment, or npos. That is so within
// quotes and below a block, too.
std::size_t spokenMarker(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto line = firstLine(text.substr(at));
        if (line.starts_with("---") && !(isMarker(line, "---") && isSilent(line.substr(3)))) {
            return at;
        }
        at += line.size();
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

std::size_t firstLineOf(const Document& document) {
    return document.line - linesIn(document.lead);
}

// The objects of a document: itself, or the items of a list, and of lists in it.
std::vector<Item> itemsOf(std::string_view json, const Document& document,
                          const std::vector<std::size_t>& lines) {
    constexpr std::string_view kSuffix = "List";
    std::vector<Item> open{{json, "", "", document.line, ""}};
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
            open.push_back(
                {elements[i], apiVersion, kind,
                 isTop && i < lines.size() ? firstLineOf(document) + lines[i] - 1 : item.line,
                 fmt::format("{}, item {}", item.where, i + 1)});
        }
    }
    return items;
}

class Injection {
  public:
    Injection(std::string_view name, const config::InjectRequest& request)
        : name_(elector::runtime::quoted(name, kMaxPathShown)), request_(request) {}

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
        if (const auto at = strangeByte(text); at != std::string_view::npos) {
            return fmt::format(": line {}: the control character U+{:04X} stands here; remove it",
                               linesIn(text.substr(0, at)) + 1, static_cast<unsigned>(text[at]));
        }
        if (const auto at = spokenMarker(text); at != std::string_view::npos) {
            return fmt::format(
                ": line {}: more than a comment stands behind ---, which kubectl "
                "takes for the end of a document; begin the next one in a line of "
                "its own",
                linesIn(text.substr(0, at)) + 1);
        }
        return "";
    }

    std::string place(std::size_t line, std::string_view item = "") const {
        return fmt::format("{}: document {}{}, line {}", name_, number_, item, line);
    }

    std::optional<std::string> injected(const Document& document) {
        if (document.isJson && isBlank(document.lead)) {
            return injectedJson(document);
        }
        // With what stands around it, which has to be YAML as well.
        auto read = readYaml(document.raw());
        if (const auto* problem = std::get_if<YamlProblem>(&read)) {
            report(*problem, document);
            return std::nullopt;
        }
        if (document.isJson) {
            return injectedJson(document);
        }
        if (document.content.empty()) {
            return std::nullopt;
        }
        const auto& content = std::get<YamlContent>(read);
        const auto changed = injectedItems(content.json, document, content.itemLines);
        return changed ? std::optional(written(document, *changed)) : std::nullopt;
    }

    void report(const YamlProblem& problem, const Document& document) {
        const auto where = place(firstLineOf(document) + problem.line - 1);
        if (problem.isInvalid || mentionsUs(document.content)) {
            manifest_.refusals.push_back(fmt::format("{}: {}", where, problem.why));
            return;
        }
        manifest_.notes.push_back(fmt::format(
            "{}: this document stays as it is, and was not looked into: {}", where, problem.why));
    }

    std::optional<std::string> injectedJson(const Document& document) {
        if (depthOf(document.content) > kMaxDepth) {
            report({linesIn(document.lead) + 1, tooDeep(), false}, document);
            return std::nullopt;
        }
        const auto repeated =
            mentionsUs(document.content) ? repeatedKey(document.content) : std::nullopt;
        if (repeated) {
            manifest_.refusals.push_back(
                fmt::format("{}: the key \"{}\" is given twice in one object; remove one",
                            place(document.line), elector::runtime::quoted(*repeated)));
            return std::nullopt;
        }
        auto changed = injectedItems(document.content, document, {});
        if (!changed) {
            return std::nullopt;
        }
        return fmt::format("{}{}{}", document.lead, *changed, document.tail);
    }

    // The document `json` with its sidecars, or nothing where it stays as it was.
    std::optional<std::string> injectedItems(std::string_view json, const Document& document,
                                             const std::vector<std::size_t>& lines) {
        std::string result;
        std::size_t done = 0;
        for (const auto& item : itemsOf(json, document, lines)) {
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
        return fmt::format("{}{}{}", document.lead, yaml, document.tail);
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

// ---------------------------------------------------------------------------------------- inject

namespace {

using elector::config::kExitFailure;
using elector::config::kExitSuccess;

// All of `in`, or one byte more than a manifest may have.
std::string readAll(std::istream& in) {
    std::string text;
    std::vector<char> block(std::size_t{64} * 1024);
    while (text.size() <= kMaxManifest && in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    }
    return text;
}

// The text of `file`; or nothing, and the reason in `problem`.
std::optional<std::string> readFile(const std::string& file, std::string& problem) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        problem = "it is a folder; name the files in it one by one, or join them: cat FOLDER/*";
        return std::nullopt;
    }
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    auto text = readAll(in);
    if (!in.is_open() || in.bad()) {
        problem = fmt::format("it cannot be read: {}", std::generic_category().message(errno));
        return std::nullopt;
    }
    return text;
}

}  // namespace

int runInject(const config::InjectRequest& request, std::istream& in, std::ostream& out,
              std::ostream& err) {
    const bool isStandardInput = request.file == "-";
    const std::string name = isStandardInput ? "standard input" : request.file;
    std::string problem;
    const auto text =
        isStandardInput ? std::optional(readAll(in)) : readFile(request.file, problem);
    if (!text) {
        err << fmt::format("{}: {}\n", elector::runtime::quoted(name), problem);
        return kExitFailure;
    }
    const auto manifest = injectManifest(*text, name, request);
    for (const auto& note : manifest.notes) {
        err << "note: " << note << '\n';
    }
    for (const auto& refusal : manifest.refusals) {
        err << refusal << '\n';
    }
    if (!manifest.refusals.empty()) {
        err << "nothing was printed\n";
        return kExitFailure;
    }
    out << manifest.text << std::flush;
    if (!out) {
        err << "the output could not be written\n";
        return kExitFailure;
    }
    return kExitSuccess;
}

}  // namespace injector::offline
