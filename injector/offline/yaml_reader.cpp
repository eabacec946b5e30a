#include "injector/offline/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/log.h"
#include "injector/offline/yaml_scalar.h"

namespace injector::offline {

namespace {

namespace json_text = elector::kubernetes::json_text;
using elector::runtime::jsonString;
using elector::runtime::quoted;

// yaml-cpp reads what is nested by recursion.
constexpr std::size_t kMaxDepth = 128;

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
            stop(mark, fmt::format("this is nested deeper than {} levels", kMaxDepth));
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

}  // namespace injector::offline
