#include "injector/admission/annotations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "elector/config/scan.h"
#include "elector/config/values.h"
#include "elector/election/timing.h"
#include "elector/names.h"
#include "elector/runtime/duration.h"
#include "elector/runtime/log.h"
#include "injector/admission/image_reference.h"
#include "injector/admission/quantity.h"
#include "injector/admission/sentence.h"

namespace injector::admission {

namespace {

using elector::config::assignChoice;
using elector::config::assignDuration;
using elector::election::Duration;
using elector::election::Timing;
using elector::election::TimingField;

// An annotation with what its value does to a Wish: returns "" or what is allowed instead, to
// follow
// "... is refused: ".
struct Entry {
    std::string_view name;
    std::string (*assign)(Wish& wish, const std::string& value);
};

std::string assignTruth(bool& target, const std::string& value) {
    return assignChoice(target, value, {{"true", true}, {"false", false}});
}

// A duration as an argument of the sidecar. Its text is bounded, as "0s0s0s..." can go on for ever.
std::string assignText(std::string& target, Duration& duration, const std::string& value) {
    constexpr std::size_t kMaxCharacters = 40;
    target = value;
    return value.size() > kMaxCharacters
               ? fmt::format("a duration has at most {} characters", kMaxCharacters)
               : assignDuration(duration, value);
}

std::string assignText(std::string& target, const std::string& value) {
    Duration duration{};
    return assignText(target, duration, value);
}

std::string assignDrain(Wish& wish, const std::string& value) {
    Duration drain{};
    if (std::string complaint = assignText(wish.drain, drain, value); !complaint.empty()) {
        return complaint;
    }
    const bool fits = drain >= Duration(0) && drain <= std::chrono::hours(1);
    return fits ? "" : "allowed is a duration from 0s to 1h";
}

std::string assignPort(Wish& wish, const std::string& value) {
    std::uint16_t port = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, problem] = std::from_chars(value.data(), end, port);
    wish.port = port;
    if (problem != std::errc() || stop != end || port == 0) {
        return "allowed is a number from 1 to 65535";
    }
    // Some readers take such a number for an octal one.
    return value.front() == '0' ? "write the number without a zero in front" : "";
}

std::string assignLogLevel(Wish& wish, const std::string& value) {
    wish.logLevel = value;
    return elector::runtime::parseLogLevel(value) ? "" : "allowed are debug, info, warn and error";
}

constexpr std::array<Entry, 18> kEntries{{
    {"inject", [](Wish& wish,
                  const std::string& value) { return assignTruth(wish.inject.emplace(), value); }},
    {"lease-name",
     [](Wish& wish, const std::string& value) {
         wish.leaseName = value;
         return elector::config::complaintAboutLeaseName(value);
     }},
    {"shared",
     [](Wish& wish, const std::string& value) { return assignTruth(wish.shared, value); }},
    {"lease-duration",
     [](Wish& wish, const std::string& value) { return assignText(wish.leaseDuration, value); }},
    {"lease-renew-duration",
     [](Wish& wish, const std::string& value) {
         return assignText(wish.leaseRenewDuration, value);
     }},
    {"retry-period",
     [](Wish& wish, const std::string& value) { return assignText(wish.retryPeriod, value); }},
    {"drain", assignDrain},
    {"port", assignPort},
    {"mode",
     [](Wish& wish, const std::string& value) {
         return assignChoice(wish.mode.emplace(), value,
                             {{"sidecar", Mode::Sidecar}, {"container", Mode::Container}});
     }},
    {"cpu-request",
     [](Wish& wish, const std::string& value) {
         wish.cpuRequest = value;
         return complaintAboutCpu(value);
     }},
    {"cpu-limit",
     [](Wish& wish, const std::string& value) {
         wish.cpuLimit = value;
         return complaintAboutCpu(value);
     }},
    {"memory-request",
     [](Wish& wish, const std::string& value) {
         wish.memoryRequest = value;
         return complaintAboutMemory(value);
     }},
    {"memory-limit",
     [](Wish& wish, const std::string& value) {
         wish.memoryLimit = value;
         return complaintAboutMemory(value);
     }},
    {"ephemeral-storage-request",
     [](Wish& wish, const std::string& value) {
         wish.storageRequest = value;
         return complaintAboutStorage(value);
     }},
    {"ephemeral-storage-limit",
     [](Wish& wish, const std::string& value) {
         wish.storageLimit = value;
         return complaintAboutStorage(value);
     }},
    {"image",
     [](Wish& wish, const std::string& value) {
         wish.image = value;
         return complaintAboutImage(value);
     }},
    {"log-level", assignLogLevel},
    // Ours to write: whatever it says is replaced.
    {"status",
     [](Wish& wish, const std::string& value) {
         wish.status = value;
         return std::string();
     }},
}};

const Entry* entryOf(std::string_view name) {
    const auto* const found =
        std::ranges::find_if(kEntries, [&](const Entry& entry) { return entry.name == name; });
    return found == kEntries.end() ? nullptr : found;
}

// The names of the table, those of amounts in short: all of them would leave no room in a sentence.
std::string allowedNames() {
    constexpr std::string_view kRequest = "-request";
    std::vector<std::string_view> names;
    std::vector<std::string_view> resources;
    for (const std::string_view name : annotationNames()) {
        if (name.ends_with(kRequest)) {
            resources.push_back(name.substr(0, name.size() - kRequest.size()));
        } else if (!name.ends_with("-limit")) {
            names.push_back(name);
        }
    }
    return fmt::format("{} and {{{}}}-{{request,limit}}", fmt::join(names, ", "),
                       fmt::join(resources, ","));
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
    return {sentenceAbout("unknown annotation ", key, ": allowed are " + allowedNames())};
}

// What is wrong with a single annotation; nothing if nothing is.
std::optional<Refusal> take(const std::string& name, const std::optional<std::string>& value,
                            Wish& wish) {
    const Entry* entry = entryOf(name);
    if (entry == nullptr) {
        return unknown(name, value.value_or(""));
    }
    if (!value) {
        return Refusal{
            fmt::format("annotation {}{} is refused: it is no text; write its value in "
                        "quotes",
                        elector::names::kPrefix, entry->name)};
    }
    const std::string complaint = entry->assign(wish, *value);
    if (complaint.empty()) {
        return std::nullopt;
    }
    return refusalOf(name, *value, " is refused: " + complaint);
}

// A duration of the Wish, else of the release, else the elector's own.
struct Chosen {
    std::string_view name;
    std::string text;
    bool isDefault = false;
    Duration value{};
};

Chosen choose(std::string_view name, const std::string& wished, const std::string& fallback,
              Duration own) {
    Chosen chosen{name, wished.empty() ? fallback : wished, wished.empty(), own};
    if (chosen.text.empty()) {
        chosen.text = elector::runtime::formatDuration(own);
    } else {
        chosen.value = elector::runtime::parseDuration(chosen.text).value_or(own);
    }
    return chosen;
}

struct ChosenTiming {
    Chosen lease;
    Chosen renew;
    Chosen retry;

