"""Each value does what it says: where it ends up in which object."""
import re
from pathlib import Path

import pytest

from chart import CHART, at, default_values, leaves, merged, nested, render

TOP = Path(__file__).resolve().parents[2]
SELECTOR = {"app.kubernetes.io/name": "leader-elector", "app.kubernetes.io/instance": "leader-elector",
            "app.kubernetes.io/component": "injector"}
PEM = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
DIGEST = "sha256:" + "0af9" * 16

DEPLOYMENT, POD = ("Deployment", "elector"), "spec.template.spec."
OPERATORS = ("Deployment", "-operator")
WEBHOOK, OPERATOR = POD + "containers[webhook].", POD + "containers[operator]."
CONFIGURATION = ("MutatingWebhookConfiguration", "")
SERVICE = ("Service", "-webhook")
MONITOR, PODS = ("ServiceMonitor", ""), ("PodMonitor", "")
RULES, GRAFANA = ("PrometheusRule", ""), ("ConfigMap", "-grafana")
BUDGET, NETWORK = ("PodDisruptionBudget", "elector"), ("NetworkPolicy", "elector")
OPERATORS_NETWORK = ("NetworkPolicy", "-operator")
CERTIFICATE = ("Certificate", "leader-elector")
ON = {"metrics": {each: {"enabled": True} for each in ("serviceMonitor", "podMonitor", "prometheusRule", "grafanaDashboard")},
      "networkPolicy": {"enabled": True}, "flowSchema": {"enabled": True}}
BY_CERT_MANAGER = {"certificates": {"mode": "certManager"}}
BY_SECRET = {"certificates": {"mode": "secret", "secret": {"name": "mine", "caBundle": PEM}}}
NAMED = [{"name": "A", "value": "b"}]
LIMITS = {"limits": {"cpu": "1"}}
PEERS = [{"podSelector": {"matchLabels": {"a": "b"}}}]
RELABELING = [{"action": "drop", "regex": "a"}]
TOLERATION = [{"key": "a", "operator": "Exists"}]

