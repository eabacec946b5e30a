#include "injector/offline/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <istream>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"

namespace injector::offline {

// ----------------------------------------------------------------------------------- yaml scalar

namespace {

using elector::json_text::isValid;

struct Word {
    std::string_view text;
    std::string_view json;  // "": JSON has no such value
};
constexpr std::array kWords{
    Word{"y", "true"},      Word{"Y", "true"},      Word{"yes", "true"},    Word{"Yes", "true"},
    Word{"YES", "true"},    Word{"true", "true"},   Word{"True", "true"},   Word{"TRUE", "true"},
    Word{"on", "true"},     Word{"On", "true"},     Word{"ON", "true"},     Word{"n", "false"},
    Word{"N", "false"},     Word{"no", "false"},    Word{"No", "false"},    Word{"NO", "false"},
    Word{"false", "false"}, Word{"False", "false"}, Word{"FALSE", "false"}, Word{"off", "false"},
    Word{"Off", "false"},   Word{"OFF", "false"},   Word{"", "null"},       Word{"~", "null"},
    Word{"null", "null"},   Word{"Null", "null"},   Word{"NULL", "null"},   Word{".nan", ""},
    Word{".NaN", ""},       Word{".NAN", ""},       Word{".inf", ""},       Word{".Inf", ""},
    Word{".INF", ""},       Word{"+.inf", ""},      Word{"+.Inf", ""},      Word{"+.INF", ""},
    Word{"-.inf", ""},      Word{"-.Inf", ""},      Word{"-.INF", ""},
};

bool isDigit(char character) {
    return character >= '0' && character <= '9';
}

// Takes the sign at the front, if there is one.
char takeSign(std::string_view& text) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) {
        return '\0';
    }
    const char sign = text.front();
    text.remove_prefix(1);
    return sign;
}

// Takes the prefix of a base: 0x, 0o, 0b, or 0 for octal.
int takeBase(std::string_view& digits) {
    if (digits.size() < 2 || digits.front() != '0') {
        return 10;
    }
    digits.remove_prefix(1);
    switch (digits.front()) {
        case 'x':
        case 'X':
            digits.remove_prefix(1);
            return 16;
        case 'o':
        case 'O':
            digits.remove_prefix(1);
            return 8;
        case 'b':
        case 'B':
            digits.remove_prefix(1);
            return 2;
        default:
            return 8;
    }
}

// Go's strconv.ParseInt with base 0, then ParseUint, which takes no sign.
std::optional<std::string> integerIn(std::string_view text) {
    const char sign = takeSign(text);
    const int base = takeBase(text);
    std::uint64_t magnitude = 0;
    const auto [stop, problem] = std::from_chars(text.begin(), text.end(), magnitude, base);
    if (text.empty() || problem != std::errc() || stop != text.end()) {
        return std::nullopt;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if ((sign == '+' && magnitude > kMost) || (sign == '-' && magnitude > kMost + 1)) {
        return std::nullopt;
    }
    return fmt::format("{}{}", sign == '-' && magnitude != 0 ? "-" : "", magnitude);
}

std::size_t takeDigits(std::string_view& text) {
    const auto* end = std::ranges::find_if_not(text, isDigit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looksLikeFloat(std::string_view text) {
    takeSign(text);
    const auto whole = takeDigits(text);
    std::size_t decimals = 0;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        decimals = takeDigits(text);
    }
    if (whole == 0 && decimals == 0) {
        return false;
    }
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        text.remove_prefix(1);
        takeSign(text);
        if (takeDigits(text) == 0) {
            return false;
        }
    }
    return text.empty();
}

std::optional<std::string> floatIn(const std::string& text) {
    if (!looksLikeFloat(text)) {
        return std::nullopt;
    }
    const double value = std::strtod(text.c_str(), nullptr);
    if (std::isinf(value)) {
        return std::nullopt;  // too large for a float: Go leaves it a text
    }
    return isValid(text) ? text : fmt::format("{}", value);
}

// True where every underscore stands between digits, as Go's strconv.ParseFloat asks.
bool separatesDigits(std::string_view text) {
    for (std::size_t at = text.find('_'); at != std::string_view::npos;
         at = text.find('_', at + 1)) {
        if (at == 0 || at + 1 == text.size() || !isDigit(text[at - 1]) || !isDigit(text[at + 1])) {
            return false;
        }
    }
    return true;
}

std::optional<std::string> numberIn(std::string_view text) {
    std::string plain(text);
    std::erase(plain, '_');
    if (text.front() == '.') {
        return separatesDigits(text) ? floatIn(plain) : std::nullopt;
    }
    const auto integer = integerIn(plain);
    return integer ? integer : floatIn(plain);
}

}  // namespace

