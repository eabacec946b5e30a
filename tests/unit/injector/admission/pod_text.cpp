#include "tests/unit/injector/admission/pod_text.h"

#include <fmt/format.h>

#include <stdexcept>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"

namespace injector::admission {

namespace json_text = elector::json_text;
using elector::runtime::jsonString;

std::string annotationsText(const Pairs& annotations) {
    std::string text;
    for (const auto& [name, value] : annotations) {
        text += text.empty() ? "" : ",";
        text += jsonString("leader-elector.io/" + name) + ":" + jsonString(value);
    }
    return text;
}

std::string podWith(const Pairs& annotations, const std::string& spec) {
    return fmt::format(
        R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"web-0","annotations":{{{}}}}},)"
        R"("spec":{}}})",
        annotationsText(annotations),
        spec.empty() ? R"({"containers":[{"name":"web","image":"web"}]})" : spec);
}

std::string askingPod(Pairs more, const std::string& spec) {
    more.insert(more.begin(), {{"inject", "true"}, {"lease-name", "web"}});
    return podWith(more, spec);
}

Defaults someDefaults() {
    Defaults defaults;
    defaults.values["image"] = "leader-elector:test";
    return defaults;
}

std::string sidecarIn(const std::string& pod, const Defaults& defaults) {
    const Decision decision = admit(pod, "default", defaults);
    const std::string patched = admission::apply(pod, decision.patch);
    const auto spec = json_text::member(patched, "spec").value_or("");
    for (const char* list : {"initContainers", "containers"}) {
        for (const auto container :
             json_text::elementsOf(json_text::member(spec, list).value_or(""))) {
            if (json_text::member(container, "name") == "\"leader-elector\"") {
                return std::string(container);
            }
        }
    }
    throw std::runtime_error("no sidecar: " + decision.reason);
}

}  // namespace injector::admission
