#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/offline/yaml.h"

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

// Ends the reading of a document that kubectl refuses, too; caught in readYaml.
struct Stop {
    YamlProblem problem;
};

[[noreturn]] void stop(std::size_t line, std::string why) {
    throw Stop{{line, std::move(why), true}};
}

std::size_t lineOf(const yaml_mark_t& mark) {
    return mark.line + 1;
}

std::string textOf(const yaml_char_t* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

constexpr std::string_view kMoreBehind =
    "more stands behind the document's end, where kubectl reads no further; begin another one with "
    "---";

// libyaml over a text, which must outlive it.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {
        if (yaml_parser_initialize(&parser_) == 0) {
            throw std::bad_alloc();
        }
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;
    ~Parser() {
        yaml_event_delete(&event_);
        yaml_parser_delete(&parser_);
    }

    // Holds until the next call.
    const yaml_event_t& next() {
        yaml_event_delete(&event_);
        if (yaml_parser_parse(&parser_, &event_) == 0) {
            stop(problemLine(), problem());
        }
        hasBegun_ = hasBegun_ || event_.type == YAML_DOCUMENT_START_EVENT;
        return event_;
    }

    // What an event was read of. REQUIRES: it is asked in the order of the events.
    std::string_view sourceOf(const yaml_event_t& event) {
        const auto begin = byteOf(event.start_mark);
        return text_.substr(begin, byteOf(event.end_mark) - begin);
    }

  private:
    // Marks count characters.
    std::size_t byteOf(const yaml_mark_t& mark) {
        while (byte_ < text_.size() && character_ < mark.index) {
            byte_ += elector::runtime::firstCharacter(text_.substr(byte_)).length;
            ++character_;
        }
        return byte_;
    }

    std::string problem() const {
        const std::string why = parser_.problem == nullptr ? "no memory" : parser_.problem;
        if (why == "did not find expected <document start>") {
            return hasBegun_ ? std::string(kMoreBehind)
                             : "kubectl reads no lines that begin with %; remove this one";
        }
        return fmt::format("this is not valid YAML: {}{}{}; mend it, or what stands before it",
                           parser_.context == nullptr ? "" : parser_.context,
                           parser_.context == nullptr ? "" : ": ", why);
    }

    // A quote that is never closed is missed where it begins, not where the document ends.
    std::size_t problemLine() const {
        if (parser_.error == YAML_READER_ERROR) {
            const auto read = text_.substr(0, parser_.problem_offset);
            return static_cast<std::size_t>(std::ranges::count(read, '\n')) + 1;
        }
        return lineOf(parser_.error == YAML_SCANNER_ERROR && parser_.context != nullptr
                          ? parser_.context_mark
                          : parser_.problem_mark);
    }

    std::string_view text_;
    std::size_t byte_ = 0;  // of `text_`, at which this many characters were counted
    std::size_t character_ = 0;
    bool hasBegun_ = false;  // a document
    yaml_parser_t parser_{};
    yaml_event_t event_{};
};

// A value as JSON. `nodes` are those that Go's reader counts in it.
struct Value {
    std::string json;
    std::size_t nodes = 1;
};

// A mapping or list that is being read.
struct Open {
    bool isMapping = false;
    bool isFlow = false;  // in brackets
    std::string anchor;
    std::size_t line = 0;                                      // where it begins
    std::size_t nodes = 1;                                     // so far
    std::vector<std::pair<std::string, std::string>> members;  // of a list, without keys
    std::set<std::string> keys;                                // those of a mapping
    std::set<std::string> merged;                              // which of them << brought
    std::optional<std::string> key;                            // read; its value comes next
    bool isOverride = false;                                   // of a member that is there already
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

// True where a quoted text has the escape \/, which JSON and later YAML have.
bool escapesSlash(std::string_view quotes) {
    for (std::size_t at = 0; at + 1 < quotes.size(); at += quotes[at] == '\\' ? 2 : 1) {
        if (quotes.substr(at).starts_with("\\/")) {
            return true;
        }
    }
    return false;
}

// Puts JSON together of libyaml's events. What libyaml takes of later versions of YAML, and Go's
// port of it does not, is refused. Every value is finished text when it is added to what it
// stands in, so that an alias needs but a copy, and one to what is still open is seen at once.
class Composer {
  public:
    explicit Composer(Parser& parser) : parser_(parser) {}

