#include "injector/admission/fit.h"

#include <fmt/format.h>

#include <utility>

#include "injector/admission/annotations.h"
#include "injector/admission/quantity.h"

namespace injector::admission {

namespace {

namespace json_text = elector::json_text;
using json_text::fieldsOf;

// Nothing where there is none, or none that Kubernetes would take. An amount may be a number, too.
std::optional<double> amountIn(PodReader::Value value) {
    constexpr std::size_t kMost = 32;  // as many characters as an amount may have
    if (!value) {
        return std::nullopt;
    }
    const auto text = shortTextIn(*value, kMost);
    return parseQuantity(text ? std::string_view(*text) : *value);
}

struct Amounts {
    PodReader::Value cpu;
    PodReader::Value memory;
};

Amounts amountsIn(PodReader& reader, PodReader::Value list, std::string_view path) {
    const auto [cpu, memory] =
        fieldsOf(reader.typed(list, PodReader::Kind::Object, path).value_or(""), "cpu", "memory");
    return {cpu, memory};
}

struct Resources {
    Amounts requests;
    Amounts limits;
};

Resources resourcesIn(PodReader& reader, PodReader::Value resources, const std::string& path) {
    const auto [requests, limits] = fieldsOf(
        reader.typed(resources, PodReader::Kind::Object, path).value_or(""), "requests", "limits");
    return {amountsIn(reader, requests, path + ".requests"),
            amountsIn(reader, limits, path + ".limits")};
}

void noteShared(PodReader::Value request, PodReader::Value limit, AmountFacts& facts) {
    facts.podRequest = amountIn(request);
    facts.podLimit = amountIn(limit);
    facts.isShared = facts.podRequest || facts.podLimit;
}

// Returns whether a Pod that says only this is Guaranteed.
bool noteOwn(PodReader::Value request, PodReader::Value limit, bool lasting, AmountFacts& facts) {
    const auto most = amountIn(limit);
    const auto least = request ? amountIn(request) : most;  // as the API server completes it
    if (lasting) {
        facts.requested += least.value_or(0);
    }
    return most && most == least;
}

std::string_view either(std::string_view first, std::string_view second) {
    return first.empty() ? second : first;
}

// The options of the sidecar's amounts of a resource.
struct Names {
    explicit Names(std::string_view resource)
        : request(elector::config::optionOf(fmt::format("{}-request", resource)).flag),
          limit(elector::config::optionOf(fmt::format("{}-limit", resource)).flag) {}

    const elector::config::FlagSpec& request;
    const elector::config::FlagSpec& limit;
};

std::string fitShared(const AmountFacts& facts, std::string_view resource, const Wish& wish,
                      SidecarSpec& spec) {
    const Names names(resource);
    std::string& request = spec.values[names.request.name];
    std::string& limit = spec.values[names.limit.name];
    if (wish[names.request.name].empty() && wish[names.limit.name].empty()) {
        request.clear();
        limit.clear();
        return "";
    }
    const auto refusal = [](std::string_view name, const std::string& value,
                            std::string_view what) {
        return refusalOf(name, value,
                         fmt::format(" is refused: {} in spec.resources; without an annotation the "
                                     "sidecar shares that",
                                     what))
            .sentence;
    };
    const auto most = parseQuantity(limit);
    if (facts.podLimit && most && *most > *facts.podLimit) {
        return refusal(names.limit.name, limit, "it is above the Pod's limit");
    }
    const auto least = parseQuantity(request);
    if (facts.podRequest && least && facts.requested + *least > *facts.podRequest) {
        return refusal(names.request.name, request,
                       "with what its containers request it is above the Pod's request");
    }
    return "";
}

// Keeps the Pod Guaranteed, whatever the release leaves out.
void fitGuaranteed(std::string_view resource, const Wish& wish, SidecarSpec& spec) {
    const Names names(resource);
    if (!wish[names.request.name].empty() && !wish[names.limit.name].empty()) {
        return;
    }
    std::string& request = spec.values[names.request.name];
    std::string& limit = spec.values[names.limit.name];
    limit = either(either(limit, request), names.limit.fallback);
    request = limit;
}

}  // namespace

void readShared(PodReader& reader, PodReader::Value resources, ResourceFacts& facts) {
    const auto [requests, limits] = resourcesIn(reader, resources, "spec.resources");
    noteShared(requests.cpu, limits.cpu, facts.cpu);
    noteShared(requests.memory, limits.memory, facts.memory);
    facts.sharesAny = facts.cpu.isShared || facts.memory.isShared;
}

void readOwn(PodReader& reader, PodReader::Value resources, bool lasting, ResourceFacts& facts) {
    const auto [requests, limits] = resourcesIn(reader, resources, "a container's resources");
    const bool cpu = noteOwn(requests.cpu, limits.cpu, lasting, facts.cpu);
    const bool memory = noteOwn(requests.memory, limits.memory, lasting, facts.memory);
    facts.isGuaranteed = facts.isGuaranteed && cpu && memory;
}

std::string fit(const ResourceFacts& facts, const Wish& wish, SidecarSpec& spec) {
    for (const auto& [resource, amount] :
         {std::pair("cpu", &facts.cpu), std::pair("memory", &facts.memory)}) {
        if (amount->isShared) {
            std::string complaint = fitShared(*amount, resource, wish, spec);
            if (!complaint.empty()) {
                return complaint;
            }
        } else if (facts.isGuaranteed && !facts.sharesAny) {
            fitGuaranteed(resource, wish, spec);
        }
    }
    return "";
}

}  // namespace injector::admission
