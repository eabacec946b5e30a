"""What holds of every release, whatever its values."""
import re

import pytest

from chart import HERE, at, nested, render
from value_sets import VALUE_SETS

POD = "spec.template.spec."
NAMESPACED = {"Deployment", "Service", "ServiceAccount", "Role", "RoleBinding", "Secret", "PodDisruptionBudget",
              "NetworkPolicy",
              "ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap", "Certificate", "Issuer", "Lease", "Pod"}


@pytest.fixture(name="rendered", params=VALUE_SETS.values(), ids=VALUE_SETS.keys())
def fixture_rendered(request):
    return render(request.param)


WEBHOOK, OPERATOR = ("Deployment", "elector"), ("Deployment", "-operator")


def pods(rendered):
    """The two Pods, as their Deployments have them: the webhook's, the operator's."""
    deployments = [each for each in rendered.objects if each["kind"] == "Deployment"]
    webhook, operator = sorted(deployments, key=lambda each: each["metadata"]["name"].endswith("-operator"))
    return [webhook["spec"]["template"], operator["spec"]["template"]]


def finds(selector, labels):
    return selector.items() <= labels.items()


def test_every_object_has_the_recommended_labels(rendered):
    for each in rendered.objects:
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/component"] in ("injector", "operator", "policy", "metrics", "test")
        assert labels["app.kubernetes.io/instance"] == "leader-elector"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/name"] == "leader-elector"
        assert labels["app.kubernetes.io/version"] == "0.1.0"
        assert labels["helm.sh/chart"] == "leader-elector-0.1.0"


def test_every_namespaced_object_is_in_the_release_namespace(rendered):
    for each in rendered.objects:
        if each["metadata"]["name"].endswith("-sidecars") and each["kind"] == "NetworkPolicy":
            continue  # in the namespaces of sidecars
        assert each["metadata"].get("namespace") == ("election" if each["kind"] in NAMESPACED else None), each["kind"]


def test_every_name_begins_with_the_full_name(rendered):
    names = [each["metadata"]["name"] for each in rendered.objects]
    assert all(name.startswith("leader-elector") for name in names)


def test_only_the_operator_has_a_token_and_the_webhook_cannot_write_its_certificate(rendered):
    webhook, operator = (each["spec"] for each in pods(rendered))
    assert [len(pod["containers"]) for pod in (webhook, operator)] == [1, 1]
    assert webhook["automountServiceAccountToken"] is operator["automountServiceAccountToken"] is False
    [mount] = webhook["containers"][0]["volumeMounts"]
    assert mount["name"] == "certificate" and mount["readOnly"] is True
    assert [set(volume) for volume in webhook["volumes"]] == [{"name", "secret"}]
    [mount] = operator["containers"][0]["volumeMounts"]
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount" and mount["readOnly"] is True
    assert [set(volume) for volume in operator["volumes"]] == [{"name", "projected"}]


def test_the_webhook_starts_with_its_certificate_and_not_before(rendered):
    """The kubelet waits for keys that are named; whatever else a Secret lacks, it looks for a minute later."""
    secret = at(pods(rendered)[0], "spec.volumes[certificate].secret")
    assert [item["key"] for item in secret["items"]] == ["tls.crt", "tls.key"] and "optional" not in secret
    arguments = at(pods(rendered)[0], "spec.containers[webhook].args")
    assert {"--certificate=/run/leader-elector/tls.crt", "--key=/run/leader-elector/tls.key"} <= set(arguments)


def test_the_webhooks_service_account_has_no_rights():
    rendered = render()
    webhook, operator = (each["spec"]["serviceAccountName"] for each in pods(rendered))
    assert webhook != operator and {webhook, operator} == set(rendered.names("ServiceAccount"))
    bound = [subject["name"] for each in rendered.objects if each["kind"].endswith("RoleBinding")
             for subject in each["subjects"]]
    assert bound == [operator, operator]


def test_nobody_but_who_makes_it_writes_the_ca(rendered):
    configuration = rendered.the("MutatingWebhookConfiguration")
    given = "caBundle" in configuration["webhooks"][0]["clientConfig"]
    annotations = configuration["metadata"].get("annotations", {})
    injected = any(key.startswith("cert-manager.io/inject-ca-from") for key in annotations)
    rights = [rule for role in rendered.objects if role["kind"] == "ClusterRole" for rule in role["rules"]
              if "mutatingwebhookconfigurations" in rule["resources"]]
    own = "--certificates=own" in at(rendered.the(*OPERATOR), POD + "containers[operator].args")
    assert given + injected + own == 1
    if rendered.names("ClusterRole"):
        assert bool(rights) == own
        assert all(rule["resourceNames"] == ["leader-elector"] for rule in rights)


def test_secrets_are_rendered_without_data(rendered):
    for each in rendered.objects:
        if each["kind"] == "Secret":
            assert "data" not in each and "stringData" not in each and each["type"] == "Opaque"


def test_probes_ask_ports_that_there_are(rendered):
    for container in [container for pod in pods(rendered) for container in pod["spec"]["containers"]]:
        ports = {each["name"] for each in container["ports"]}
        assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} <= ports
        assert all(len(name) <= 15 for name in ports)


