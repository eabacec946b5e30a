#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "injector/admission/options.h"

// The annotations of a Pod that mean something to the injector: those options of a sidecar that are
// annotations too.
namespace injector::admission {

// No value of more bytes means anything: an image's reference, the longest, has at most this.
inline constexpr std::size_t kMostAnnotationBytes = 512;

// The annotations with our prefix, by their names without it. A value is nothing where it is no
// text, and some beginning of it where it is longer than kMostAnnotationBytes.
using Annotations = std::map<std::string, std::optional<std::string>, std::less<>>;

// What the annotations of one Pod say, before the defaults are asked: each is what its option
// allows, and "" where there is no such annotation.
using Wish = OptionValues;

// Why a Pod is refused: one sentence that names the annotation, its value and what is allowed; or
// the list, its length and what is allowed.
struct Refusal {
    std::string sentence;
};

// Reads the annotations. Durations, and ways to find out the program's health, are judged together,
// with the defaults for those that are not given, by the elector's own rules.
std::variant<Wish, Refusal> readWish(const Annotations& annotations, const Defaults& defaults);

// What `inject` says; nothing where it is absent or neither "true" nor "false".
std::optional<bool> injectIn(const Annotations& annotations);

// Whether `name`, without the prefix, is one of them.
bool isAnnotation(std::string_view name);

// The names of all, without the prefix, in the order of the documentation.
std::vector<std::string_view> annotationNames();

// `annotation leader-elector.io/NAME "VALUE"REST`, in the length of a sentence.
Refusal refusalOf(std::string_view name, std::string_view value, std::string_view rest);

}  // namespace injector::admission