# A value, and where it stands: (value, what it is set to, the object, the path in it, what stands there).
PLACES = [
    ("nameOverride", "elect", DEPLOYMENT, "metadata>labels>app.kubernetes.io/name", "elect"),
    ("fullnameOverride", "mine", ("Deployment", "mine"), "metadata.name", "mine"),
    ("fullnameOverride", "mine", OPERATORS, "metadata.name", "mine-operator"),
    ("fullnameOverride", "mine", SERVICE, "metadata.name", "mine-webhook"),
    ("commonLabels", {"team": "a"}, DEPLOYMENT, POD[:-5] + "metadata.labels.team", "a"),
    ("image.registry", "registry.example/", DEPLOYMENT, WEBHOOK + "image", "registry.example/leader-elector:0.1.0"),
    ("image.repository", "team/it", OPERATORS, OPERATOR + "image", "team/it:0.1.0"),
    ("image.tag", "2", DEPLOYMENT, WEBHOOK + "image", "leader-elector:2"),
    ("image.digest", DIGEST, OPERATORS, OPERATOR + "image", "leader-elector@" + DIGEST),
    ("image.pullPolicy", "Always", DEPLOYMENT, WEBHOOK + "imagePullPolicy", "Always"),
    ("image.pullPolicy", "Always", OPERATORS, OPERATOR + "imagePullPolicy", "Always"),
    ("imagePullSecrets", [{"name": "a"}], DEPLOYMENT, POD + "imagePullSecrets", [{"name": "a"}]),
    ("global", {"imageRegistry": "mirror"}, DEPLOYMENT, WEBHOOK + "image", "mirror/leader-elector:0.1.0"),
    ("global", {"imagePullSecrets": [{"name": "a"}]}, DEPLOYMENT, POD + "imagePullSecrets", [{"name": "a"}]),
    ("replicas", 3, DEPLOYMENT, "spec.replicas", 3),
    ("replicas", 3, OPERATORS, "spec.replicas", 3),
    ("operator.replicas", 3, DEPLOYMENT, "spec.replicas", 2),
    ("operator.replicas", 3, OPERATORS, "spec.replicas", 3),
    ("revisionHistoryLimit", 0, DEPLOYMENT, "spec.revisionHistoryLimit", 0),
    ("strategy", {"type": "Recreate"}, DEPLOYMENT, "spec.strategy", {"type": "Recreate"}),
    ("terminationGracePeriodSeconds", 60, DEPLOYMENT, POD + "terminationGracePeriodSeconds", 60),
    ("podAnnotations", {"a": "b"}, DEPLOYMENT, "spec.template.metadata.annotations.a", "b"),
    ("podLabels", {"a": "b"}, DEPLOYMENT, "spec.template.metadata.labels.a", "b"),
    ("podSecurityContext", {"runAsUser": 1000}, DEPLOYMENT, POD + "securityContext",
     {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}),
    ("securityContext", {"runAsUser": 1000}, DEPLOYMENT, WEBHOOK + "securityContext.runAsUser", 1000),
    ("securityContext", {"runAsUser": 1000}, OPERATORS, OPERATOR + "securityContext.runAsUser", 1000),
    ("nodeSelector", {"a": "b"}, DEPLOYMENT, POD + "nodeSelector", {"kubernetes.io/os": "linux", "a": "b"}),
    ("affinity", {"nodeAffinity": {"a": 1}}, DEPLOYMENT, POD + "affinity", {"nodeAffinity": {"a": 1}}),
    ("tolerations", TOLERATION, DEPLOYMENT, POD + "tolerations", TOLERATION),
    ("topologySpreadConstraints", [{"maxSkew": 2}], DEPLOYMENT, POD + "topologySpreadConstraints", [{"maxSkew": 2}]),
    ("priorityClassName", "high", DEPLOYMENT, POD + "priorityClassName", "high"),
    ("hostNetwork", True, DEPLOYMENT, POD + "hostNetwork", True),
    ("hostNetwork", True, DEPLOYMENT, POD + "dnsPolicy", "ClusterFirstWithHostNet"),
    ("hostNetwork", True, DEPLOYMENT, "spec.strategy.rollingUpdate", {"maxUnavailable": 1, "maxSurge": 0}),
    ("hostNetwork", True, OPERATORS, POD + "hostNetwork", None),
    ("hostNetwork", True, OPERATORS, "spec.strategy.rollingUpdate", {"maxUnavailable": 0, "maxSurge": 1}),
    ("dnsPolicy", "Default", DEPLOYMENT, POD + "dnsPolicy", "Default"),
    ("serviceAccount.name", "it", OPERATORS, POD + "serviceAccountName", "it"),
    ("serviceAccount.name", "it", DEPLOYMENT, POD + "serviceAccountName", "leader-elector-webhook"),
    ("serviceAccount.name", "it", ("ServiceAccount", "it"), "metadata.name", "it"),
    ("serviceAccount.name", "it", ("RoleBinding", ""), "subjects[0].name", "it"),
    ("serviceAccount.name", "it", ("ClusterRoleBinding", ""), "subjects[0].name", "it"),
    ("serviceAccount.create", False, DEPLOYMENT, POD + "serviceAccountName", "default"),
    ("serviceAccount.create", False, OPERATORS, POD + "serviceAccountName", "default"),
    ("serviceAccount.annotations", {"a": "b"}, ("ServiceAccount", "elector"), "metadata.annotations", {"a": "b"}),
    ("serviceAccount.annotations", {"a": "b"}, ("ServiceAccount", "-webhook"), "metadata.annotations", {"a": "b"}),
    ("webhook.failurePolicy", "Ignore", CONFIGURATION, "webhooks[0].failurePolicy", "Ignore"),
    ("webhook.timeoutSeconds", 3, CONFIGURATION, "webhooks[0].timeoutSeconds", 3),
    ("webhook.reinvocationPolicy", "Never", CONFIGURATION, "webhooks[0].reinvocationPolicy", "Never"),
    ("webhook.namespaceSelector", {"matchLabels": {"a": "b"}}, CONFIGURATION,
     "webhooks[0].namespaceSelector.matchLabels",
     {"a": "b"}),
    ("webhook.namespaceSelector", {"matchExpressions": [{"key": "a", "operator": "Exists"}]}, CONFIGURATION,
     "webhooks[0].namespaceSelector.matchExpressions[1]", {"key": "a", "operator": "Exists"}),
    ("webhook.objectSelector", {"matchLabels": {"a": "b"}}, CONFIGURATION, "webhooks[0].objectSelector.matchLabels",
     {"a": "b"}),
    ("webhook.matchConditions", [{"name": "mine", "expression": "true"}], CONFIGURATION,
     "webhooks[0].matchConditions[mine]",
     {"name": "mine", "expression": "true"}),
    ("webhook.annotations", {"a": "b"}, CONFIGURATION, "metadata.annotations",
     {"a": "b", "admissions.enforcer/disabled": "true"}),
    ("webhook.port", 10250, DEPLOYMENT, WEBHOOK + "ports[webhook].containerPort", 10250),
    ("webhook.healthPort", 9090, DEPLOYMENT, WEBHOOK + "ports[webhook-health].containerPort", 9090),
    ("webhook.resources", LIMITS, DEPLOYMENT, WEBHOOK + "resources.limits.cpu", "1"),
    ("webhook.extraEnv", NAMED, DEPLOYMENT, WEBHOOK + "env[A].value", "b"),
    ("operator.healthPort", 9091, OPERATORS, OPERATOR + "ports[operator-health].containerPort", 9091),
    ("operator.resources", LIMITS, OPERATORS, OPERATOR + "resources.limits.cpu", "1"),
    ("operator.extraEnv", NAMED, OPERATORS, OPERATOR + "env[A].value", "b"),
    ("service.annotations", {"a": "b"}, SERVICE, "metadata.annotations", {"a": "b"}),
    ("service.ipFamilyPolicy", "PreferDualStack", SERVICE, "spec.ipFamilyPolicy", "PreferDualStack"),
    ("service.ipFamilies", ["IPv6"], SERVICE, "spec.ipFamilies", ["IPv6"]),
    ("podDisruptionBudget", {"minAvailable": "50%"}, BUDGET, "spec.minAvailable", "50%"),
    ("podDisruptionBudget", {"minAvailable": "", "maxUnavailable": 1}, BUDGET, "spec.maxUnavailable", 1),
    ("podDisruptionBudget", {"minAvailable": "", "maxUnavailable": 1}, BUDGET, "spec.minAvailable", None),
    ("podDisruptionBudget", {"minAvailable": "50%"}, ("PodDisruptionBudget", "-operator"), "spec.minAvailable", "50%"),
]
# What is said of the Pods is said of those of both Deployments.
OF_BOTH = ("commonLabels", "imagePullSecrets", "revisionHistoryLimit", "strategy", "terminationGracePeriodSeconds", "podAnnotations",
           "podLabels", "podSecurityContext", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints",
           "priorityClassName", "dnsPolicy")
