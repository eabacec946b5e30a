#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "elector/runtime/json_text.h"
#include "injector/admission/admission.h"
#include "injector/check/facts.h"
#include "injector/cluster/workload.h"
#include "injector/offline/object.h"
#include "injector/operator/pod_reader.h"
#include "tests/support/captured_log.h"
#include "tests/unit/kubernetes/scripted_server.h"

// Webhook, operator, `check` and `inject` tell the same Lease and the same workload of a Pod.
namespace injector {
namespace {

namespace json_text = elector::json_text;
using cluster::OwnerReference;
using elector::kubernetes::answerOf;
using elector::kubernetes::ScriptedPeer;
using elector::kubernetes::ScriptedServer;

struct Object {
    std::string apiVersion;
    std::string kind;
    std::string name;
};

// A Pod in its cluster.
struct Shape {
    std::string name;                  // of the test
    std::optional<Object> controller;  // of the Pod
    cluster::Labels labels;            // by which the name of the workload is told
    std::optional<Object> above;       // what controls the controller
    Object workload;
    // Whether `inject` writes into manifests of it; of others its Pods are injected in the cluster.
    bool isOffline = true;
};

const cluster::Resource& resourceOf(const Object& object) {
    static const cluster::Resource kUnknown;
    const auto* kind = cluster::findWorkloadKind(object.apiVersion, object.kind);
    return kind == nullptr ? kUnknown : kind->resource;
}

std::string owners(const std::optional<Object>& owner) {
    return owner
               ? fmt::format(
                     R"([{{"apiVersion":"{}","kind":"{}","name":"{}","uid":"uid-of-{}","controller":true}}])",
                     owner->apiVersion, owner->kind, owner->name, owner->name)
               : "[]";
}

constexpr const char* kTemplate =
    R"({"metadata":{"labels":{"app":"x"},"annotations":{"leader-elector.io/inject":"true"}},)"
    R"("spec":{"serviceAccountName":"runner","containers":[{"name":"app","image":"app:1"}]}})";

// `above` is what controls it.
std::string document(const Object& object, const std::optional<Object>& above) {
    const std::string spec =
        fmt::format(R"({{"selector":{{"matchLabels":{{"app":"x"}}}},"template":{}}})", kTemplate);
    return fmt::format(
        R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"{}","namespace":"shop","uid":"uid-of-{}",)"
        R"("labels":{{"app":"x"}},"ownerReferences":{}}},"spec":{}}})",
        object.apiVersion, object.kind, object.name, object.name, owners(above),
        object.kind == "CronJob" ? fmt::format(R"({{"jobTemplate":{{"spec":{}}}}})", spec) : spec);
}

// As it is sent to the webhook.
std::string podOf(const Shape& shape) {
    std::string annotations = R"({"leader-elector.io/inject":"true"})";
    if (!shape.controller || resourceOf(*shape.controller).plural.empty()) {
        annotations = json_text::withMember(annotations, "leader-elector.io/lease-name",
                                            "\"" + shape.workload.name + "\"");
    }
    std::string labels = R"({"app":"x"})";
    for (const auto& [label, value] : shape.labels) {
        labels = json_text::withMember(labels, label, "\"" + value + "\"");
    }
    const auto metadata = fmt::format(
        R"({{"name":"{}","namespace":"shop","uid":"uid-of-pod","labels":{},"annotations":{},)"
        R"("ownerReferences":{}}})",
        shape.controller ? "pod" : shape.workload.name, labels, annotations,
        owners(shape.controller));
    return json_text::withMember(kTemplate, "metadata", metadata);
}

std::string targetOf(const std::string& request) {
    const auto begin = request.find(' ') + 1;
    return request.substr(begin, request.find(' ', begin) - begin);
}

// The API server of a cluster with one Pod, and what controls it.
class Cluster {
  public:
    Cluster(const Shape& shape, const std::string& pod) {
        add(cluster::kPods, shape.controller ? "pod" : shape.workload.name, pod);
        for (const auto& [object, above] :
             {std::pair(shape.controller, shape.above), {shape.above, std::nullopt}}) {
            if (object && !resourceOf(*object).plural.empty()) {
                add(resourceOf(*object), object->name, document(*object, above));
            }
        }
    }

