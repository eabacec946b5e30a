#include "injector/admission/windows.h"

#include <algorithm>
#include <array>
#include <string>

#include "elector/runtime/json_text.h"
#include "injector/admission/pod_facts.h"

namespace injector::admission {

namespace {

namespace json_text = elector::json_text;
using json_text::fieldsOf;
using Kind = PodReader::Kind;

constexpr const char* kWindows = "windows";
constexpr std::array<std::string_view, 2> kSystemLabels{"kubernetes.io/os",
                                                        "beta.kubernetes.io/os"};
constexpr const char* kBuildLabel = "node.kubernetes.io/windows-build";

bool selectsWindows(PodReader& reader, std::optional<std::string_view> nodeSelector) {
    const auto selector = reader.typed(nodeSelector, Kind::Object, "spec.nodeSelector");
    const auto [system, olderSystem, build] =
        fieldsOf(selector.value_or(""), kSystemLabels[0], kSystemLabels[1], kBuildLabel);
    return reader.text(system, "spec.nodeSelector[kubernetes.io/os]") == kWindows ||
           reader.text(olderSystem, "spec.nodeSelector[beta.kubernetes.io/os]") == kWindows ||
           build.has_value();
}

// Whether an expression of a node affinity's term is met by no node but Windows'.
bool asksForWindows(PodReader& reader, std::string_view expression) {
    const std::string path = "spec.affinity.nodeAffinity's matchExpressions[]";
    const auto [rawKey, rawOperator, values] = fieldsOf(expression, "key", "operator", "values");
    const std::string key = reader.text(rawKey, path + ".key");
    const std::string relation = reader.text(rawOperator, path + ".operator");
    if (key == kBuildLabel) {
        return relation != "DoesNotExist" && relation != "NotIn";
    }
    if (std::ranges::find(kSystemLabels, key) == kSystemLabels.end()) {
        return false;
    }
    bool namesLinux = false;
    bool namesWindows = false;
    bool namesOthers = false;
    reader.each(values, Kind::String, path + ".values", kMostElements, [&](std::string_view value) {
        const std::string system = value.empty() ? "" : reader.text(value, path + ".values[]");
        namesLinux = namesLinux || system == "linux";
        namesWindows = namesWindows || system == kWindows;
        namesOthers = namesOthers || system != kWindows;
    });
    return (relation == "In" && namesWindows && !namesOthers) ||
           (relation == "NotIn" && namesLinux);
}

// Of the terms one must be met, of a term's expressions all. A term without any selects no node.
bool requiresWindows(PodReader& reader, std::optional<std::string_view> affinity) {
    const auto whole = reader.typed(affinity, Kind::Object, "spec.affinity");
    const auto ofNodes = reader.typed(json_text::member(whole.value_or(""), "nodeAffinity"),
                                      Kind::Object, "spec.affinity.nodeAffinity");
    const auto required = reader.typed(
        json_text::member(ofNodes.value_or(""), "requiredDuringSchedulingIgnoredDuringExecution"),
        Kind::Object, "spec.affinity.nodeAffinity's requirement");
    bool isMet = false;  // by a node of Windows
    bool isMetByOthers = false;
    reader.each(
        json_text::member(required.value_or(""), "nodeSelectorTerms"), Kind::Object,
        "spec.affinity.nodeAffinity's nodeSelectorTerms", kMostElements,
        [&](std::string_view term) {
            const auto [expressions, fields] = fieldsOf(term, "matchExpressions", "matchFields");
            bool hasExpressions = fields.has_value();
            bool asks = false;
            reader.each(expressions, Kind::Object, "spec.affinity.nodeAffinity's matchExpressions",
                        kMostElements, [&](std::string_view expression) {
                            hasExpressions = true;
                            asks = asks || asksForWindows(reader, expression);
                        });
            isMet = isMet || asks;
            isMetByOthers = isMetByOthers || (hasExpressions && !asks);
        });
    return isMet && !isMetByOthers;
}

}  // namespace

bool isOfHostProcess(PodReader& reader, std::optional<std::string_view> securityContext,
                     std::string_view path) {
    const auto context = reader.typed(securityContext, Kind::Object, path);
    const auto options = reader.typed(json_text::member(context.value_or(""), "windowsOptions"),
                                      Kind::Object, "a securityContext's windowsOptions");
    return reader.truth(json_text::member(options.value_or(""), "hostProcess"),
                        "a securityContext's windowsOptions.hostProcess");
}

bool isPodForWindows(PodReader& reader, std::string_view spec) {
    const auto [os, nodeSelector, affinity, securityContext] =
        fieldsOf(spec, "os", "nodeSelector", "affinity", "securityContext");
    const auto system = reader.typed(os, Kind::Object, "spec.os");
    return reader.text(json_text::member(system.value_or(""), "name"), "spec.os.name") ==
               kWindows ||
           selectsWindows(reader, nodeSelector) || requiresWindows(reader, affinity) ||
           isOfHostProcess(reader, securityContext, "spec.securityContext");
}

}  // namespace injector::admission
