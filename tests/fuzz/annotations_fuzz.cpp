// The annotations of a Pod, to what is decided and to the sidecar that comes of it. The input has a
// line for each annotation:
//
//   NAME=VALUE     leader-elector.io/NAME with the text VALUE
//   NAME:=JSON     the same with any value of JSON
//   @NAME=VALUE    a fact about the Pod: owner (its kind), restartPolicy, hostNetwork, port, space,
//                  init (the name of an init container); of its container mount (a path) and
//                  variable (a name)
#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/config/values.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/admission/admission.h"
#include "injector/admission/annotations.h"
#include "injector/admission/json_writer.h"
#include "injector/admission/sentence.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/survival.h"

namespace fuzz {
namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using elector::runtime::jsonString;
using injector::admission::Decision;
using injector::admission::JsonObject;
using injector::admission::Verdict;
using json_text::member;

struct Input {
    std::map<std::string, std::string> annotations;  // values of JSON by whole keys
    std::map<std::string, std::string, std::less<>> facts;

    std::string fact(std::string_view name) const {
        const auto found = facts.find(name);
        return found == facts.end() ? "" : found->second;
    }
};

Input inputFrom(std::string_view text) {
    Input input;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto equals = std::min(line.find('='), line.size());
        const std::string value(line.substr(std::min(equals + 1, line.size())));
        auto name = line.substr(0, equals);
        if (name.starts_with('@')) {
            input.facts[std::string(name.substr(1))] = value;
            continue;
        }
        const bool isJson = name.ends_with(':') && json_text::isValid(value);
        name.remove_suffix(isJson ? 1 : 0);
        input.annotations[std::string(names::kPrefix) + std::string(name)] =
            isJson ? value : jsonString(value);
    }
    return input;
}

std::string containerOf(const Input& input) {
    const std::string port = input.fact("port");
    JsonObject container;
    container.addText("name", "web");
    if (const auto path = input.fact("mount"); !path.empty()) {
        container.add("volumeMounts", "[" + JsonObject().addText("mountPath", path).text() + "]");
    }
    if (const auto name = input.fact("variable"); !name.empty()) {
        container.add("env", "[" + JsonObject().addText("name", name).text() + "]");
    }
    if (!port.empty() && json_text::integerIn(port) && json_text::isValid(port)) {
        container.add("ports", "[" + JsonObject().add("containerPort", port).text() + "]");
    }
    return container.text();
}

std::string podOf(const Input& input) {
    std::string annotations;
    for (const auto& [key, value] : input.annotations) {
        annotations += annotations.empty() ? "" : ",";
        annotations += elector::runtime::jsonString(key) + ':' + value;
    }
    JsonObject metadata;
    metadata.addText("name", "web-5d4f8-x2x7k").add("annotations", "{" + annotations + "}");
    if (const auto kind = input.fact("owner"); !kind.empty()) {
        const auto owner = JsonObject()
                               .addText("apiVersion", kind == "Job" ? "batch/v1" : "apps/v1")
                               .addText("kind", kind)
                               .addText("name", "web-5d4f8")
                               .add("controller", "true")
                               .text();
        metadata.add("labels", JsonObject().addText("pod-template-hash", "5d4f8").text());
        metadata.add("ownerReferences", "[" + owner + "]");
    }
    JsonObject spec;
    if (const auto name = input.fact("init"); !name.empty()) {
        spec.add("initContainers", "[" + JsonObject().addText("name", name).text() + "]");
    }
    spec.add("containers", "[" + containerOf(input) + "]")
        .addTextIfAny("restartPolicy", input.fact("restartPolicy"));
    if (!input.fact("hostNetwork").empty()) {
        spec.add("hostNetwork", "true");
    }
    return JsonObject().add("metadata", metadata.text()).add("spec", spec.text()).text();
}