    elector::kubernetes::Access access() const {
        elector::kubernetes::Access access;
        access.server = server_.endpoint();
        return access;
    }

  private:
    void add(const cluster::Resource& resource, const std::string& name,
             const std::string& document) {
        objects_[cluster::objectPath(resource, "shop", name)] = document;
        lists_[cluster::collectionPath(resource, "shop")] = document;
    }

    void serve(ScriptedPeer& peer) const {
        for (auto request = peer.readRequest(); !request.empty(); request = peer.readRequest()) {
            const auto target = targetOf(request);
            const auto path = target.substr(0, target.find('?'));
            const auto object = objects_.find(path);
            const auto list = lists_.find(path);
            const auto items = list == lists_.end() ? "" : list->second;
            peer.send(path != target
                          ? answerOf(200, fmt::format(R"({{"metadata":{{"resourceVersion":)"
                                                      R"("5"}},"items":[{}]}})",
                                                      items))
                      : object == objects_.end()
                          ? answerOf(404, R"({"kind":"Status","code":404,"message":"none"})")
                          : answerOf(200, object->second));
        }
    }

    std::map<std::string, std::string> objects_;
    std::map<std::string, std::string> lists_;
    const ScriptedServer::Script script_ = [this](ScriptedPeer& peer) { serve(peer); };
    ScriptedServer server_{{script_, script_, script_, script_}};
};

admission::Defaults defaults() {
    admission::Defaults defaults;
    defaults.values["image"] = "leader-elector:1";
    return defaults;
}

std::string text(const OwnerReference& workload) {
    return workload.kind + "/" + workload.name;
}

class AgreementTest : public testing::TestWithParam<Shape> {
  protected:
    // The Pod as the operator knows it.
    std::optional<operators::PodRecord> asTheOperatorReadsIt(cluster::Api& calls) {
        operators::LeadingApi api(calls, [] { return true; });
        elector::http::Metrics metrics;
        operators::Announcer announcer(api, clock_, captured_.log(),
                                       metrics.counter("x", "x", {"reason"}));
        operators::PodTable pods;
        operators::Owners owners(api);
        operators::PodReader reader({api, announcer, clock_, captured_.log()}, pods, owners);
        operators::PodRecord seen;
        const auto listed =
            api.listMetadata(cluster::collectionPath(cluster::kPods, "shop"), "",
                             [&](const cluster::Item& item) {
                                 seen = operators::recordOf(cluster::parseMeta(item).value());
                             },
                             {});
        EXPECT_TRUE(listed.ok());
        pods.put(seen);
        auto read = reader.read(seen.key);
        return read.ok() ? read.value() : std::nullopt;
    }