    void take(const yaml_event_t& event) {
        const auto line = lineOf(event.start_mark);
        switch (event.type) {
            case YAML_ALIAS_EVENT:
                takeAlias(line, textOf(event.data.alias.anchor));
                break;
            case YAML_SCALAR_EVENT:
                takeScalar(line, event);
                break;
            case YAML_SEQUENCE_START_EVENT:
                open(line, event.data.sequence_start.tag, "seq", false,
                     textOf(event.data.sequence_start.anchor));
                stack_.back().isFlow = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
                break;
            case YAML_MAPPING_START_EVENT:
                open(line, event.data.mapping_start.tag, "map", true,
                     textOf(event.data.mapping_start.anchor));
                stack_.back().isFlow = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
                break;
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT:
                close();
                break;
            case YAML_NO_EVENT:
            case YAML_STREAM_START_EVENT:
            case YAML_STREAM_END_EVENT:
            case YAML_DOCUMENT_START_EVENT:
            case YAML_DOCUMENT_END_EVENT:
                break;
        }
    }

    std::variant<YamlContent, YamlProblem> finish() && {
        if (problem_) {
            return std::move(*problem_);
        }
        return std::move(content_);
    }

  private:
    static constexpr std::string_view kTags = "tag:yaml.org,2002:";

    bool isKeyNext() const {
        return !stack_.empty() && stack_.back().isMapping && !stack_.back().key &&
               !stack_.back().isMerge;
    }

    bool isInFlow() const { return !stack_.empty() && stack_.back().isFlow; }

    // Notes what kubectl takes and we do not. The rest is still read: kubectl may refuse it.
    void note(std::size_t line, std::string why) {
        if (!problem_) {
            problem_ = {line, std::move(why), false};
        }
    }

    void noteTag(std::size_t line, const std::string& tag) {
        auto why = fmt::format(
            "the tag \"{}\" is not understood; leave it out, and write the value "
            "as it shall be",
            quoted(tag));
        if (tag.starts_with(kTags)) {
            stop(line, std::move(why));
        }
        note(line, std::move(why));
    }

    // A tag is read up to the next blank by kubectl, and up to a comma by others.
    void checkTag(std::size_t line, const yaml_char_t* tag) const {
        if (tag != nullptr && isInFlow()) {
            stop(line,
                 "a tag stands between brackets, where readers of YAML differ in its end; "
                 "leave it out");
        }
    }

    void takeAlias(std::size_t line, const std::string& name) {
        const auto found = anchored_.find(name);
        if (found == anchored_.end()) {
            stop(line, fmt::format("this is not valid YAML: no value before it has the anchor &{}; "
                                   "write the value out",
                                   quoted(name)));
        }
        if (!found->second) {
            stop(line, "an alias stands for something that contains it; write the value out");
        }
        Value value = found->second.value_or(Value());
        if (!stack_.empty() && stack_.back().isMerge && value.json.starts_with('[')) {
            stop(line, "the merge key (<<) is followed by an alias of a list; write << : [*A, *B]");
        }
        aliased_ += value.nodes;
        ++value.nodes;  // the alias itself
        nodes_ += value.nodes;
        expand(line, value.json.size());
        add(line, "", std::move(value));
    }

