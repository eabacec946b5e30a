#include "injector/admission/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include "elector/config/values.h"
#include "elector/kubernetes/endpoint.h"
#include "injector/admission/annotations.h"
#include "injector/admission/program.h"
#include "injector/admission/quantity.h"

namespace injector::admission {

namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isLower(char c) {
    return c >= 'a' && c <= 'z';
}

bool isUpper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool isLetterOrDigit(char c) {
    return isLower(c) || isUpper(c) || isDigit(c);
}

bool isHexDigit(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Takes the text up to the first `mark` from the front of `text`, and the mark; all of it where
// there is none.
std::string_view takeUpTo(std::string_view& text, char mark) {
    const auto part = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

// Letters and digits, with single periods, one or two underscores or any number of hyphens between.
bool isRepositoryPart(std::string_view part) {
    while (!part.empty()) {
        const auto word = static_cast<std::size_t>(
            std::ranges::find_if_not(part, [](char c) { return isLower(c) || isDigit(c); }) -
            part.begin());
        if (word == 0) {
            return false;
        }
        part.remove_prefix(word);
        if (part.empty()) {
            return true;
        }
        const auto mark = std::min(part.find_first_not_of(part.front()), part.size());
        const bool fits = part.front() == '-' || (part.front() == '.' && mark == 1) ||
                          (part.front() == '_' && mark <= 2);
        if (!fits) {
            return false;
        }
        part.remove_prefix(mark);
    }
    return false;
}

bool isRepository(std::string_view repository) {
    constexpr std::size_t kMostCharacters = 255;
    if (repository.size() > kMostCharacters || repository.ends_with('/')) {
        return false;
    }
    bool fits = !repository.empty();
    while (fits && !repository.empty()) {
        fits = isRepositoryPart(takeUpTo(repository, '/'));
    }
    return fits;
}

// A host name or an IPv6 address in brackets, and maybe a port.
bool isRegistry(std::string_view registry) {
    std::string_view host = registry;
    std::string_view port;
    const auto colon = registry.rfind(':');
    if (colon != std::string_view::npos && !registry.ends_with(']')) {
        host = registry.substr(0, colon);
        port = registry.substr(colon + 1);
        if (port.empty() || !std::ranges::all_of(port, isDigit)) {
            return false;
        }
    }
    if (host.starts_with('[')) {
        return host.size() > 2 && host.ends_with(']') &&
               std::ranges::all_of(host.substr(1, host.size() - 2),
                                   [](char c) { return isHexDigit(c) || c == ':'; });
    }
    bool fits = !host.empty() && !host.ends_with('.');
    while (fits && !host.empty()) {
        const auto label = takeUpTo(host, '.');
        fits = !label.empty() && isLetterOrDigit(label.front()) && isLetterOrDigit(label.back()) &&
               std::ranges::all_of(label, [](char c) { return isLetterOrDigit(c) || c == '-'; });
    }
    return fits;
}

// The first part is a registry's where it could not be a part of a repository on Docker Hub.
bool looksLikeRegistry(std::string_view part) {
    return part == "localhost" || part.find_first_of(".:[") != std::string_view::npos;
}

bool isTag(std::string_view tag) {
    constexpr std::size_t kMostCharacters = 128;
    return !tag.empty() && tag.size() <= kMostCharacters && tag.front() != '.' &&
           tag.front() != '-' && std::ranges::all_of(tag, [](char c) {
               return isLetterOrDigit(c) || c == '_' || c == '.' || c == '-';
           });
}

// ALGORITHM:HEX
bool isDigest(std::string_view digest) {
    constexpr std::size_t kLeastDigits = 32;
    const auto algorithm = takeUpTo(digest, ':');
    return !algorithm.empty() && !isDigit(algorithm.front()) &&
           isLetterOrDigit(algorithm.front()) && isLetterOrDigit(algorithm.back()) &&
           digest.size() >= kLeastDigits && std::ranges::all_of(digest, isHexDigit);
}

bool isReference(std::string_view image) {
    std::string_view name = image.substr(0, image.find('@'));
    if (name.size() < image.size() && !isDigest(image.substr(name.size() + 1))) {
        return false;
    }
    const auto slash = name.rfind('/');
    const auto colon = name.rfind(':');
    if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        if (!isTag(name.substr(colon + 1))) {
            return false;
        }
        name = name.substr(0, colon);
    }
    const auto first = name.substr(0, name.find('/'));
    if (first.size() < name.size() && looksLikeRegistry(first)) {
        if (!isRegistry(first)) {
            return false;
        }
        name.remove_prefix(first.size() + 1);
    }
    return isRepository(name);
}

// As container runtimes read references: [REGISTRY/]REPOSITORY[:TAG][@DIGEST], the repository in
// lower case.
std::string complaintAboutImage(const std::string& image) {
    constexpr std::string_view kMarks = "._-+/:@[]";
    const bool wellFormed = std::ranges::all_of(image, [&](char c) {
        return isLetterOrDigit(c) || kMarks.find(c) != std::string_view::npos;
    });
    if (!wellFormed || image.empty() || image.size() > kMostAnnotationBytes) {
        return fmt::format("an image's reference has 1 to {} letters, digits and {}",
                           kMostAnnotationBytes, kMarks);
    }
    return isReference(image)
               ? ""
               : "allowed is [REGISTRY/]REPOSITORY[:TAG][@DIGEST], the repository in lower case";
}

std::string complaintAboutPort(const std::string& value) {
    std::uint16_t port = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, problem] = std::from_chars(value.data(), end, port);
    if (problem != std::errc() || stop != end || port == 0) {
        return "allowed is a number from 1 to 65535";
    }
    // Some readers take such a number for an octal one.
    return value.front() == '0' ? "write the number without a zero in front" : "";
}

std::string complaintAboutContainer(const std::string& name) {
    return elector::config::isDnsLabel(name)
               ? ""
               : "a container's name is a DNS label: lower-case letters, digits and dashes, "
                 "beginning and ending with a letter or digit, at most 63 characters";
}

// Of the Pod itself: no annotation has a sidecar call another machine.
std::string complaintAboutCallback(const std::string& url) {
    const bool isOurs = elector::config::complaintAboutUrl(url).empty() &&
                        elector::kubernetes::isLoopback(elector::kubernetes::parseTarget(url).host);
    return isOurs ? "" : "allowed is what the Pod itself answers, as http://localhost:8080/leader";
}

// What the table leaves to the injector to judge.
const std::map<std::string_view, elector::config::Complain>& complaints() {
    static const std::map<std::string_view, elector::config::Complain> kComplaints{
        {"port", complaintAboutPort},
        {"after", complaintAboutContainer},
        {"on-change-url", complaintAboutCallback},
        {"status-dir", complaintAboutFolder},
        {"health-file", complaintAboutFileInFolder},
        {"image", complaintAboutImage},
        {"cpu-request", complaintAboutCpu},
        {"cpu-limit", complaintAboutCpu},
        {"memory-request", complaintAboutMemory},
        {"memory-limit", complaintAboutMemory},
        {"ephemeral-storage-request", complaintAboutStorage},
        {"ephemeral-storage-limit", complaintAboutStorage},
    };
    return kComplaints;
}

}  // namespace

const std::vector<Option>& sidecarOptions() {
    static const std::vector<Option> kOptions = [] {
        std::vector<Option> chosen;
        for (const Option& option : elector::config::options()) {
            if (option.isAnnotation || !option.releaseFlag.empty()) {
                const auto found = complaints().find(option.flag.name);
                chosen.push_back(option);
                chosen.back().flag.complain =
                    found == complaints().end() ? option.flag.complain : found->second;
            }
        }
        return chosen;
    }();
    return kOptions;
}

const std::vector<std::string_view>& resources() {
    static const std::vector<std::string_view> kResources{"cpu", "memory", "ephemeral-storage"};
    return kResources;
}

Defaults::Defaults() {
    for (const Option& option : sidecarOptions()) {
        if (!option.isElectors && !option.flag.fallback.empty()) {
            values[option.flag.name] = option.flag.fallback;
        }
    }
}

}  // namespace injector::admission
