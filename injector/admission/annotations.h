#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "injector/admission/defaults.h"

// The annotations of a Pod that mean something to the injector: the one table of them.
namespace injector::admission {

// No value of more bytes means anything: an image's reference, the longest, has at most this.
inline constexpr std::size_t kMostAnnotationBytes = 512;

// The annotations with our prefix, by their names without it. A value is nothing where it is no
// text, and some beginning of it where it is longer than kMostAnnotationBytes.
using Annotations = std::map<std::string, std::optional<std::string>, std::less<>>;

// What the annotations of one Pod say, before the defaults are asked. A text is "" where there is
// no such annotation; those of durations and quantities are as written, and well-formed.
struct Wish {
    std::optional<bool> inject;
    std::string leaseName;
    bool shared = false;
    std::string leaseDuration;
    std::string leaseRenewDuration;
    std::string retryPeriod;
    std::string drain;
    std::optional<std::uint16_t> port;
    std::optional<Mode> mode;
    std::string cpuRequest;
    std::string cpuLimit;
    std::string memoryRequest;
    std::string memoryLimit;
    std::string storageRequest;
    std::string storageLimit;
    std::string image;
    std::string logLevel;
    std::string status;
};

// Why a Pod is refused: one sentence that names the annotation, its value and what is allowed; or
// the list, its length and what is allowed.
struct Refusal {
    std::string sentence;
};

// Reads the annotations. Durations are judged together, with the defaults for those that are not
// given, by the elector's own rules.
std::variant<Wish, Refusal> readWish(const Annotations& annotations, const Defaults& defaults);

// What `inject` says; nothing where it is absent or neither "true" nor "false".
std::optional<bool> injectIn(const Annotations& annotations);

// Whether `name`, without the prefix, is in the table.
bool isAnnotation(std::string_view name);

// The names of all annotations, without the prefix, in the order of the documentation.
std::vector<std::string_view> annotationNames();

// `annotation leader-elector.io/NAME "VALUE"REST`, in the length of a sentence.
Refusal refusalOf(std::string_view name, std::string_view value, std::string_view rest);

}  // namespace injector::admission