    void takeScalar(std::size_t line, const yaml_event_t& event) {
        const auto& scalar = event.data.scalar;
        const std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
        const auto tag = textOf(scalar.tag);
        checkTag(line, scalar.tag);
        const bool isPlain = scalar.plain_implicit != 0;
        if (scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE &&
            escapesSlash(parser_.sourceOf(event))) {
            stop(line, R"(kubectl does not know the escape \/; write / alone)");
        }
        if (scalar.style == YAML_PLAIN_SCALAR_STYLE && isInFlow() &&
            text.find('?') != std::string::npos) {
            stop(line, "kubectl takes a ? between brackets for a mark; put the text in quotes");
        }
        if (isKeyNext() && isPlain && text == "<<") {
            beginMerge(line);
            return;
        }
        ++nodes_;
        if (tag.empty() ? !isPlain : tag == "!" || tag == fmt::format("{}str", kTags)) {
            add(line, textOf(scalar.anchor), {jsonString(text)});
            return;
        }
        auto resolved = resolvePlain(text);
        if (!tag.empty() && !fits(tag, resolved.value_or("\""))) {
            noteTag(line, tag);
            resolved = jsonString(text);
        }
        if (!resolved) {
            stop(line, fmt::format("{} is a number that JSON, and so Kubernetes, does not have",
                                   quoted(text)));
        }
        add(line, textOf(scalar.anchor), {std::move(*resolved)});
    }

    // True where `tag` says of a value what it is anyway.
    static bool fits(const std::string& tag, std::string_view json) {
        using json_text::Kind;
        const auto kind = json_text::kindOf(json);
        return (tag == fmt::format("{}int", kTags) && json_text::integerIn(json)) ||
               (tag == fmt::format("{}float", kTags) && kind == Kind::Number) ||
               (tag == fmt::format("{}bool", kTags) && kind == Kind::Boolean) ||
               (tag == fmt::format("{}null", kTags) && kind == Kind::Null);
    }

    void open(std::size_t line, const yaml_char_t* tag, const char* usual, bool isMapping,
              std::string anchor) {
        if (isKeyNext()) {
            stop(line, "a key is a mapping or a list; keys are texts");
        }
        checkTag(line, tag);
        if (tag != nullptr && textOf(tag) != fmt::format("{}{}", kTags, usual)) {
            noteTag(line, textOf(tag));
        }
        if (stack_.size() == kMaxDepth) {
            stop(line, tooDeep());  // libyaml looks at every open bracket for each token
        }
        noteItem(line);
        ++nodes_;
        if (!anchor.empty()) {
            anchored_[anchor] = std::nullopt;
        }
        auto& begun = stack_.emplace_back();
        begun.isMapping = isMapping;
        begun.anchor = std::move(anchor);
        begun.line = line;
    }

    void close() {
        const Open done = std::move(stack_.back());
        stack_.pop_back();
        place(done.line, done.anchor, {closed(done), done.nodes});
    }

    // A scalar, or what an alias stands for.
    void add(std::size_t line, const std::string& anchor, Value value) {
        if (isKeyNext()) {
            stack_.back().nodes += value.nodes;
            addKey(line, value.json);
            remember(line, anchor, value);
            return;
        }
        noteItem(line);
        place(line, anchor, std::move(value));
    }

    void remember(std::size_t line, const std::string& anchor, const Value& value) {
        if (!anchor.empty()) {
            expand(line, value.json.size());
            anchored_[anchor] = value;
        }
    }

    // Counts what anchors and aliases make more of than was written: in bytes, and in values, of
    // which Go's reader takes but a share from aliases (allowedAliasRatio in its decode.go).
    void expand(std::size_t line, std::size_t size) {
        constexpr double kLargestShare = 0.99;
        constexpr std::size_t kMostAliased = 396'000;
        expanded_ += size;
        const bool isShareTooLarge =
            aliased_ > 100 && nodes_ > 1000 &&
            static_cast<double>(aliased_) > kLargestShare * static_cast<double>(nodes_);
        if (expanded_ > kMaxExpansion || isShareTooLarge || aliased_ > kMostAliased) {
            stop(line, "the aliases up to here stand for too much; write the values out");
        }
    }

    // Where an element of the top mapping's list "items" begins.
    void noteItem(std::size_t line) {
        if (stack_.size() == 2 && stack_[0].key == "items" && !stack_[1].isMapping) {
            content_.itemLines.push_back(line);
        }
    }

