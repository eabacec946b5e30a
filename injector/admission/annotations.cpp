#include "injector/admission/annotations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "elector/config/flag.h"
#include "elector/config/options.h"
#include "elector/config/values.h"
#include "elector/names.h"
#include "injector/admission/quantity.h"
#include "injector/admission/sentence.h"

namespace injector::admission {

namespace {

// Null where no option that is an annotation has this name.
const Option* annotationOf(std::string_view name) {
    for (const Option& option : sidecarOptions()) {
        if (option.isAnnotation && option.flag.name == name) {
            return &option;
        }
    }
    return nullptr;
}

// The names that begin with the same word as `written`: whoever writes "cpu" looks for one of them.
// A few only, however many there will be.
std::string namesLike(std::string_view written) {
    constexpr std::size_t kLeastLetters = 3;
    constexpr std::size_t kMostNames = 4;
    const std::string_view word = written.substr(0, written.find_first_of("-_."));
    std::vector<std::string_view> names;
    for (const std::string_view name : annotationNames()) {
        if (word.size() >= kLeastLetters && name.starts_with(word) && names.size() < kMostNames) {
            names.push_back(name);
        }
    }
    return names.empty()
               ? ""
               : fmt::format("; {} with {}: {}", names.size() == 1 ? "one begins" : "some begin",
                             word, fmt::join(names, ", "));
}

Refusal unknown(const std::string& name, const std::string& value) {
    const std::string key = elector::names::kPrefix + name;
    if (key == elector::names::kSessionAnnotation) {
        return refusalOf(name, value,
                         " is refused: it belongs to Leases, where the elector writes it");
    }
    const std::string nearest =
        elector::config::suggestion(name, annotationNames(), elector::names::kPrefix);
    if (!nearest.empty()) {
        return {sentenceAbout("unknown annotation ", key, nearest)};
    }
    return {sentenceAbout(
        "unknown annotation ", key,
        ": docs/injector.md lists all that there are, under Annotations" + namesLike(name))};
}

// What is wrong with a single annotation; nothing if nothing is.
std::optional<Refusal> take(const std::string& name, const std::optional<std::string>& value,
                            Wish& wish) {
    const Option* option = annotationOf(name);
    if (option == nullptr) {
        return unknown(name, value.value_or(""));
    }
    if (!value) {
        return Refusal{
            fmt::format("annotation {}{} is refused: it is no text; write its value in "
                        "quotes",
                        elector::names::kPrefix, name)};
    }
    const std::string complaint = elector::config::complaintAbout(option->flag, *value);
    if (complaint.empty()) {
        wish[option->flag.name] = *value;
        return std::nullopt;
    }
    return refusalOf(name, *value, " is refused: " + complaint);
}

Refusal refusalFor(const elector::config::OptionFinding& finding, const Wish& wish) {
    const auto& [option, value, reason] = finding;
    return refusalOf(option, value, (wish[option].empty() ? " (the default) " : " ") + reason);
}

// What the elector refuses of its options together.
std::optional<Refusal> judgeTogether(const Wish& wish, const Defaults& defaults) {
    OptionValues given = defaults.values;
    for (const Option& option : sidecarOptions()) {
        if (const std::string& wished = wish[option.flag.name]; !wished.empty()) {
            given[option.flag.name] = wished;
        }
    }
    const auto judgement = elector::config::judgeTiming(given);
    if (judgement.refusals.empty()) {
        const auto refusal = elector::config::judgeHealth(given).refusal;
        return refusal ? std::optional(refusalFor(*refusal, wish)) : std::nullopt;
    }
    return refusalFor(judgement.refusals.front(), wish);
}

std::optional<Refusal> judgeResource(std::string_view resource, const Wish& wish) {
    const std::string requestName = fmt::format("{}-request", resource);
    const std::string& request = wish[requestName];
    const std::string& limit = wish[fmt::format("{}-limit", resource)];
    if (request.empty() || limit.empty() || parseQuantity(request) <= parseQuantity(limit)) {
        return std::nullopt;
    }
    return refusalOf(requestName, request,
                     fmt::format(" is refused: it is above {}{}-limit \"{}\"; allowed is at most "
                                 "that",
                                 elector::names::kPrefix, resource, limit));
}

}  // namespace

std::variant<Wish, Refusal> readWish(const Annotations& annotations, const Defaults& defaults) {
    Wish wish;
    for (const auto& [name, value] : annotations) {
        if (auto refusal = take(name, value, wish)) {
            return *std::move(refusal);
        }
    }
    if (auto refusal = judgeTogether(wish, defaults)) {
        return *std::move(refusal);
    }
    for (const std::string_view resource : resources()) {
        if (auto refusal = judgeResource(resource, wish)) {
            return *std::move(refusal);
        }
    }
    return wish;
}

std::optional<bool> injectIn(const Annotations& annotations) {
    const auto found = annotations.find("inject");
    if (found == annotations.end() || (found->second != "true" && found->second != "false")) {
        return std::nullopt;
    }
    return found->second == "true";
}

bool isAnnotation(std::string_view name) {
    return annotationOf(name) != nullptr;
}

std::vector<std::string_view> annotationNames() {
    std::vector<std::string_view> names;
    for (const Option& option : sidecarOptions()) {
        if (option.isAnnotation) {
            names.push_back(option.flag.name);
        }
    }
    return names;
}

Refusal refusalOf(std::string_view name, std::string_view value, std::string_view rest) {
    return {
        sentenceAbout(fmt::format("annotation {}{} ", elector::names::kPrefix, name), value, rest)};
}

}  // namespace injector::admission