std::optional<std::string> resolvePlain(std::string_view text) {
    const auto* word =
        std::ranges::find_if(kWords, [&](const Word& each) { return each.text == text; });
    if (word != kWords.end()) {
        return word->json.empty() ? std::nullopt : std::optional(std::string(word->json));
    }
    const char first = text.front();
    if (isDigit(first) || first == '+' || first == '-' || first == '.') {
        if (auto number = numberIn(text)) {
            return number;
        }
    }
    return elector::runtime::jsonString(text);
}

// ----------------------------------------------------------------------------------- yaml reader

namespace {

namespace json_text = elector::json_text;
using elector::runtime::jsonString;
using elector::runtime::quoted;

// Ends the reading of a document from inside yaml-cpp; caught in readYaml.
struct Stop {
    YamlProblem problem;
};

[[noreturn]] void stop(const YAML::Mark& mark, std::string why) {
    throw Stop{{static_cast<std::size_t>(mark.line) + 1, std::move(why), false}};
}

// A mapping or list that is being read.
struct Open {
    bool isMapping = false;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;                                           // where it begins
    std::vector<std::pair<std::string, std::string>> members;  // of a list, without keys
    std::set<std::string> keys;                                // those of a mapping
    std::set<std::string> merged;                              // which of them << brought
    std::optional<std::string> key;                            // read; its value comes next
    bool isOverride = false;                                   // of what << brought
    bool isMerge = false;                                      // that value is to be merged
    bool wasMerged = false;
};

std::string closed(const Open& open) {
    std::string text(1, open.isMapping ? '{' : '[');
    for (const auto& [key, value] : open.members) {
        text += text.size() == 1 ? "" : ",";
        text += open.isMapping ? jsonString(key) + ":" : "";
        text += value;
    }
    return text + (open.isMapping ? '}' : ']');
}

// Puts JSON together while yaml-cpp reads. Every value is finished text when it is added to what
// it stands in, so that an alias needs but a copy, and one to what is still open is seen at once.
class Composer final : public YAML::EventHandler {
  public:
    explicit Composer(std::string_view text) : text_(text) {}

    YamlContent finish() && { return std::move(content_); }

