#include "injector/admission/sidecar.h"

#include <fmt/format.h>

#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "injector/admission/json_object.h"

namespace injector::admission {

namespace {

using elector::runtime::jsonString;
namespace names = elector::names;

// The user of the image, as a number for Pods that say 0 for all their containers.
constexpr int kUser = 65532;

std::string firstOf(const std::string& wished, const std::string& fallback) {
    return wished.empty() ? fallback : wished;
}

// Request and limit of one resource.
std::pair<std::string, std::string> amountsOf(const std::string& wishedRequest,
                                              const std::string& wishedLimit,
                                              const std::string& defaultRequest,
                                              const std::string& defaultLimit) {
    if (wishedRequest.empty() && wishedLimit.empty()) {
        return {defaultRequest, defaultLimit};
    }
    const std::string request = defaultRequest.empty() ? "" : wishedLimit;
    const std::string limit = defaultLimit.empty() ? "" : wishedRequest;
    return {firstOf(wishedRequest, request), firstOf(wishedLimit, limit)};
}

std::string arguments(const SidecarSpec& spec) {
    std::vector<std::string> list;
    const auto append = [&](std::string_view flag, std::string_view value) {
        if (!value.empty()) {
            list.push_back(jsonString(fmt::format("--{}={}", flag, value)));
        }
    };
    append("lease-name", spec.leaseName);
    append("lease-duration", spec.leaseDuration);
    append("lease-renew-duration", spec.leaseRenewDuration);
    append("retry-period", spec.retryPeriod);
    append("drain", spec.drain);
    if (spec.onHostNetwork) {
        // Not to the network of the node, whose other users are none of the Pod's.
        append("addr", fmt::format("localhost:{}", spec.port));
    } else if (spec.port != names::kDefaultPort) {
        append("addr", fmt::format(":{}", spec.port));
    }
    // Beside the program, both are told to stop at once: it may still act when the sidecar leaves.
    append("on-shutdown", spec.mode == Mode::Container ? "expire" : "");
    append("log-level", spec.logLevel);
    return jsonArray(list);
}

std::string fieldVariable(std::string_view name, std::string_view field) {
    const std::string reference = JsonObject().addText("fieldPath", field).text();
    return JsonObject()
        .addText("name", name)
        .add("valueFrom", JsonObject().add("fieldRef", reference).text())
        .text();
}

std::string probe(const SidecarSpec& spec, std::string_view path, int period, int timeout,
                  int failures) {
    JsonObject request;
    request.addText("path", path).addText("port", names::kContainer);
    if (spec.onHostNetwork) {
        request.addText("host", "127.0.0.1");
    }
    return JsonObject()
        .add("httpGet", request.text())
        .add("periodSeconds", std::to_string(period))
        .add("timeoutSeconds", std::to_string(timeout))
        .add("failureThreshold", std::to_string(failures))
        .text();
}

// "{}" where neither is given.
std::string resources(const SidecarSpec& spec) {
    const auto amounts = [](const std::string& cpu, const std::string& memory,
                            const std::string& storage) {
        return JsonObject()
            .addTextIfAny("cpu", cpu)
            .addTextIfAny("memory", memory)
            .addTextIfAny("ephemeral-storage", storage)
            .text();
    };
    return JsonObject()
        .add("requests", amounts(spec.cpuRequest, spec.memoryRequest, spec.storageRequest))
        .add("limits", amounts(spec.cpuLimit, spec.memoryLimit, spec.storageLimit))
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
        .addText("mountPath", "/var/run/secrets/kubernetes.io/serviceaccount")
        .add("readOnly", "true")
        .text();
}

}  // namespace

SidecarSpec sidecarSpecOf(const Wish& wish, const Defaults& defaults) {
    SidecarSpec spec;
    spec.image = firstOf(wish.image, defaults.image);
    spec.imagePullPolicy = defaults.imagePullPolicy;
    spec.mode = wish.mode.value_or(defaults.mode);
    spec.port = wish.port.value_or(names::kDefaultPort);
    spec.leaseName = wish.leaseName;
    spec.leaseDuration = firstOf(wish.leaseDuration, defaults.leaseDuration);
    spec.leaseRenewDuration = firstOf(wish.leaseRenewDuration, defaults.leaseRenewDuration);
    spec.retryPeriod = firstOf(wish.retryPeriod, defaults.retryPeriod);
    spec.drain = wish.drain;
    spec.logLevel = firstOf(wish.logLevel, defaults.logLevel);
    std::tie(spec.cpuRequest, spec.cpuLimit) =
        amountsOf(wish.cpuRequest, wish.cpuLimit, defaults.cpuRequest, defaults.cpuLimit);
    std::tie(spec.memoryRequest, spec.memoryLimit) = amountsOf(
        wish.memoryRequest, wish.memoryLimit, defaults.memoryRequest, defaults.memoryLimit);
    spec.storageRequest = firstOf(wish.storageRequest, wish.storageLimit);
    spec.storageLimit = firstOf(wish.storageLimit, wish.storageRequest);
    return spec;
}

std::string sidecarContainer(const SidecarSpec& spec) {
    JsonObject container;
    container.addText("name", names::kContainer)
        .addText("image", spec.image)
        .addTextIfAny("imagePullPolicy", spec.imagePullPolicy);
    if (spec.mode == Mode::Sidecar) {
        container.addText("restartPolicy", "Always");
    }
    return container.add("args", arguments(spec))
        .add("env", jsonArray({fieldVariable("POD_NAME", "metadata.name"),
                               fieldVariable("POD_UID", "metadata.uid"),
                               fieldVariable("NAMESPACE", "metadata.namespace")}))
        .add("ports", jsonArray({port(spec)}))
        // Half a minute to start, as all else of the Pod waits for it; a restart of one that is
        // alive would end a term, so that liveness has patience.
        .add("startupProbe", probe(spec, "/healthz", 1, 2, 30))
        .add("livenessProbe", probe(spec, "/healthz", 10, 5, 3))
        .add("readinessProbe", probe(spec, "/readyz", 2, 2, 3))
        .add("resources", resources(spec))
        .add("securityContext", securityContext(spec))
        .addText("terminationMessagePolicy", "FallbackToLogsOnError")
        .add("volumeMounts", jsonArray({tokenMount()}))
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