PLACES += [(path, value, OPERATORS, place, expected) for path, value, where, place, expected in PLACES
           if path in OF_BOTH and where == DEPLOYMENT]
TOO_LONG = ("the sidecar leader-elector has a lease duration of more than the {}s that policies.longestLease of the leader-elector "
            "chart allows; annotate the Pod with a shorter leader-elector.io/lease-duration, or raise that value")
DURATION = ("variables.duration <= {} || variables.duration <= variables.old.?leaseDurationSeconds.orValue(0) || "
            "(oldObject == null && variables.holder == 'leader-elector.io/vacant' && variables.duration <= 3600)")
for value, given, seconds in (("policies.longestLease", "10m", 600), ("policies.longestLease", "1s", 10),
                              ("sidecar", {"leaseDuration": "1h"}, 3600)):
    PLACES += [(value, given, ("ValidatingAdmissionPolicy", "-holders"), "spec.validations[6].expression", DURATION.format(seconds)),
               (value, given, ("ValidatingAdmissionPolicy", "-sidecars"), "spec.validations[1].message", TOO_LONG.format(seconds))]
# The same for what is rendered on demand only.
PLACES_ON_DEMAND = [
    ("service.ipFamilyPolicy", "PreferDualStack", ("Service", "-metrics"), "spec.ipFamilyPolicy", "PreferDualStack"),
    ("service.ipFamilies", ["IPv6"], ("Service", "-metrics"), "spec.ipFamilies", ["IPv6"]),
    ("webhook.healthPort", 9090, ("Service", "-metrics"), "spec.ports[webhook-health].port", 9090),
    ("operator.healthPort", 9091, ("Service", "-metrics"), "spec.ports[operator-health].port", 9091),
    ("networkPolicy.webhookFrom", PEERS, NETWORK, "spec.ingress[0]", {"ports": [{"port": "webhook"}], "from": PEERS}),
    ("networkPolicy.metricsFrom", PEERS, NETWORK, "spec.ingress[1]", {"ports": [{"port": "webhook-health"}], "from": PEERS}),
    ("networkPolicy.metricsFrom", PEERS, OPERATORS_NETWORK, "spec.ingress",
     [{"ports": [{"port": "operator-health"}], "from": PEERS}]),
    *[("networkPolicy.egress", [{"to": PEERS}], where, place, expected) for where in (NETWORK, OPERATORS_NETWORK)
      for place, expected in (("spec.egress", [{"to": PEERS}]), ("spec.policyTypes", ["Ingress", "Egress"]))],
    ("networkPolicy.sidecars", {"namespaces": ["shop"]}, ("NetworkPolicy", "-sidecars"), "metadata.namespace", "shop"),
    ("networkPolicy.sidecars", {"namespaces": ["shop"], "from": PEERS}, ("NetworkPolicy", "-sidecars"), "spec.ingress[1].from", PEERS),
    ("flowSchema.matchingPrecedence", 300, ("FlowSchema", ""), "spec.matchingPrecedence", 300),
    ("flowSchema.priorityLevel", "workload-high", ("FlowSchema", ""), "spec.priorityLevelConfiguration.name",
     "workload-high"),
    ("flowSchema.nominalConcurrencyShares", 33, ("PriorityLevelConfiguration", ""), "spec.limited.nominalConcurrencyShares",
     33),
    ("metrics.serviceMonitor.labels", {"a": "b"}, MONITOR, "metadata.labels.a", "b"),
    ("metrics.serviceMonitor.annotations", {"a": "b"}, MONITOR, "metadata.annotations.a", "b"),
    ("metrics.serviceMonitor.interval", "10s", MONITOR, "spec.endpoints[1].interval", "10s"),
    ("metrics.serviceMonitor.scrapeTimeout", "5s", MONITOR, "spec.endpoints[0].scrapeTimeout", "5s"),
    ("metrics.serviceMonitor.relabelings", RELABELING, MONITOR, "spec.endpoints[0].relabelings", RELABELING),
    ("metrics.serviceMonitor.metricRelabelings", RELABELING, MONITOR, "spec.endpoints[1].metricRelabelings",
     RELABELING),
    ("metrics.podMonitor.labels", {"a": "b"}, PODS, "metadata.labels.a", "b"),
    ("metrics.podMonitor.annotations", {"a": "b"}, PODS, "metadata.annotations.a", "b"),
    ("metrics.podMonitor.namespaces", ["a"], PODS, "spec.namespaceSelector", {"matchNames": ["a"]}),
    ("metrics.podMonitor.interval", "10s", PODS, "spec.podMetricsEndpoints[0].interval", "10s"),
    ("metrics.podMonitor.scrapeTimeout", "5s", PODS, "spec.podMetricsEndpoints[0].scrapeTimeout", "5s"),
    ("metrics.podMonitor.relabelings", RELABELING, PODS, "spec.podMetricsEndpoints[0].relabelings", RELABELING),
    ("metrics.podMonitor.metricRelabelings", RELABELING, PODS, "spec.podMetricsEndpoints[0].metricRelabelings",
     RELABELING),
    ("metrics.prometheusRule.labels", {"a": "b"}, RULES, "metadata.labels.a", "b"),
    ("metrics.prometheusRule.annotations", {"a": "b"}, RULES, "metadata.annotations.a", "b"),
    ("metrics.prometheusRule.runbookUrl", "https://a", RULES, "spec.groups[0].rules[0].annotations.runbook_url",
     "https://a#leaderelectornobodyleads"),
    ("metrics.grafanaDashboard.labels", {"a": "b"}, GRAFANA, "metadata.labels.a", "b"),
    ("metrics.grafanaDashboard.annotations", {"a": "b"}, GRAFANA, "metadata.annotations.a", "b"),
]
PLACES_BY_CERT_MANAGER = [
    ("certificates.certManager.issuerRef", {"name": "a", "kind": "ClusterIssuer"}, CERTIFICATE, "spec.issuerRef",
     {"name": "a", "kind": "ClusterIssuer"}),
    ("certificates.certManager.duration", "1000h", CERTIFICATE, "spec.duration", "1000h"),
    ("certificates.certManager.renewBefore", "100h", CERTIFICATE, "spec.renewBefore", "100h"),
]

