#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/admission/quantity.h"
#include "injector/check/diagnosis.h"
#include "injector/check/facts.h"

namespace injector::check {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using admission::parseQuantity;
using json_text::at;
using json_text::elementsOf;
using json_text::textAt;

std::string_view itemsOf(const Reading& list) {
    return list.object ? at(*list.object, {"items"}) : "";
}

// Of the sidecar and one resource, as texts; "" for none.
struct Amounts {
    std::string request;
    std::string limit;
};

// The sidecar among the containers of the Pod; "" where there is none.
std::string_view sidecarOf(std::string_view pod) {
    for (const auto* list : {"initContainers", "containers"}) {
        for (const auto container : elementsOf(at(pod, {"spec", list}))) {
            if (textAt(container, "name") == names::kContainer) {
                return container;
            }
        }
    }
    return "";
}

bool isAbove(const std::string& left, const std::string& right) {
    const auto first = parseQuantity(left);
    const auto second = parseQuantity(right);
    return first && second && *first > *second;
}

class Room {
  public:
    Room(const WorkloadFacts& facts, std::string_view pod, Report& report)
        : facts_(facts),
          pod_(pod),
          resources_(at(sidecarOf(pod), {"resources"})),
          report_(report) {}

    void look() {
        look(facts_.limitRanges, "LimitRanges", [this](std::string_view range) {
            for (const auto limits : elementsOf(at(range, {"spec", "limits"}))) {
                if (textAt(limits, "type") == "Container") {
                    judge(nameOf(range), limits);
                }
            }
        });
        look(facts_.quotas, "ResourceQuotas", [this](std::string_view quota) {
            const auto spec = at(quota, {"spec"});
            // Those for some Pods alone may not mean these.
            if (!json_text::member(spec, "scopes") && !json_text::member(spec, "scopeSelector")) {
                judgeQuota(nameOf(quota), spec, at(quota, {"status", "used"}));
            }
        });
    }

  private:
    static std::string nameOf(std::string_view object) {
        return elector::runtime::quoted(textAt(at(object, {"metadata"}), "name"));
    }

    void add(Weight weight, std::string sentence) {
        report_.findings.push_back({weight, "resources", std::move(sentence)});
    }

    template <typename Each>
    void look(const Reading& reading, const char* kind, Each each) {
        if (!reading.problem.empty()) {
            add(Weight::Note, fmt::format("the {} are not known: {}", kind, reading.problem));
        }
        for (const auto item : elementsOf(itemsOf(reading))) {
            each(item);
        }
    }

    Amounts amountsOf(std::string_view resource) const {
        return {textAt(at(resources_, {"requests"}), resource),
                textAt(at(resources_, {"limits"}), resource)};
    }

    // With what the LimitRange gives to a container that says nothing.
    static Amounts completed(Amounts amounts, std::string_view limits, std::string_view resource) {
        const auto limit = textAt(at(limits, {"default"}), resource);
        if (amounts.request.empty()) {
            amounts.request = textAt(at(limits, {"defaultRequest"}), resource, limit);
        }
        if (amounts.limit.empty()) {
            amounts.limit = limit;
        }
        return amounts;
    }

    void judge(const std::string& range, std::string_view limits) {
        for (const auto resource : admission::resources()) {
            const auto has = completed(amountsOf(resource), limits, resource);
            const auto least = textAt(at(limits, {"min"}), resource);
            const auto most = textAt(at(limits, {"max"}), resource);
            const auto ratio = textAt(at(limits, {"maxLimitRequestRatio"}), resource);
            const auto request = parseQuantity(has.request);
            const auto limit = parseQuantity(has.limit);
            if (!least.empty() && (!request || isAbove(least, has.request))) {
                add(Weight::Problem,
                    fmt::format("the LimitRange {} wants a request of at least {} of {}, and the "
                                "sidecar has {}: set {}{}-request: \"{}\"",
                                range, elector::runtime::quoted(least), resource,
                                quotedOr(has.request), names::kPrefix, resource,
                                elector::runtime::quoted(least)));
            } else if (!most.empty() && (!limit || isAbove(has.limit, most))) {
                add(Weight::Problem,
                    fmt::format("the LimitRange {} wants a limit of at most {} of {}, and the "
                                "sidecar has {}: set {}{}-limit: \"{}\"",
                                range, elector::runtime::quoted(most), resource,
                                quotedOr(has.limit), names::kPrefix, resource,
                                elector::runtime::quoted(most)));
            } else if (const auto times = parseQuantity(ratio);
                       times && (!request || !limit || *limit > *times * *request)) {
                add(Weight::Problem,
                    fmt::format("the LimitRange {} wants a limit of at most {} times the request "
                                "of {}: set {}{}-limit alone, which sets both",
                                range, elector::runtime::quoted(ratio), resource, names::kPrefix,
                                resource));
            }
        }
    }

