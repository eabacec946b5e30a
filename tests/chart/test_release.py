"""A release comes, changes and goes by helm, on a real API server. What the operator writes is written in its name."""
import base64
import json

import pytest

from caller import Caller
from chart import CHART, render
from value_sets import CA

SPACE = "life"
SERVER_SIDE = ("--server-side", "--field-manager=leader-elector-injector", "--force-conflicts")
# Each says nothing of what the operator writes, and changes what stands beside it.
UPGRADES = [
    ("--set=webhook.timeoutSeconds=7,webhook.annotations.a=b,commonLabels.team=a", "--set=replicas=3"),
    ("--set=webhook.failurePolicy=Ignore",
     "--set-string=webhook.matchConditions[0].name=x,webhook.matchConditions[0].expression=true"),
]


def text_of(data):
    return base64.b64encode(data.encode()).decode()


class Release:
    """One release, and the objects of it that the operator writes."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.operator = Caller(cluster, SPACE, "leader-elector")

    def helm(self, command, *flags):
        return self.cluster.tool("helm", command, "leader-elector", *([] if command == "uninstall" else [str(CHART)]),
                                 "-n", SPACE, *flags)

    def fill(self):
        """As the operator does: Secrets by a merge patch, the webhook configuration by server-side apply."""
        for suffix, data in (("ca", {"ca.crt": "authority", "ca.key": "secret"}),
                             ("tls", {"tls.crt": "leaf", "tls.key": "key"})):
            patch = {"data": {key: text_of(value) for key, value in data.items()}}
            said = self.operator.tries("patch", "secret", f"leader-elector-{suffix}", "-n", SPACE, "--type=merge",
                                       "--field-manager=leader-elector-injector", "-p", json.dumps(patch), meant=True)
            assert said is None, said
        bundle = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                  "metadata": {"name": "leader-elector"},
                  "webhooks": [{"name": "inject.leader-elector.io", "clientConfig": {"caBundle": text_of(CA)}}]}
        said = self.operator.tries("apply", *SERVER_SIDE, "-f", "-", text=json.dumps(bundle), meant=True)
        assert said is None, said

    def filled(self):
        configuration = self.cluster.get("mutatingwebhookconfiguration", "leader-elector")
        secrets = [self.cluster.get("secret", f"leader-elector-{suffix}", "-n", SPACE).get("data")
                   for suffix in ("ca", "tls")]
        return [configuration["webhooks"][0]["clientConfig"].get("caBundle"), *secrets]


@pytest.fixture(scope="module", autouse=True)
def fixture_space(control_plane):
    control_plane.kubectl("create", "namespace", SPACE)


@pytest.fixture(name="release")
def fixture_release(control_plane):
    ours = Release(control_plane)
    ours.helm("install")
    yield ours
    ours.helm("uninstall", "--ignore-not-found")


def test_two_upgrades_keep_what_the_operator_wrote(release):
    release.fill()
    written = release.filled()
    assert all(written)
    for flags in UPGRADES:
        release.helm("upgrade", *flags)
        assert release.filled() == written
    configuration = release.cluster.get("mutatingwebhookconfiguration", "leader-elector")["webhooks"][0]
    assert configuration["failurePolicy"] == "Ignore" and configuration["matchConditions"][-1]["name"] == "x"


def test_the_operator_writes_on_between_and_after_upgrades(release):
    for flags in UPGRADES:
        release.fill()
        release.helm("upgrade", *flags)
    release.fill()


def test_a_rollback_keeps_what_the_operator_wrote(release):
    release.fill()
    written = release.filled()
    release.helm("upgrade", *UPGRADES[0])
    release.cluster.tool("helm", "rollback", "leader-elector", "1", "-n", SPACE)
    assert release.filled() == written


def test_from_its_own_certificates_to_a_given_secret_helm_must_take_the_ca(release):
    release.fill()
    other = CA.replace("MII", "MIJ")
    given = ["--set=certificates.mode=secret,certificates.secret.name=mine",
             f"--set=certificates.secret.caBundle={other}"]
    with pytest.raises(AssertionError, match='conflict with "leader-elector-injector"'):
        release.helm("upgrade", *given)
    release.helm("upgrade", *given, "--force-conflicts")
    configuration = release.cluster.get("mutatingwebhookconfiguration", "leader-elector")
    assert configuration["webhooks"][0]["clientConfig"]["caBundle"] == text_of(other)
    left = release.cluster.kubectl("get", "secrets", "-n", SPACE, "-o", "name", "-l",
                                   "app.kubernetes.io/name=leader-elector")
    assert left == ""


def enforce(cluster):
    """As AKS's admissions enforcer does with webhook configurations that do not opt out."""
    configuration = cluster.get("mutatingwebhookconfiguration", "leader-elector")
    if configuration["metadata"].get("annotations", {}).get("admissions.enforcer/disabled") == "true":
        return
    selector = configuration["webhooks"][0]["namespaceSelector"]
    selector["matchExpressions"] += [{"key": "control-plane", "operator": "NotIn", "values": ["true"]},
                                     {"key": "kubernetes.azure.com/managedby", "operator": "NotIn", "values": ["aks"]}]
    cluster.kubectl("replace", "--field-manager=admissionsenforcer", "-f", "-", text=json.dumps(configuration))


