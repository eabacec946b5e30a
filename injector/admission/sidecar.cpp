#include "injector/admission/sidecar.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "injector/admission/json_writer.h"
#include "injector/admission/program.h"

namespace injector::admission {

namespace {

using elector::runtime::jsonString;
namespace names = elector::names;

// The user of the image, as a number for Pods that say 0 for all their containers.
constexpr int kUser = 65532;

// Where one of a request and a limit is wished, the other is the same, unless the defaults leave it
// out.
void chooseAmount(std::string_view name, std::string_view other, const Wish& wish,
                  const Defaults& defaults, OptionValues& values) {
    if (!wish[name].empty() || wish[other].empty()) {
        return;
    }
    const bool isLeftOut =
        !elector::config::optionOf(name).releaseFlag.empty() && defaults.values[name].empty();
    values[name] = isLeftOut ? "" : wish[other];
}

// Whether the Pod is ready by what the sidecar says. By default it is not: an election that stands
// still must not take a program out of service that serves on.
bool decidesReadiness(const SidecarSpec& spec) {
    const std::string& ready = spec.values["ready"];
    return ready == "synced" || ready == "leader";
}

std::string arguments(const SidecarSpec& spec) {
    OptionValues values = spec.values;
    if (spec.onHostNetwork) {
        // Not to the network of the node, whose other users are none of the Pod's.
        values["addr"] = fmt::format("localhost:{}", spec.port);
    } else if (spec.port != names::kDefaultPort) {
        values["addr"] = fmt::format(":{}", spec.port);
    }
    if (!decidesReadiness(spec)) {
        values["ready"] = "";
    }
    // Beside the program, both are told to stop at once: it may still act when the sidecar leaves.
    values["on-shutdown"] = spec.mode == Mode::Container ? "expire" : "";
    std::vector<std::string> list;
    for (const Option& option : elector::config::options()) {
        const std::string& value = std::as_const(values)[option.flag.name];
        if (option.isElectors && !value.empty()) {
            list.push_back(jsonString(fmt::format("--{}={}", option.flag.name, value)));
        }
    }
    return jsonArray(list);
}

// Who it is, told by fields of the Pod.
std::string environment() {
    std::vector<std::string> list;
    for (const Option& option : elector::config::options()) {
        if (option.podField.empty()) {
            continue;
        }
        const std::string reference = JsonObject().addText("fieldPath", option.podField).text();
        list.push_back(JsonObject()
                           .addText("name", option.flag.environment)
                           .add("valueFrom", JsonObject().add("fieldRef", reference).text())
                           .text());
    }
    return jsonArray(list);
}

// How often a kubelet runs a probe, in seconds, and what it takes for a no.
struct ProbePace {
    int period;
    int timeout;  // of the kubelet
    int failures;
    // Of the program; "": its own default. Said to be empty, so that it can be left out.
    std::string_view answerTimeout = "";  // NOLINT(readability-redundant-string-init)
};

// By the elector's own program and the Pod's loopback: what redirects the Pod's incoming traffic,
// as the network of a mesh does, lets no kubelet's request through before its proxy runs, and
// afterwards only one that the mesh has rewritten.
std::string probe(const SidecarSpec& spec, std::string_view question, const ProbePace& pace) {
    std::vector<std::string> command{jsonString(names::kProgram), jsonString("probe"),
                                     jsonString(question)};
    if (spec.port != names::kDefaultPort) {
        command.push_back(jsonString(fmt::format("--addr=localhost:{}", spec.port)));
    }
    if (!pace.answerTimeout.empty()) {
        command.push_back(jsonString(fmt::format("--timeout={}", pace.answerTimeout)));
    }
    return JsonObject()
        .add("exec", JsonObject().add("command", jsonArray(command)).text())
        .add("periodSeconds", std::to_string(pace.period))
        .add("timeoutSeconds", std::to_string(pace.timeout))
        .add("failureThreshold", std::to_string(pace.failures))
        .text();
}

// Half a minute to start, as all else of the Pod waits for it.
constexpr ProbePace kStartUp{.period = 1, .timeout = 5, .failures = 30};
// A restart of one that is alive would end a term, so that liveness has patience; and seldom, as
// each run of a program costs the node some 40 ms of CPU.
constexpr ProbePace kLiveness{.period = 20, .timeout = 10, .failures = 3, .answerTimeout = "5s"};
constexpr ProbePace kReadiness{.period = 5, .timeout = 5, .failures = 3};

// "{}" where neither is given.
std::string amounts(const SidecarSpec& spec) {
    const auto amountsOf = [](const std::string& cpu, const std::string& memory,
                              const std::string& storage) {
        return JsonObject()
            .addTextIfAny("cpu", cpu)
            .addTextIfAny("memory", memory)
            .addTextIfAny("ephemeral-storage", storage)
            .text();
    };
    const OptionValues& values = spec.values;
    return JsonObject()
        .add("requests", amountsOf(values["cpu-request"], values["memory-request"],
                                   values["ephemeral-storage-request"]))
        .add("limits", amountsOf(values["cpu-limit"], values["memory-limit"],
                                 values["ephemeral-storage-limit"]))
        .text();
}

// All that `restricted` asks for, whatever the Pod's own context says.
std::string securityContext(const SidecarSpec& spec) {
    JsonObject context;
    context.add("allowPrivilegeEscalation", "false")
        .add("capabilities", R"({"drop":["ALL"]})")
        .add("readOnlyRootFilesystem", "true")
        .add("runAsNonRoot", "true")
        .add("seccompProfile", R"({"type":"RuntimeDefault"})");
    if (spec.needsUser) {
        context.add("runAsUser", std::to_string(kUser));
    }
    return context.text();
}

std::string port(const SidecarSpec& spec) {
    return JsonObject()
        .addText("name", names::kContainer)
        .add("containerPort", std::to_string(spec.port))
        .addText("protocol", "TCP")
        .text();
}

// There, so that the API server gives the container no other: its ServiceAccount admission leaves a
// container alone that mounts something at this path.
std::string tokenMount() {
    return JsonObject()
        .addText("name", names::kTokenVolume)
        .addText("mountPath", names::kTokenFolder)
        .add("readOnly", "true")
        .text();
}

}  // namespace

SidecarSpec sidecarSpecOf(const Wish& wish, const Defaults& defaults) {
    SidecarSpec spec;
    for (const Option& option : sidecarOptions()) {
        const std::string_view name = option.flag.name;
        spec.values[name] = wish[name].empty() ? defaults.values[name] : wish[name];
    }
    for (const std::string_view resource : resources()) {
        const auto& request = elector::config::optionOf(fmt::format("{}-request", resource));
        const auto& limit = elector::config::optionOf(fmt::format("{}-limit", resource));
        chooseAmount(request.flag.name, limit.flag.name, wish, defaults, spec.values);
        chooseAmount(limit.flag.name, request.flag.name, wish, defaults, spec.values);
    }
    spec.mode = spec.values["mode"] == "container" ? Mode::Container : Mode::Sidecar;
    spec.port = names::kDefaultPort;
    const std::string& port = wish["port"];
    std::from_chars(port.data(), port.data() + port.size(), spec.port);
    return spec;
}

std::string sidecarContainer(const SidecarSpec& spec) {
    JsonObject container;
    container.addText("name", names::kContainer)
        .addText("image", spec.values["image"])
        .addTextIfAny("imagePullPolicy", spec.values["image-pull-policy"]);
    if (spec.mode == Mode::Sidecar) {
        container.addText("restartPolicy", "Always");
    }
    container.add("args", arguments(spec))
        .add("env", environment())
        .add("ports", jsonArray({port(spec)}))
        .add("startupProbe", probe(spec, "live", kStartUp))
        .add("livenessProbe", probe(spec, "live", kLiveness));
    if (decidesReadiness(spec)) {
        container.add("readinessProbe", probe(spec, "ready", kReadiness));
    }
    std::vector<std::string> mounts{tokenMount()};
    for (const SharedFolder& folder : sharedFolders(spec.values)) {
        mounts.push_back(mountOf(folder, true));
    }
    return container.add("resources", amounts(spec))
        .add("securityContext", securityContext(spec))
        .addText("terminationMessagePolicy", "FallbackToLogsOnError")
        .add("volumeMounts", jsonArray(mounts))
        .text();
}

std::string tokenVolume() {
    // An hour, not the 3607 s of Kubernetes' own volume, by which the API server knows tokens that
    // it extends to a year for clients that never read theirs again.
    constexpr const char* kSources =
        R"([{"serviceAccountToken":{"expirationSeconds":3600,"path":"token"}},)"
        R"({"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},)"
        R"({"downwardAPI":{"items":[{"fieldRef":{"fieldPath":"metadata.namespace"},)"
        R"("path":"namespace"}]}}])";
    return JsonObject()
        .addText("name", names::kTokenVolume)
        .add("projected", JsonObject().add("sources", kSources).text())
        .text();
}

}  // namespace injector::admission