    static std::string quotedOr(const std::string& amount) {
        return amount.empty() ? "none" : elector::runtime::quoted(amount);
    }

    // Whether some of its Pods have their sidecar: then what they take is counted as used.
    bool isCounted() const {
        return std::ranges::any_of(podsOf(facts_), [](const PodFact& pod) {
            return operators::stateOf(pod.record) == operators::PodState::Injected;
        });
    }

    void judgeQuota(const std::string& quota, std::string_view spec, std::string_view used) {
        const auto hard = at(spec, {"hard"});
        for (const auto resource : admission::resources()) {
            for (const auto* list : {"requests", "limits"}) {
                auto key = fmt::format("{}.{}", list, resource);
                if (list == std::string_view("requests") && !json_text::member(hard, key)) {
                    key = resource;  // the same, by its older name
                }
                if (json_text::member(hard, key)) {
                    judgeQuota(quota, key, {list, resource}, textAt(hard, key), textAt(used, key));
                }
            }
        }
    }

    struct Place {
        std::string_view list;
        std::string_view resource;
    };

    void judgeQuota(const std::string& quota, const std::string& key, const Place& place,
                    const std::string& hard, const std::string& used) {
        if (json_text::member(at(pod_, {"spec", "resources", place.list}), place.resource)) {
            return;  // the Pod's own amount is what counts
        }
        const auto annotation = fmt::format("{}{}-{}", names::kPrefix, place.resource,
                                            place.list.substr(0, place.list.size() - 1));
        auto asked = textAt(at(resources_, {place.list}), place.resource);
        if (asked.empty() && hasDefault(place)) {
            return;
        }
        if (asked.empty()) {
            add(Weight::Problem, fmt::format("the ResourceQuota {} counts {}, which every "
                                             "container has to say then, and the sidecar does "
                                             "not: set {}",
                                             quota, key, annotation));
            return;
        }
        const auto all = parseQuantity(hard);
        const auto taken = parseQuantity(used).value_or(0);
        if (const auto more = parseQuantity(asked);
            all && more && taken + *more > *all && !isCounted()) {
            add(Weight::Problem,
                fmt::format("the ResourceQuota {} allows {} of {}, of which {} are used, and each "
                            "sidecar takes {}: raise the quota, or set {} to less",
                            quota, elector::runtime::quoted(hard), key,
                            used.empty() ? "0" : elector::runtime::quoted(used),
                            elector::runtime::quoted(asked), annotation));
        }
    }

    // Whether a LimitRange gives it to a container that says nothing.
    bool hasDefault(const Place& place) const {
        for (const auto range : elementsOf(itemsOf(facts_.limitRanges))) {
            for (const auto limits : elementsOf(at(range, {"spec", "limits"}))) {
                const auto given = completed({}, limits, place.resource);
                if (textAt(limits, "type") == "Container" &&
                    !(place.list == "limits" ? given.limit : given.request).empty()) {
                    return true;
                }
            }
        }
        return false;
    }

    const WorkloadFacts& facts_;
    const std::string_view pod_;
    const std::string_view resources_;
    Report& report_;
};

}  // namespace

void addRoom(const WorkloadFacts& facts, const Judgement& judgement, Report& report) {
    if (judgement.decision.verdict == admission::Verdict::Injected && !facts.target.kind->isPod()) {
        Room(facts, judgement.injected, report).look();
    }
}

}  // namespace injector::check