std::vector<std::string> argumentsIn(std::string_view pod) {
    const auto spec = member(pod, "spec").value_or("");
    std::vector<std::string> arguments;
    for (const std::string_view list : {"initContainers", "containers"}) {
        for (const auto container : json_text::elementsOf(member(spec, list).value_or(""))) {
            if (json_text::stringIn(member(container, "name").value_or("")) != names::kContainer) {
                continue;
            }
            for (const auto each : json_text::elementsOf(member(container, "args").value_or(""))) {
                arguments.push_back(json_text::stringIn(each).value_or(""));
            }
        }
    }
    return arguments;
}

// The elector takes the arguments that the injector gave it, and campaigns for that Lease.
void judgeArguments(const std::vector<std::string>& arguments, const Decision& decision) {
    elector::config::Facts facts;
    facts.hostName = "box";
    facts.random = "0a1b2c3d";
    const elector::config::Environment environment{
        {"POD_NAME", "web-5d4f8-x2x7k"}, {"POD_UID", "0-1"}, {"NAMESPACE", "default"}};
    try {
        const auto invocation = elector::config::parseInvocation(arguments, environment, facts);
        const auto* config = std::get_if<elector::config::Config>(&invocation);
        require(config != nullptr, "a sidecar runs an elector");
        require(config->lease.name == decision.leaseName,
                "a sidecar campaigns for the Lease of the decision", config->lease.name);
    } catch (const elector::config::Refusal& refusal) {
        require(false, "the elector takes the arguments that the injector gives it",
                refusal.what());
    }
}

// What has a number in it that is not all of it was meant otherwise.
void judgePort(const Input& input) {
    const auto found = input.annotations.find(std::string(names::kPrefix) + "port");
    if (found == input.annotations.end()) {
        return;
    }
    const auto port = json_text::stringIn(found->second).value_or("");
    require(!port.empty() && port.find_first_not_of("0123456789") == std::string::npos,
            "a port that is taken is a number", port);
    require(port.front() != '0', "a port that is taken is no octal number", port);
}

void judgeInjection(const std::string& pod, const std::string& space, const Decision& decision,
                    const injector::admission::Defaults& defaults) {
    require(elector::config::complaintAboutLeaseName(decision.leaseName).empty(),
            "a sidecar's Lease has a name that Leases can have", decision.leaseName);
    const auto patched = injector::admission::apply(pod, decision.patch);
    require(json_text::isValid(patched) && survives(pod, patched), "a patch only adds", patched);
    judgeArguments(argumentsIn(patched), decision);
    const auto again = injector::admission::admit(patched, space, defaults);
    require(again.verdict == Verdict::Already && again.patch == "[]",
            "injecting twice changes nothing", again.reason);
    require(again.leaseName == decision.leaseName, "a Pod keeps its Lease", again.leaseName);
}

}  // namespace

void judge(std::string_view text) {
    const auto input = inputFrom(text);
    const auto pod = podOf(input);
    injector::admission::Defaults defaults;
    defaults.values["image"] = "leader-elector:fuzz";
    const auto decision = injector::admission::admit(pod, input.fact("space"), defaults);
    require(decision.verdict != Verdict::Failed, "annotations never make a Pod unreadable",
            decision.reason);
    require((decision.patch == "[]") || decision.verdict == Verdict::Injected ||
                decision.verdict == Verdict::Skipped,
            "only what is injected or skipped is patched", decision.patch);
    if (!decision.reason.empty()) {
        requireSentence(decision.reason, injector::admission::kMaxSentenceBytes);
    }
    switch (decision.verdict) {
        case Verdict::Refused:
            require(!decision.reason.empty(), "a refusal says why");
            require(
                decision.reason.find(names::kPrefix) != std::string::npos ||
                    decision.reason.find(" is refused: allowed are at most ") != std::string::npos,
                "a refusal names the annotation to mend, or what is too long of the Pod",
                decision.reason);
            break;
        case Verdict::Skipped:
            require(!decision.reason.empty(), "a Pod that is skipped says why");
            break;
        case Verdict::Injected:
            judgePort(input);
            judgeInjection(pod, input.fact("space"), decision, defaults);
            break;
        case Verdict::NotAsked:
        case Verdict::Already:
        case Verdict::Failed:
            break;
    }
}

}  // namespace fuzz