# A value, and an argument of a container that it becomes.
ARGUMENTS = [
    ("webhook.port", 10250, "webhook", "--addr=:10250"),
    ("webhook.healthPort", 9090, "webhook", "--health-addr=:9090"),
    ("webhook.shutdownDelaySeconds", 5, "webhook", "--shutdown-delay=5s"),
    ("webhook.logLevel", "debug", "webhook", "--log-level=debug"),
    ("webhook.extraArgs", ["--a=b"], "webhook", "--a=b"),
    ("image.tag", "2", "webhook", "--image=leader-elector:2"),
    ("sidecar.image", "mine:1", "webhook", "--image=mine:1"),
    ("sidecar.imagePullPolicy", "Always", "webhook", "--image-pull-policy=Always"),
    ("sidecar.mode", "container", "webhook", "--mode=container"),
    ("sidecar.ready", "leader", "webhook", "--ready=leader"),
    ("sidecar.leaseDuration", "30s", "webhook", "--lease-duration=30s"),
    ("sidecar.leaseRenewDuration", "8s", "webhook", "--lease-renew-duration=8s"),
    ("sidecar.retryPeriod", "1s", "webhook", "--retry-period=1s"),
    ("sidecar.logLevel", "warn", "webhook", "--sidecar-log-level=warn"),
    ("sidecar.resources.requests.cpu", "5m", "webhook", "--cpu-request=5m"),
    ("sidecar.resources.requests.memory", "16Mi", "webhook", "--memory-request=16Mi"),
    ("sidecar.resources.limits.cpu", "", "webhook", "--cpu-limit="),
    ("sidecar.resources.limits.memory", "64Mi", "webhook", "--memory-limit=64Mi"),
    ("operator.healthPort", 9091, "operator", "--health-addr=:9091"),
    ("operator.dashboard.port", 9092, "operator", "--dashboard-addr=localhost:9092"),
    ("operator.logLevel", "error", "operator", "--log-level=error"),
    ("operator.extraArgs", ["--a=b"], "operator", "--a=b"),
    ("operator.copyAnnotations", False, "operator", "--copy-annotations=false"),
    ("operator.manageRbac", False, "operator", "--manage-rbac=false"),
    ("fullnameOverride", "mine", "operator", "--lease-name=mine-operator"),
    ("fullnameOverride", "mine", "operator", "--service=mine-webhook"),
    ("fullnameOverride", "mine", "operator", "--webhook-configuration=mine"),
    ("fullnameOverride", "mine", "operator", "--certificate-secret=mine-tls"),
    ("fullnameOverride", "mine", "operator", "--authority-secret=mine-ca"),
]