    // yaml-cpp takes what stands behind the end of "{a: b}" for one more document, others for none.
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(hasBegun_, true)) {
            throw Stop{{static_cast<std::size_t>(mark.line) + 1,
                        "this is not valid YAML: more stands behind the document's end; begin "
                        "another one with ---",
                        true}};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(mark, anchor, "null");
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchored_.find(anchor);
        if (found == anchored_.end()) {
            stop(mark, "an alias stands for something that contains it; write the value out");
        }
        expand(mark, found->second.size());
        add(mark, 0, std::string(found->second));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (isKeyNext() && tag == "?" && value == "<<") {
            beginMerge(mark);
            return;
        }
        if (tag == "!" && keepsFoldedEnd(mark)) {
            stop(mark,
                 "a folded block that keeps its last line breaks (>+) is read in different ways; "
                 "write it without the +, or in quotes");
        }
        if (tag == "!" || tag == "tag:yaml.org,2002:str") {
            add(mark, anchor, jsonString(value));
            return;
        }
        if (tag != "?") {
            refuseTag(mark, tag);
        }
        auto resolved = resolvePlain(value);
        if (!resolved) {
            stop(mark, fmt::format("{} is a number that JSON, and so Kubernetes, does not have",
                                   quoted(value)));
        }
        add(mark, anchor, std::move(*resolved));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(mark, tag, "tag:yaml.org,2002:seq", false, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(mark, tag, "tag:yaml.org,2002:map", true, anchor);
    }
    void OnMapEnd() override { close(); }

  private:
    bool isKeyNext() const {
        return !stack_.empty() && stack_.back().isMapping && !stack_.back().key &&
               !stack_.back().isMerge;
    }

    [[noreturn]] static void refuseTag(const YAML::Mark& mark, const std::string& tag) {
        stop(mark, fmt::format("the tag \"{}\" is not understood; leave it out, and write the "
                               "value as it shall be",
                               quoted(tag)));
    }

    // True for a scalar whose header is ">+": yaml-cpp loses line breaks there.
    bool keepsFoldedEnd(const YAML::Mark& mark) const {
        auto line = text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()));
        line = line.substr(0, line.find('\n'));
        while (line.starts_with('&') || line.starts_with('!')) {  // before it: anchor and tag
            const auto end = line.find_first_of(" \t");
            line.remove_prefix(end == std::string_view::npos ? line.size() : end);
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        }
        return line.starts_with('>') && line.substr(0, 3).find('+') != std::string_view::npos;
    }

    void open(const YAML::Mark& mark, const std::string& tag, const char* usual, bool isMapping,
              YAML::anchor_t anchor) {
        if (isKeyNext()) {
            stop(mark, "a key is a mapping or a list; keys are texts");
        }
        if (tag != "?" && tag != "!" && tag != usual) {
            refuseTag(mark, tag);
        }
        if (stack_.size() == kMaxDepth) {
            stop(mark, tooDeep());
        }
        noteItem(mark);
        auto& begun = stack_.emplace_back();
        begun.isMapping = isMapping;
        begun.anchor = anchor;
        begun.mark = mark;
    }

    void close() {
        const Open done = std::move(stack_.back());
        stack_.pop_back();
        place(done.mark, done.anchor, closed(done));
    }

    // A scalar, or what an alias stands for.
    void add(const YAML::Mark& mark, YAML::anchor_t anchor, std::string value) {
        if (isKeyNext()) {
            addKey(mark, value);
            remember(mark, anchor, value);
            return;
        }
        noteItem(mark);
        place(mark, anchor, std::move(value));
    }

    void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& value) {
        if (anchor != 0) {
            expand(mark, value.size());
            anchored_[anchor] = value;
        }
    }

    // Counts what anchors and aliases make more of than was written.
    void expand(const YAML::Mark& mark, std::size_t size) {
        expanded_ += size;
        if (expanded_ > kMaxExpansion) {
            stop(mark, fmt::format("the aliases up to here stand for more than {} MiB; write the "
                                   "values out",
                                   kMaxExpansion / 1024 / 1024));
        }
    }

    // Where an element of the top mapping's list "items" begins.
    void noteItem(const YAML::Mark& mark) {
        if (stack_.size() == 2 && stack_[0].key == "items" && !stack_[1].isMapping) {
            content_.itemLines.push_back(static_cast<std::size_t>(mark.line) + 1);
        }
    }

    void addKey(const YAML::Mark& mark, const std::string& value) {
        const auto kind = json_text::kindOf(value);
        std::string key =
            kind == json_text::Kind::String ? json_text::stringIn(value).value_or(value) : value;
        const bool isUsable = kind == json_text::Kind::String || kind == json_text::Kind::Boolean ||
                              json_text::integerIn(value);
        if (!isUsable) {
            stop(mark, fmt::format("a key is {}; keys are texts: put it in quotes",
                                   json_text::describe(kind)));
        }
        auto& open = stack_.back();
        if (open.merged.erase(key) > 0) {
            // What the mapping says itself counts, in the place where << brought it.
            open.key = std::move(key);
            open.isOverride = true;
            return;
        }
        if (!open.keys.insert(key).second) {
            stop(mark, fmt::format("the key \"{}\" is given twice in one mapping; remove one",
                                   quoted(key)));
        }
        open.key = std::move(key);
    }

    void beginMerge(const YAML::Mark& mark) {
        auto& open = stack_.back();
        if (std::exchange(open.wasMerged, true)) {
            stop(mark, "the key \"<<\" is given twice in one mapping; write << : [*A, *B]");
        }
        open.isMerge = true;
    }

    void merge(const YAML::Mark& mark, const std::string& value) {
        auto& open = stack_.back();
        const bool isList = json_text::kindOf(value) == json_text::Kind::Array;
        const auto sources =
            isList ? json_text::elementsOf(value) : std::vector<std::string_view>{value};
        for (const auto source : sources) {
            if (json_text::kindOf(source) != json_text::Kind::Object) {
                stop(mark, "the merge key (<<) is not followed by a mapping or a list of mappings");
            }
            for (const auto& member : json_text::membersOf(source)) {
                mergeMember(mark, open, member);
            }
        }
        open.isMerge = false;
    }

    static void mergeMember(const YAML::Mark& mark, Open& open, const json_text::Member& member) {
        if (open.keys.insert(member.key).second) {
            open.merged.insert(member.key);
            open.members.emplace_back(member.key, member.value);
        } else if (!open.merged.contains(member.key)) {
            // The specification lets what the mapping says itself win, kubectl what comes later.
            stop(mark,
                 fmt::format("the merge key (<<) brings \"{}\", which is given before it, and "
                             "readers of YAML differ in which counts; move << to the front",
                             quoted(member.key)));
        }
    }

    void place(const YAML::Mark& mark, YAML::anchor_t anchor, std::string value) {
        remember(mark, anchor, value);
        if (stack_.empty()) {
            content_.json = std::move(value);
            return;
        }
        auto& open = stack_.back();
        if (open.isMerge) {
            merge(mark, value);
            return;
        }
        if (std::exchange(open.isOverride, false)) {
            const auto old = std::ranges::find_if(
                open.members, [&](const auto& each) { return each.first == open.key; });
            old->second = std::move(value);
        } else {
            open.members.emplace_back(open.key.value_or(""), std::move(value));
        }
        open.key.reset();
    }

    std::string_view text_;
    bool hasBegun_ = false;
    std::vector<Open> stack_;
    std::map<YAML::anchor_t, std::string> anchored_;
    std::size_t expanded_ = 0;
    YamlContent content_;
};

}  // namespace