    void addKey(std::size_t line, const std::string& value) {
        const auto kind = json_text::kindOf(value);
        std::string key =
            kind == json_text::Kind::String ? json_text::stringIn(value).value_or(value) : value;
        const bool isUsable = kind == json_text::Kind::String || kind == json_text::Kind::Boolean ||
                              json_text::integerIn(value);
        if (!isUsable) {
            stop(line, fmt::format("a key is {}; keys are texts: put it in quotes",
                                   json_text::describe(kind)));
        }
        auto& open = stack_.back();
        // What the mapping says itself counts, in the place where << brought it.
        open.isOverride = !open.keys.insert(key).second;
        if (open.isOverride && open.merged.erase(key) == 0) {
            note(line, fmt::format("the key \"{}\" is given twice in one mapping; remove one",
                                   quoted(key)));
        }
        open.key = std::move(key);
    }

    void beginMerge(std::size_t line) {
        auto& open = stack_.back();
        if (std::exchange(open.wasMerged, true)) {
            note(line, "the key \"<<\" is given twice in one mapping; write << : [*A, *B]");
        }
        open.isMerge = true;
    }

    void merge(std::size_t line, const std::string& value) {
        auto& open = stack_.back();
        const bool isList = json_text::kindOf(value) == json_text::Kind::Array;
        const auto sources =
            isList ? json_text::elementsOf(value) : std::vector<std::string_view>{value};
        for (const auto source : sources) {
            if (json_text::kindOf(source) != json_text::Kind::Object) {
                stop(line, "the merge key (<<) is not followed by a mapping or a list of mappings");
            }
            for (const auto& member : json_text::membersOf(source)) {
                mergeMember(line, open, member);
            }
        }
        open.isMerge = false;
    }

    void mergeMember(std::size_t line, Open& open, const json_text::Member& member) {
        if (open.keys.insert(member.key).second) {
            open.merged.insert(member.key);
            open.members.emplace_back(member.key, member.value);
        } else if (!open.merged.contains(member.key)) {
            // The specification lets what the mapping says itself win, kubectl what comes later.
            note(line,
                 fmt::format("the merge key (<<) brings \"{}\", which is given before it, and "
                             "readers of YAML differ in which counts; move << to the front",
                             quoted(member.key)));
        }
    }

    void place(std::size_t line, const std::string& anchor, Value value) {
        remember(line, anchor, value);
        if (stack_.empty()) {
            content_.json = std::move(value.json);
            return;
        }
        auto& open = stack_.back();
        open.nodes += value.nodes;
        if (open.isMerge) {
            merge(line, value.json);
            return;
        }
        if (std::exchange(open.isOverride, false)) {
            const auto old = std::ranges::find_if(
                open.members, [&](const auto& each) { return each.first == open.key; });
            old->second = std::move(value.json);
        } else {
            open.members.emplace_back(open.key.value_or(""), std::move(value.json));
        }
        open.key.reset();
    }

    Parser& parser_;
    std::optional<YamlProblem> problem_;
    std::vector<Open> stack_;
    std::map<std::string, std::optional<Value>> anchored_;  // nothing: it is still open
    std::size_t expanded_ = 0;                              // bytes
    std::size_t nodes_ = 0;
    std::size_t aliased_ = 0;  // of them
    YamlContent content_;
};

}  // namespace

std::string tooDeep() {
    return fmt::format("this is nested deeper than {} levels", kMaxDepth);
}

std::variant<YamlContent, YamlProblem> readYaml(std::string_view text) {
    // As every kubectl -f: a last line counts as ended.
    text.remove_prefix(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    const std::string ended = fmt::format("{}{}", text, text.ends_with('\n') ? "" : "\n");
    Parser parser(ended);
    Composer composer(parser);
    try {
        bool hasBegun = false;
        for (auto type = YAML_NO_EVENT; type != YAML_STREAM_END_EVENT;) {
            const auto& event = parser.next();
            type = event.type;
            // Go's reader leaves unread what stands behind the end.
            if (type == YAML_DOCUMENT_START_EVENT && std::exchange(hasBegun, true)) {
                stop(lineOf(event.start_mark), std::string(kMoreBehind));
            }
            composer.take(event);
        }
        return std::move(composer).finish();
    } catch (const Stop& stopped) {
        return stopped.problem;
    }
}

}  // namespace injector::offline