# A value, and objects that it renders or leaves out.
KINDS = [
    ("serviceAccount.create", False, {}, {"ServiceAccount"}),
    ("rbac.create", False, {}, {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}),
    ("policies", {"operator": False, "holders": False, "sidecars": False}, {},
     {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}),
    ("podDisruptionBudget.enabled", False, {}, {"PodDisruptionBudget"}),
    ("replicas", 1, {}, {"PodDisruptionBudget"}),
    ("networkPolicy.sidecars.namespaces", ["shop"], {"NetworkPolicy"}, {}),
    ("networkPolicy.enabled", True, {"NetworkPolicy"}, {}),
    ("flowSchema.enabled", True, {"FlowSchema", "PriorityLevelConfiguration"}, {}),
    ("flowSchema", {"enabled": True, "priorityLevel": "workload-high"}, {"FlowSchema"}, {}),
    ("metrics.serviceMonitor.enabled", True, {"ServiceMonitor"}, {}),
    ("metrics.podMonitor.enabled", True, {"PodMonitor"}, {}),
    ("metrics.prometheusRule.enabled", True, {"PrometheusRule"}, {}),
    ("metrics.grafanaDashboard.enabled", True, {"ConfigMap"}, {}),
    ("tests.enabled", True, {"Pod"}, {}),
    ("certificates.mode", "certManager", {"Certificate", "Issuer"}, {"Secret"}),
    ("certificates", {"mode": "secret", "secret": {"name": "a", "caBundle": PEM}}, {}, {"Secret"}),
    ("extraObjects", [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}], {"ConfigMap"}, {}),
]