    const Chosen& of(TimingField field) const {
        switch (field) {
            case TimingField::LeaseDuration:
                return lease;
            case TimingField::RenewDeadline:
                return renew;
            case TimingField::RetryPeriod:
                break;
        }
        return retry;
    }
};

ChosenTiming chooseTiming(const Wish& wish, const Defaults& defaults) {
    const Timing own;
    ChosenTiming chosen;
    chosen.lease =
        choose("lease-duration", wish.leaseDuration, defaults.leaseDuration, own.leaseDuration);
    chosen.renew = choose("lease-renew-duration", wish.leaseRenewDuration,
                          defaults.leaseRenewDuration, own.renewDeadline);
    chosen.retry = choose("retry-period", wish.retryPeriod, defaults.retryPeriod,
                          elector::election::defaultRetryPeriod(chosen.renew.value));
    return chosen;
}

std::optional<Refusal> judgeTiming(const Wish& wish, const Defaults& defaults) {
    const ChosenTiming chosen = chooseTiming(wish, defaults);
    const auto review =
        elector::election::review({chosen.lease.value, chosen.renew.value, chosen.retry.value});
    if (review.refusals.empty()) {
        return std::nullopt;
    }
    const auto& fault = review.refusals.front();
    const Chosen& wrong = chosen.of(fault.field);
    const std::string remark = wrong.isDefault ? " (the default) " : " ";
    return refusalOf(wrong.name, wrong.text, remark + fault.reason);
}

std::optional<Refusal> judgeResource(std::string_view resource, const std::string& request,
                                     const std::string& limit) {
    if (request.empty() || limit.empty() || parseQuantity(request) <= parseQuantity(limit)) {
        return std::nullopt;
    }
    return refusalOf(fmt::format("{}-request", resource), request,
                     fmt::format(" is refused: it is above {}{}-limit \"{}\"; allowed is at most "
                                 "that",
                                 elector::names::kPrefix, resource, limit));
}

std::optional<Refusal> judgeTogether(const Wish& wish, const Defaults& defaults) {
    if (auto refusal = judgeTiming(wish, defaults)) {
        return refusal;
    }
    if (auto refusal = judgeResource("cpu", wish.cpuRequest, wish.cpuLimit)) {
        return refusal;
    }
    if (auto refusal = judgeResource("memory", wish.memoryRequest, wish.memoryLimit)) {
        return refusal;
    }
    return judgeResource("ephemeral-storage", wish.storageRequest, wish.storageLimit);
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
    return entryOf(name) != nullptr;
}

std::vector<std::string_view> annotationNames() {
    std::vector<std::string_view> names;
    names.reserve(kEntries.size());
    for (const Entry& entry : kEntries) {
        names.push_back(entry.name);
    }
    return names;
}

Refusal refusalOf(std::string_view name, std::string_view value, std::string_view rest) {
    return {
        sentenceAbout(fmt::format("annotation {}{} ", elector::names::kPrefix, name), value, rest)};
}

}  // namespace injector::admission