def test_upgrades_do_not_conflict_with_the_admissions_enforcer_of_aks(release):
    enforce(release.cluster)
    for flags in UPGRADES:
        release.helm("upgrade", *flags)
        enforce(release.cluster)


def test_where_the_enforcer_may_write_helm_must_take_the_selector(release):
    allowed = "--set-string=webhook.annotations.admissions\\.enforcer/disabled=false"
    release.helm("upgrade", allowed)
    enforce(release.cluster)
    with pytest.raises(AssertionError, match='conflict with "admissionsenforcer"'):
        release.helm("upgrade", allowed)
    release.helm("upgrade", "--force-conflicts", "--reset-values")
    enforce(release.cluster)
    release.helm("upgrade")


LABELS = {"app.kubernetes.io/name": "leader-elector", "app.kubernetes.io/instance": "leader-elector",
          "app.kubernetes.io/component": "injector"}


def chart_of_one_deployment(directory):
    """What of the charts stays that had webhook and operator in one Pod: names and selectors."""
    pod = {"metadata": {"labels": {**LABELS, "leader-elector.io/injector": "true"}},
           "spec": {"serviceAccountName": "leader-elector",
                    "containers": [{"name": "webhook", "image": "it:1"}, {"name": "operator", "image": "it:1"}]}}
    selector = {"matchLabels": LABELS}
    things = [
        ("v1", "ServiceAccount", "leader-elector", {}),
        ("apps/v1", "Deployment", "leader-elector", {"spec": {"replicas": 2, "selector": selector, "template": pod}}),
        ("policy/v1", "PodDisruptionBudget", "leader-elector", {"spec": {"minAvailable": 1, "selector": selector}}),
        ("v1", "Service", "leader-elector-webhook", {"spec": {"selector": LABELS, "ports": [{"port": 443, "targetPort": "webhook"}]}}),
    ]
    (directory / "templates").mkdir()
    (directory / "Chart.yaml").write_text("{apiVersion: v2, name: leader-elector, version: 0.0.1}", encoding="utf-8")
    (directory / "templates" / "all.yaml").write_text("\n---\n".join(
        json.dumps({"apiVersion": api, "kind": kind, "metadata": {"name": name, "labels": LABELS}, **more})
        for api, kind, name, more in things), encoding="utf-8")
    return directory


def test_a_release_of_one_deployment_becomes_one_of_two(control_plane, tmp_path):
    """The Service finds the old Pods until the new ones are there, and the operator's Deployment does not take the old ones."""
    control_plane.tool("helm", "install", "leader-elector", str(chart_of_one_deployment(tmp_path)), "-n", SPACE)
    release = Release(control_plane)
    try:
        before = control_plane.get("deployment", "leader-elector", "-n", SPACE)
        release.helm("upgrade")
        after = control_plane.get("deployment", "leader-elector", "-n", SPACE)
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert [each["name"] for each in after["spec"]["template"]["spec"]["containers"]] == ["webhook"]
        old, new = (each["spec"]["template"]["metadata"]["labels"] for each in (before, after))
        service = control_plane.get("service", "leader-elector-webhook", "-n", SPACE)["spec"]["selector"]
        assert service.items() <= old.items() and service.items() <= new.items()
        operator = control_plane.get("deployment", "leader-elector-operator", "-n", SPACE)["spec"]
        assert not operator["selector"]["matchLabels"].items() <= old.items()
        release.fill()
        release.helm("upgrade", *UPGRADES[0])
    finally:
        release.helm("uninstall")


def everything(cluster):
    """All objects of the cluster that could be a release's: by their kinds, namespaces and names."""
    kinds = cluster.kubectl("api-resources", "--verbs=list", "-o", "name").split()
    kept = ",".join(kind for kind in kinds if not kind.startswith(("events", "componentstatuses")))
    listed = cluster.kubectl("get", kept, "--all-namespaces", "--ignore-not-found", "-o",
                             'jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\\n"}{end}')
    return set(listed.split())


def test_an_uninstallation_leaves_nothing(control_plane, release):
    """Nor the Leases that the operator's election and a test that failed have left."""
    release.helm("uninstall")
    before = everything(control_plane)
    release.helm("install", "--set=tests.enabled=true,metrics.serviceMonitor.enabled=false,networkPolicy.enabled=true,networkPolicy.sidecars.namespaces={default}")
    release.fill()
    for name in ("leader-elector-operator", "leader-elector-test"):
        control_plane.apply(json.dumps({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {
            "name": name, "namespace": SPACE}, "spec": {"holderIdentity": "it", "leaseDurationSeconds": 10}}))
    assert len(everything(control_plane) - before) > 25
    release.helm("upgrade", "--set=tests.enabled=true", *UPGRADES[0])
    release.helm("uninstall")
    assert everything(control_plane) - before == set()