def cases(table):
    return pytest.mark.parametrize(
        "path, value, where, place, expected", table, ids=[f"{each[0]} -> {each[2][0]} {each[3]}" for each in table])


@cases(PLACES)
def test_it_stands_in_its_place(path, value, where, place, expected):
    assert at(render(nested(path, value)).the(*where), place) == expected


@cases(PLACES_ON_DEMAND)
def test_it_stands_in_its_place_on_demand(path, value, where, place, expected):
    assert at(render(merged(ON, nested(path, value))).the(*where), place) == expected


@cases(PLACES_BY_CERT_MANAGER)
def test_it_stands_in_the_certificate(path, value, where, place, expected):
    assert at(render(merged(BY_CERT_MANAGER, {"certificates": {"certManager": {"issuerRef": {"name": "any"}}}},
                            nested(path, value))).the(*where), place) == expected


@pytest.mark.parametrize("path, value, container, argument", ARGUMENTS)
def test_it_is_an_argument(path, value, container, argument):
    deployments = [each for each in render(nested(path, value)).objects if each["kind"] == "Deployment"]
    [arguments] = filter(None, (at(each, f"{POD}containers[{container}].args") for each in deployments))
    assert arguments[0] == container
    assert arguments.count(argument) == 1
    flag = argument.partition("=")[0] + "="
    assert [each for each in arguments if each.startswith(flag)] == [argument]


@pytest.mark.parametrize("path, value, added, missing", KINDS)
def test_it_decides_which_objects_there_are(path, value, added, missing):
    before = {each["kind"] for each in render().objects}
    after = {each["kind"] for each in render(nested(path, value)).objects}
    assert after - before == set(added)
    assert before - after == set(missing)


@pytest.mark.parametrize("policy", ["operator", "holders", "sidecars"])
def test_each_policy_can_be_left_out(policy):
    kept = render(nested(f"policies.{policy}", False))
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        assert set(render().names(kind)) - set(kept.names(kind)) == {
            name for name in render().names(kind) if name.startswith(f"leader-elector-{policy}")}