def test_selectors_find_the_pods_that_they_are_for_and_no_others(rendered):
    """Else whatever becomes of the operator would become of the webhook: both are in no selector but that of the metrics."""
    webhook, operator = (each["metadata"]["labels"] for each in pods(rendered))
    found = {}
    for each in rendered.objects:
        path = {"Deployment": "spec.selector.matchLabels", "Service": "spec.selector",
                "PodDisruptionBudget": "spec.selector.matchLabels", "NetworkPolicy": "spec.podSelector.matchLabels"}.get(each["kind"])
        if path and not each["metadata"]["name"].endswith("-sidecars"):
            selector = at(each, path)
            found[each["kind"], each["metadata"]["name"]] = (finds(selector, webhook), finds(selector, operator))
    for (kind, name), both in found.items():
        expected = {"-metrics": (True, True), "-operator": (False, True)}.get(name.removeprefix("leader-elector"), (True, False))
        assert both == expected, (kind, name)
    assert {name for kind, name in found if kind == "Deployment"} == {"leader-elector", "leader-elector-operator"}


def test_the_webhooks_pods_are_selected_as_they_always_were(rendered):
    """A Deployment's selector cannot be changed: an upgrade from a chart of one Deployment finds its own."""
    assert at(rendered.the(*WEBHOOK), "spec.selector.matchLabels") == {
        "app.kubernetes.io/name": "leader-elector", "app.kubernetes.io/instance": "leader-elector",
        "app.kubernetes.io/component": "injector"}


def test_neither_pod_waits_for_the_webhook(rendered):
    for pod in pods(rendered):
        assert pod["metadata"]["labels"]["leader-elector.io/injector"] == "true"


def test_the_operator_can_only_read_and_patch_what_it_must():
    """Escalation, impersonation, Pods' contents, foreign Secrets: none of it."""
    rules = [rule for role in render().objects if role["kind"] in ("ClusterRole", "Role") for rule in role["rules"]]
    assert not [rule for rule in rules if "*" in rule["verbs"] + rule["resources"] + rule["apiGroups"]]
    verbs = {verb for rule in rules for verb in rule["verbs"]}
    assert not {"escalate", "bind", "impersonate", "deletecollection"} & verbs
    assert all(rule.get("resourceNames") for rule in rules if "secrets" in rule["resources"])
    assert [rule["verbs"] for rule in rules if "pods" in rule["resources"]] == [["get", "list", "watch"]]


@pytest.mark.parametrize("value, resources", [
    ("operator.copyAnnotations", {"deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"}),
    ("operator.manageRbac", {"roles", "rolebindings"}),
])
def test_a_right_that_is_not_wanted_is_not_granted(value, resources):
    def granted(values):
        return {each for rule in render(values).the("ClusterRole")["rules"] for each in rule["resources"]
                if "patch" in rule["verbs"]}
    assert granted({}) - granted(nested(value, False)) == resources


def test_without_roles_to_make_the_operator_cannot_write_leases():
    verbs = {verb for rule in render(nested("operator.manageRbac", False)).the("ClusterRole")["rules"]
             if "leases" in rule["resources"] and rule["apiGroups"] == ["coordination.k8s.io"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch", "patch", "delete"}


LONG = "an-unusually-long-name-of-a-release-that-helm-takes53"


def test_a_long_name_stays_within_kubernetes_limits():
    rendered = render(None, "election", LONG)
    assert len(LONG) == 53
    kinds = ("Service", "Pod", "Lease")
    assert max(len(each["metadata"]["name"]) for each in rendered.objects if each["kind"] in kinds) <= 63
    assert all(len(value) <= 63 for pod in pods(rendered) for value in pod["metadata"]["labels"].values())


def test_a_release_of_another_name_is_named_after_both():
    assert render(None, "election", "prod").names("Deployment") == ["prod-leader-elector", "prod-leader-elector-operator"]


def test_kubernetes_own_namespaces_are_the_same_in_program_webhook_policies_and_documentation():
    top = HERE.parent.parent
    source = (top / "injector/cluster/resource.cpp").read_text(encoding="utf-8")
    listed = source[source.index("bool isProtected("):]
    protected = set(re.findall(r'"([a-z-]+)"', listed[:listed.index("}", listed.index("kSpaces{") + 8)]))
    assert len(protected) == 3
    release = render()
    webhook = release.the("MutatingWebhookConfiguration")["webhooks"][0]
    expression = next(each for each in webhook["namespaceSelector"]["matchExpressions"] if each["operator"] == "NotIn")
    assert set(expression["values"]) == protected
    rules = [rule["expression"] for each in release.objects if each["kind"] == "ValidatingAdmissionPolicy"
             for rule in each["spec"]["validations"] if "request.namespace in " in rule["expression"]]
    assert len(rules) == 3 and all(set(re.findall("'([a-z-]+)'", rule)) == protected for rule in rules)
    assert not [each for each in release.objects if "startsWith('kube-" in str(each)]
    page = (top / "docs/injector.md").read_text(encoding="utf-8")
    assert all(f"`{space}`" in page for space in protected)