def test_all_that_is_rendered_is_installed(control_plane, release):
    there = everything(control_plane)
    for each in render(None, SPACE).without_hooks():
        name = f"{each['kind']}/{each['metadata'].get('namespace', '')}/{each['metadata']['name']}"
        assert name in there


# ------------------------------------------------------------------------------------------------ the operator's rights

RIGHTS = [
    ("get", "pods", "shop"), ("list", "pods", "shop"), ("watch", "pods", "shop"), ("get", "replicasets", "shop"),
    ("list", "replicasets", "shop"), ("watch", "replicasets", "shop"),
    ("create", "events", "shop"), ("list", "events", "shop"), ("get", "jobs", "shop"),
    *[(verb, kind, "shop") for verb in ("get", "list", "watch", "patch")
      for kind in ("deployments", "statefulsets", "daemonsets", "jobs", "cronjobs")],
    *[(verb, "leases", "shop") for verb in ("get", "list", "watch", "create", "update", "patch", "delete")],
    *[(verb, kind, "shop") for verb in ("get", "list", "watch", "create", "patch", "delete")
      for kind in ("roles", "rolebindings")],
    *[(verb, f"secrets/leader-elector-{secret}", SPACE) for secret in ("tls", "ca") for verb in ("get", "patch")],
    ("label", "leases.leader-elector.io", "shop"),
    *[(verb, "leases/leader-elector-operator", SPACE) for verb in ("get", "list", "watch", "create", "update")],
    *[(verb, "mutatingwebhookconfigurations/leader-elector", SPACE) for verb in ("get", "list", "watch", "patch")],
]
NO_RIGHTS = [
    ("create", "pods", "shop"), ("delete", "pods", "shop"), ("patch", "pods", "shop"), ("create", "pods/exec", "shop"),
    ("get", "pods/log", "shop"), ("get", "secrets", "shop"), ("list", "secrets", SPACE),
    ("get", "secrets/other", SPACE), ("list", "secrets/leader-elector-tls", SPACE), ("watch", "secrets/leader-elector-tls", SPACE),
    ("delete", "secrets/leader-elector-tls", SPACE), ("create", "secrets", SPACE), ("get", "configmaps", SPACE),
    ("update", "deployments", "shop"), ("create", "deployments", "shop"), ("delete", "deployments", "shop"),
    ("patch", "deployments/scale", "shop"), ("patch", "replicasets", "shop"), ("update", "roles", "shop"),
    ("escalate", "roles", "shop"),
    ("bind", "roles", "shop"), ("patch", "clusterroles", "shop"), ("get", "nodes", "shop"),
    ("impersonate", "serviceaccounts", "shop"),
    ("create", "serviceaccounts/token", "shop"), ("patch", "mutatingwebhookconfigurations/other", SPACE),
    ("list", "mutatingwebhookconfigurations", SPACE),
    ("update", "mutatingwebhookconfigurations/leader-elector", SPACE),
    ("delete", "mutatingwebhookconfigurations/leader-elector", SPACE),
    ("label", "leases", "shop"), ("patch", "validatingadmissionpolicies/leader-elector-holders", SPACE), ("deletecollection", "leases", "shop"),
]


RBAC, APPS, BATCH, ADMISSION = "rbac.authorization.k8s.io", "apps", "batch", "admissionregistration.k8s.io"
GROUPS = {
    "roles": RBAC, "rolebindings": RBAC, "clusterroles": RBAC, "deployments": APPS, "statefulsets": APPS,
    "daemonsets": APPS,
    "replicasets": APPS, "jobs": BATCH, "cronjobs": BATCH, "leases": "coordination.k8s.io",
    "mutatingwebhookconfigurations": ADMISSION, "validatingadmissionpolicies": ADMISSION,
    "leases.leader-elector.io": "leader-elector.io",
}
PARTS = ("pods", "deployments", "serviceaccounts")  # whose names here are those of subresources


def reviews(rights):
    for verb, resource, namespace in rights:
        kind, _, name = resource.partition("/")
        yield {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
               "spec": {"user": f"system:serviceaccount:{SPACE}:leader-elector", "resourceAttributes": {
                   "namespace": namespace, "verb": verb, "group": GROUPS.get(kind, ""), "resource": kind.partition(".")[0],
                   "subresource" if kind in PARTS else "name": name}}}


def test_the_operator_may_do_what_it_does_and_no_more(control_plane, release):
    asked = [*RIGHTS, *NO_RIGHTS]
    answers = control_plane.kubectl("create", "-f", "-", "-o", "jsonpath={.status.allowed}{\"\\n\"}", text=json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": list(reviews(asked))})).split()
    assert len(answers) == len(asked)
    assert [right for right, allowed in zip(asked, answers) if allowed == "true"] == RIGHTS