def test_a_budget_is_only_for_those_that_are_several():
    assert render({"replicas": 1, "operator": {"replicas": 2}}).names("PodDisruptionBudget") == ["leader-elector-operator"]
    assert render({"operator": {"replicas": 1}}).names("PodDisruptionBudget") == ["leader-elector"]


def test_extra_objects_are_templates_as_text_or_as_objects():
    text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-a"}'
    thing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-b"}}
    assert render({"extraObjects": [text, thing]}).names("ConfigMap") == ["leader-elector-a", "leader-elector-b"]


def test_a_given_secret_is_the_webhooks_and_its_ca_stands_in_the_configuration():
    rendered = render(BY_SECRET)
    assert at(rendered.the("MutatingWebhookConfiguration"),
              "webhooks[0].clientConfig.caBundle").startswith("LS0tLS1CRUdJTiBD")
    assert at(rendered.the(*DEPLOYMENT), POD + "volumes[certificate].secret.secretName") == "mine"
    arguments = at(rendered.the(*OPERATORS), OPERATOR + "args")
    assert "--certificates=given" in arguments
    assert not [each for each in arguments if each.startswith("--certificate-secret")]


WITHOUT_DASHBOARD = "operator.dashboard.enabled", False


def test_the_dashboard_can_be_left_out():
    arguments = at(render(nested(*WITHOUT_DASHBOARD)).the(*OPERATORS), OPERATOR + "args")
    assert not [each for each in arguments if each.startswith("--dashboard-addr")]


def test_cert_manager_makes_a_ca_of_its_own_unless_an_issuer_is_given():
    rendered = render(BY_CERT_MANAGER)
    assert rendered.names("Issuer") == ["leader-elector-self-signed", "leader-elector-ca"]
    assert rendered.names("Certificate") == ["leader-elector-ca", "leader-elector"]
    given = render(merged(BY_CERT_MANAGER, nested("certificates.certManager.issuerRef.name", "a")))
    assert given.names("Issuer") == [] and given.names("Certificate") == ["leader-elector"]


def test_cert_manager_is_told_whom_to_inject():
    rendered = render(merged(BY_CERT_MANAGER, nested("webhook.annotations", {"a": "b"})))
    assert rendered.the("MutatingWebhookConfiguration")["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": "election/leader-elector", "a": "b", "admissions.enforcer/disabled": "true"}
    assert at(rendered.the("Certificate", "or"), "spec.dnsNames[0]") == "leader-elector-webhook.election.svc"


def test_each_value_that_a_document_names_is_one():
    values = default_values()
    known = {".".join(leaf[:length]) for leaf in leaves(values) for length in range(1, len(leaf) + 1)}
    free = [".".join(leaf) + "." for leaf in leaves(values) if at(values, ".".join(leaf)) in ({}, [])]
    named = {(document.name, name) for document in [TOP / "README.md", CHART / "README.md", *(TOP / "docs").glob("*.md")]
             for name in re.findall(r"[`, ]([a-z]\w*(?:\.[a-z]\w*)+)(?=[`=,])", document.read_text(encoding="utf-8"))
             if name.split(".")[0] in values and not name.endswith((".cpp", ".h", ".md", ".py", ".sh"))}
    assert len(named) > 20
    assert not [each for each in named if each[1] not in known and not each[1].startswith(tuple(free))]


def test_every_value_is_tested():
    tested = set()
    tables = [*PLACES, *PLACES_ON_DEMAND, *PLACES_BY_CERT_MANAGER, *ARGUMENTS, *KINDS]
    for path, value in [WITHOUT_DASHBOARD, *(each[:2] for each in tables)]:
        tested |= {path, *(".".join(leaf) for leaf in leaves(nested(path, value)))}
    bare = [".".join(leaf) for leaf in leaves(default_values())
            if not any(".".join(leaf[:length]) in tested for length in range(1, len(leaf) + 1))]
    assert not bare