    elector::runtime::SystemClock clock_;
    test::CapturedLog captured_{clock_};
};

TEST_P(AgreementTest, OfAllOnLeaseAndWorkload) {
    const auto& shape = GetParam();
    const auto expected = shape.workload.kind + "/" + shape.workload.name;

    const auto decision = admission::admit(podOf(shape), "shop", defaults());
    ASSERT_EQ(decision.verdict, admission::Verdict::Injected) << decision.reason;
    EXPECT_EQ(decision.leaseName, shape.workload.name) << "the webhook";
    if (shape.controller) {
        const OwnerReference controller{shape.controller->apiVersion, shape.controller->kind,
                                        shape.controller->name, "", true};
        EXPECT_EQ(text(cluster::workloadByName(controller, shape.labels)), expected);
    }

    const Cluster cluster(shape, admission::apply(podOf(shape), decision.patch));
    cluster::Api api(cluster.access(), clock_, {});
    const auto record = asTheOperatorReadsIt(api);
    ASSERT_TRUE(record && record->facts);
    EXPECT_EQ(text(record->facts->workload), expected) << "the operator";
    EXPECT_EQ(record->lease(), shape.workload.name) << "the operator";

    const auto* kind = cluster::findWorkloadKind(shape.workload.apiVersion, shape.workload.kind);
    const bool isAsked = kind != nullptr && kind->isReadable();
    const check::Target target{kind, {"shop", shape.workload.name}};
    const auto gathered = check::gatherPods(api, "shop", isAsked ? &target : nullptr);
    ASSERT_TRUE(gathered.ok());
    ASSERT_EQ(gathered.value().pods.size(), 1U) << gathered.value().problem;
    const auto& pod = gathered.value().pods.front();
    EXPECT_EQ(text(pod.workload), expected) << "check";
    EXPECT_EQ(pod.record.lease(), shape.workload.name) << "check";

    config::InjectRequest request;
    request.defaults = defaults();
    const auto manifest =
        shape.workload.kind == "Pod" ? podOf(shape) : document(shape.workload, std::nullopt);
    const auto injected =
        offline::injectObject(manifest, shape.workload.apiVersion, shape.workload.kind, request);
    ASSERT_EQ(injected.injected.has_value(), shape.isOffline);
    if (shape.isOffline) {
        EXPECT_THAT(*injected.injected,
                    testing::HasSubstr("\"--lease-name=" + shape.workload.name + "\""))
            << "inject";
    }
}

const Object kSet{"apps/v1", "ReplicaSet", "web-5d9c"};
const Object kScheduled{"batch/v1", "Job", "report-28000000"};

INSTANTIATE_TEST_SUITE_P(
    Shapes, AgreementTest,
    testing::Values(
        Shape{"Deployment",
              kSet,
              {{"pod-template-hash", "5d9c"}},
              Object{"apps/v1", "Deployment", "web"},
              {"apps/v1", "Deployment", "web"}},
        Shape{"ReplicaSet",
              Object{"apps/v1", "ReplicaSet", "web"},
              {},
              {},
              {"apps/v1", "ReplicaSet", "web"}},
        Shape{"StatefulSet",
              Object{"apps/v1", "StatefulSet", "db"},
              {},
              {},
              {"apps/v1", "StatefulSet", "db"}},
        Shape{"StatefulSetOfAnOperator",
              Object{"apps/v1", "StatefulSet", "db"},
              {},
              Object{"example.com/v1", "Database", "main"},
              {"apps/v1", "StatefulSet", "db"}},
        Shape{"DaemonSet",
              Object{"apps/v1", "DaemonSet", "agent"},
              {},
              {},
              {"apps/v1", "DaemonSet", "agent"}},
        Shape{"Job", Object{"batch/v1", "Job", "once"}, {}, {}, {"batch/v1", "Job", "once"}},
        Shape{"JobOfADay",
              Object{"batch/v1", "Job", "report-20260131"},
              {},
              {},
              {"batch/v1", "Job", "report-20260131"}},
        Shape{"CronJob",
              kScheduled,
              {},
              Object{"batch/v1", "CronJob", "report"},
              {"batch/v1", "CronJob", "report"}},
        Shape{"ReplicationController",
              Object{"v1", "ReplicationController", "old"},
              {},
              {},
              {"v1", "ReplicationController", "old"}},
        Shape{"Rollout",
              kSet,
              {{"rollouts-pod-template-hash", "5d9c"}},
              Object{"argoproj.io/v1alpha1", "Rollout", "web"},
              {"argoproj.io/v1alpha1", "Rollout", "web"},
              false},
        Shape{"DeploymentConfig",
              Object{"v1", "ReplicationController", "web-3"},
              {{"deploymentconfig", "web"}},
              Object{"apps.openshift.io/v1", "DeploymentConfig", "web"},
              {"apps.openshift.io/v1", "DeploymentConfig", "web"},
              false},
        Shape{"KnativeService",
              Object{"apps/v1", "ReplicaSet", "web-00001-deployment-5d9c"},
              {{"pod-template-hash", "5d9c"}, {"serving.knative.dev/configuration", "web"}},
              Object{"apps/v1", "Deployment", "web-00001-deployment"},
              {"serving.knative.dev/v1", "Configuration", "web"},
              false},
        Shape{"Unknown",
              Object{"example.com/v1", "Database", "main"},
              {},
              {},
              {"example.com/v1", "Database", "main"},
              false},
        Shape{"Pod", {}, {}, {}, {"v1", "Pod", "alone"}}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace injector