std::string tooDeep() {
    return fmt::format("this is nested deeper than {} levels", kMaxDepth);
}

std::variant<YamlContent, YamlProblem> readYaml(std::string_view text) {
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        Composer composer(text);
        while (parser.HandleNextDocument(composer)) {
        }
        return std::move(composer).finish();
    } catch (const Stop& stopped) {
        return stopped.problem;
    } catch (const YAML::Exception& problem) {
        const auto line =
            problem.mark.is_null() ? 1 : static_cast<std::size_t>(problem.mark.line) + 1;
        return YamlProblem{line, fmt::format("this is not valid YAML: {}", quoted(problem.msg)),
                           true};
    }
}

// ----------------------------------------------------------------------------------- yaml writer

namespace {

using json_text::Kind;

constexpr std::size_t kStep = 2;

bool isWordCharacter(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return std::isalnum(byte) != 0 || character == '_' || character == '/';
}

// True for what no reader of YAML takes for anything but this text: it begins with a letter, and
// no mark in it has a meaning where it stands.
bool isPlain(std::string_view text) {
    constexpr std::string_view kInner = "-.:@ ";
    if (text.empty() || (std::isdigit(static_cast<unsigned char>(text.front())) != 0) ||
        !isWordCharacter(text.front()) || !isWordCharacter(text.back())) {
        return false;
    }
    bool wasMark = false;  // the last one was a blank or a colon, which need a word behind them
    for (const char character : text) {
        const bool isMark = character == ' ' || character == ':';
        const bool isWord = isWordCharacter(character);
        if (!isWord && (kInner.find(character) == std::string_view::npos || wasMark)) {
            return false;
        }
        wasMark = isMark;
    }
    const auto resolved = resolvePlain(text);
    return resolved && resolved->front() == '"';
}

// What JSON takes in a string as it is, but Go's reader of YAML does not.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kUnreadable{
    {{"\ufeff", "\\ufeff"}, {"\ufffe", "\\ufffe"}, {"\uffff", "\\uffff"}}};

std::string inQuotes(std::string_view text) {
    auto quotes = elector::runtime::jsonString(text);
    for (const auto& [raw, escaped] : kUnreadable) {
        for (auto at = quotes.find(raw); at != std::string::npos; at = quotes.find(raw, at)) {
            quotes.replace(at, raw.size(), escaped);
        }
    }
    return quotes;
}

