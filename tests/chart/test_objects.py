"""What holds of every release, whatever its values."""
import pytest

from chart import at, nested, render
from value_sets import VALUE_SETS

POD = "spec.template.spec."
NAMESPACED = {"Deployment", "Service", "ServiceAccount", "Role", "RoleBinding", "Secret", "PodDisruptionBudget",
              "NetworkPolicy",
              "ServiceMonitor", "PodMonitor", "Certificate", "Issuer", "Lease", "Pod"}


@pytest.fixture(name="rendered", params=VALUE_SETS.values(), ids=VALUE_SETS.keys())
def fixture_rendered(request):
    return render(request.param)


def test_every_object_has_the_recommended_labels(rendered):
    for each in rendered.objects:
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/component"] in ("injector", "policy", "metrics", "test")
        assert labels["app.kubernetes.io/instance"] == "leader-elector"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/name"] == "leader-elector"
        assert labels["app.kubernetes.io/version"] == "0.1.0"
        assert labels["helm.sh/chart"] == "leader-elector-0.1.0"


def test_every_namespaced_object_is_in_the_release_namespace(rendered):
    for each in rendered.objects:
        assert each["metadata"].get("namespace") == ("election" if each["kind"] in NAMESPACED else None), each["kind"]


def test_every_name_begins_with_the_full_name(rendered):
    names = [each["metadata"]["name"] for each in rendered.objects]
    assert all(name.startswith("leader-elector") for name in names)


def test_only_the_operator_has_a_token_and_the_webhook_cannot_write_its_certificate(rendered):
    pod = at(rendered.the("Deployment"), "spec.template.spec")
    assert pod["automountServiceAccountToken"] is False
    mounts = {each["name"]: {mount["name"]: mount for mount in each["volumeMounts"]} for each in pod["containers"]}
    assert set(mounts["webhook"]) == {"certificate"} and mounts["webhook"]["certificate"]["readOnly"] is True
    assert set(mounts["operator"]) == {"certificate", "token"}
    assert mounts["operator"]["token"]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert at(pod, "volumes[certificate].emptyDir.medium") == "Memory"


def test_nobody_but_who_makes_it_writes_the_ca(rendered):
    configuration = rendered.the("MutatingWebhookConfiguration")
    given = "caBundle" in configuration["webhooks"][0]["clientConfig"]
    annotations = configuration["metadata"].get("annotations", {})
    injected = any(key.startswith("cert-manager.io/inject-ca-from") for key in annotations)
    rights = [rule for role in rendered.objects if role["kind"] == "ClusterRole" for rule in role["rules"]
              if "mutatingwebhookconfigurations" in rule["resources"]]
    own = "--certificates=own" in at(rendered.the("Deployment"), POD + "containers[operator].args")
    assert given + injected + own == 1
    if rendered.names("ClusterRole"):
        assert bool(rights) == own
        assert all(rule["resourceNames"] == ["leader-elector"] for rule in rights)


def test_secrets_are_rendered_without_data(rendered):
    for each in rendered.objects:
        if each["kind"] == "Secret":
            assert "data" not in each and "stringData" not in each and each["type"] == "Opaque"


def test_probes_ask_ports_that_there_are(rendered):
    for container in at(rendered.the("Deployment"), POD + "containers"):
        ports = {each["name"] for each in container["ports"]}
        assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} <= ports
        assert all(len(name) <= 15 for name in ports)


def test_selectors_find_the_pods(rendered):
    labels = at(rendered.the("Deployment"), "spec.template.metadata.labels")
    selectors = [at(rendered.the("Deployment"), "spec.selector.matchLabels"),
                 at(rendered.the("Service", "-webhook"), "spec.selector")]
    for kind, path in (("PodDisruptionBudget", "spec.selector.matchLabels"),
                       ("NetworkPolicy", "spec.podSelector.matchLabels")):
        selectors += [at(each, path) for each in rendered.objects if each["kind"] == kind]
    for selector in selectors:
        assert selector and selector.items() <= labels.items()


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
             if "leases" in rule["resources"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch", "patch", "delete"}


LONG = "an-unusually-long-name-of-a-release-that-helm-takes53"


def test_a_long_name_stays_within_kubernetes_limits():
    rendered = render(None, "election", LONG)
    assert len(LONG) == 53
    kinds = ("Service", "Pod", "Lease")
    assert max(len(each["metadata"]["name"]) for each in rendered.objects if each["kind"] in kinds) <= 63
    labels = at(rendered.the("Deployment"), "spec.template.metadata.labels")
    assert all(len(value) <= 63 for value in labels.values())


def test_a_release_of_another_name_is_named_after_both():
    assert render(None, "election", "prod").the("Deployment")["metadata"]["name"] == "prod-leader-elector"