bool isPrintable(std::string_view text) {
    if (std::ranges::any_of(kUnreadable, [&](const auto& each) {
            return text.find(each.first) != std::string_view::npos;
        })) {
        return false;
    }
    while (!text.empty()) {
        const auto character = elector::runtime::firstCharacter(text);
        if (!character.printable && text.front() != '\n' && text.front() != '\t') {
            return false;
        }
        text.remove_prefix(character.length);
    }
    return true;
}

std::vector<std::string_view> linesOf(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// True for what reads the same as a literal block: its first line shows the indentation, no line
// is blanks alone, and at most one line feed ends it.
bool isBlock(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.ends_with("\n\n") ||
        std::string_view(" \t\n").find(text.front()) != std::string_view::npos) {
        return false;
    }
    const auto lines = linesOf(text);
    return isPrintable(text) && std::ranges::none_of(lines, [](auto line) {
               return !line.empty() && line.find_first_not_of(" \t") == std::string_view::npos;
           });
}

std::string block(std::string_view text, std::size_t indent) {
    std::string out = text.ends_with('\n') ? "|" : "|-";
    for (const auto line : linesOf(text)) {
        out += '\n';
        out += line.empty() ? "" : std::string(indent, ' ') + std::string(line);
    }
    return out;
}

// A value without a value in it. `indent` is that of a block's lines.
std::string scalar(std::string_view value, std::size_t indent) {
    switch (json_text::kindOf(value)) {
        case Kind::Object:
            return "{}";
        case Kind::Array:
            return "[]";
        case Kind::Number:
        case Kind::Boolean:
        case Kind::Null:
            return std::string(value);
        case Kind::String:
            break;
    }
    const auto text = json_text::stringIn(value);
    if (!text) {
        return std::string(value);
    }
    if (isBlock(*text)) {
        return block(*text, indent);
    }
    return isPlain(*text) ? *text : inQuotes(*text);
}

// A mapping or list that is being written.
struct Unwritten {
    bool isMapping = false;
    std::vector<json_text::Member> members;  // of a list, without keys
    std::size_t next = 0;
    std::size_t indent = 0;
    bool isBehindDash = false;  // its first line has its indentation already
};

Unwritten openedOf(std::string_view value, std::size_t indent, bool isBehindDash) {
    Unwritten open{.isMapping = json_text::kindOf(value) == Kind::Object,
                   .members = json_text::membersOf(value),
                   .next = 0,
                   .indent = indent,
                   .isBehindDash = isBehindDash};
    for (const auto element : json_text::elementsOf(value)) {
        open.members.push_back({"", "", element});
    }
    return open;
}

// A key and its colon. A long one is marked as such (YAML 1.2, 7.4.2): readers do not look for the
// colon further than 1,024 characters.
std::string keyOf(const json_text::Member& member, std::size_t indent) {
    constexpr std::size_t kLongestUnmarked = 1000;
    const auto key = isPlain(member.key) ? member.key : inQuotes(member.key);
    return key.size() <= kLongestUnmarked ? key + ":"
                                          : "? " + key + "\n" + std::string(indent, ' ') + ":";
}

}  // namespace

std::string writeYaml(std::string_view json) {
    std::string out;
    std::vector<Unwritten> stack{openedOf(json, 0, false)};
    if (stack.back().members.empty()) {
        return "{}\n";
    }
    while (!stack.empty()) {
        auto& open = stack.back();
        if (open.next == open.members.size()) {
            stack.pop_back();
            continue;
        }
        const bool isIndented = open.next == 0 && open.isBehindDash;
        out += isIndented ? "" : std::string(open.indent, ' ');
        const auto& member = open.members[open.next++];
        out += open.isMapping ? keyOf(member, open.indent) : "-";
        auto inner = openedOf(member.value, open.indent + kStep, !open.isMapping);
        if (inner.members.empty()) {
            out += " " + scalar(member.value, open.indent + kStep) + "\n";
            continue;
        }
        if (open.isMapping) {
            inner.indent -= inner.isMapping ? 0 : kStep;  // a list stands below its key
        }
        out += open.isMapping ? "\n" : " ";
        stack.push_back(std::move(inner));
    }
    return out;
}

}  // namespace injector::offline
