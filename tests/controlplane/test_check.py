"""What `check` says on a real API server: exit codes, and what it reads by itself."""
import base64
import json
import subprocess
from pathlib import Path

import pytest
from injected import annotated
from waiting import eventually

WEBHOOK = {
    "name": "inject.leader-elector.io", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
    "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
    "matchConditions": [{"name": "never", "expression": "false"}],  # nothing answers here
}
ASKS = annotated(inject="true")


class Checks:
    """Calls the program as a user with a kubeconfig, beside the control plane."""

    def __init__(self, control_plane, injector, space):
        self.control_plane, self.injector, self.space = control_plane, injector, space
        self.kubeconfig = control_plane.directory / "pki" / "admin.kubeconfig"

    def call(self, *arguments, kubeconfig=None):
        command = ["nsenter", f"--net={self.control_plane.network('cp')}", self.injector, "check",
                   f"--kubeconfig={kubeconfig or self.kubeconfig}", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def of(self, workload, code):
        """What is said about a workload of the test's namespace, as `TOPIC: SENTENCE`."""
        returned, out, err = self.call("-n", self.space.name, workload, "-o", "json")
        assert returned == code, out + err
        report = json.loads(out)
        return report, [f"{finding['topic']}: {finding['sentence']}" for finding in report["findings"]]


@pytest.fixture
def checks(control_plane, injector, space):
    return Checks(control_plane, injector, space)


@pytest.fixture
def installed(control_plane, space):
    """A webhook configuration for this test's namespace, and a release's Deployment that it leads to."""
    name = space.name
    webhook = {**WEBHOOK, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
               "clientConfig": {"service": {"name": "webhook", "namespace": name, "path": "/inject"}, "caBundle": authority(control_plane)}}
    control_plane.kubectl("create", "-f", "-", text=json.dumps(
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": name},
         "webhooks": [webhook]}))
    container = {"name": "webhook", "image": "i", "args": ["webhook", "--certificate=/c", "--image=example.org/elector:7"]}
    labels = {"app.kubernetes.io/name": "leader-elector"}
    space.create("Deployment", "release", labels=labels, spec={
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}})
    yield
    control_plane.kubectl("delete", "mutatingwebhookconfiguration", name)


def authority(control_plane):
    """Some certificate: the API server takes nothing else for a caBundle."""
    config = json.loads(control_plane.kubectl("config", "view", "--raw", "-o", "json"))
    return base64.b64encode(Path(config["clusters"][0]["cluster"]["certificate-authority"]).read_bytes()).decode()


def test_an_installation_and_a_workload_that_waits_for_its_pods(checks, space, installed):
    space.create("Deployment", "web", annotations=ASKS)
    report, said = checks.of("deploy/web", 0)
    assert report["well"] and report["verdict"] == "injected" and report["lease"] == "web" and report["pods"] == []
    assert "annotation: it has some itself that its Pod template has not: the operator will copy them, and its Pods are " \
        "replaced then" in said
    assert "settings: sidecars run the image example.org/elector:7 by default" in said
    assert f"webhook: the configuration \"{space.name}\" sends the Pods of this namespace to the injector" in said
    assert "webhook: it does so where its matchConditions hold, which are not judged here: never" in said
    assert "rights: there is no Role \"leader-elector:web\": the operator makes it for the first Pod" in said


def test_a_workload_with_pods_rights_and_neighbours(checks, space, installed, operators):
    replicas, _ = space.deployment("web", annotations=ASKS)
    others, _ = space.deployment("db")
    pod = space.pod("web-1", "web", owner=replicas)
    space.pod("db-1", "db", owner=others)
    operators.start("one")
    eventually("the role is there", lambda: space.accounts("web") == ["default"] and space.accounts("db") == ["default"])
    space.kubectl("patch", "lease", "web", "--type=merge", "-p", json.dumps(
        {"spec": {"holderIdentity": "web-1", "leaseDurationSeconds": 3600, "renewTime": "2026-01-02T03:04:05.000006Z"}}))
    report, said = checks.of("deployment/web", 1)  # the Lease's holder died long ago
    assert [(line["name"], line["workload"], line["state"], line["lease"]) for line in report["pods"]] == [
        (pod["metadata"]["name"], "Deployment/web", "injected", "web")]
    assert "rights: the ServiceAccount \"default\" may campaign for it" in said
    assert "account: the ServiceAccount \"default\" also serves Pods that campaign for db: rights add up, so that each of them " \
        "may write all of these Leases; give each workload a ServiceAccount of its own" in said
    assert any(sentence.startswith("lease: \"web-1\" held the Lease \"web\", renewed ") for sentence in said)


def test_what_is_not_installed(checks, space):
    space.create("StatefulSet", "db", annotations=ASKS)
    report, said = checks.of("sts/db", 1)
    assert report["headline"] == "its Pods would get a sidecar, but nothing asks the injector"
    assert "webhook: the injector is not installed: no MutatingWebhookConfiguration has the webhook inject.leader-elector.io; " \
        "install the chart" in said


def test_what_is_refused_and_what_does_not_ask(checks, space, installed):
    space.create("DaemonSet", "wrong", annotations=annotated(inject="true", port="0"))
    report, said = checks.of("ds/wrong", 1)
    assert report["verdict"] == "refused"
    assert any(sentence.startswith("decision: its Pods are refused: annotation leader-elector.io/port \"0\" is refused") for sentence in said)
    space.create("CronJob", "quiet")
    report, said = checks.of("cj/quiet", 1)
    assert report["headline"] == "its Pods get no sidecar: none asked"
    code, out, _ = checks.call("-n", space.name, "cronjob/quiet")
    assert code == 1
    assert out.startswith(f"CronJob/quiet in the namespace {space.name}: its Pods get no sidecar: none asked\n  note     annotation")


def test_a_survey_finds_outdated_and_missed_pods(checks, space):
    replicas, _ = space.deployment("web")
    for number in range(3):
        space.pod(f"current-{number}", "web", owner=replicas)
    code, out, err = checks.call("-n", space.name)
    assert (code, err) == (0, "")
    assert out.startswith(f"Pods in the namespace {space.name}: 3 with their sidecar, 0 outdated, 0 missed, 0 passed over\n")
    space.pod("old", "web", owner=replicas, status="injected 0.0.1")
    space.pod("missed", "web", owner=replicas, sidecar=False, status=None)
    code, out, err = checks.call("-A", "-o", "json")
    assert code == 1, err
    lines = {(line["namespace"], line["name"]): line["state"] for line in json.loads(out)["pods"]}
    assert lines[(space.name, "old")] == "outdated" and lines[(space.name, "missed")] == "missed"
    assert lines[(space.name, "current-0")] == "injected"


def test_more_pods_than_a_page_has(checks, space):
    items = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}", "annotations": annotated(inject="true", lease_name="l")},
              "spec": {"containers": [{"name": "a", "image": "a"}]}} for number in range(220)]
    space.kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    code, out, _ = checks.call("-n", space.name)
    assert code == 1
    assert out.startswith(f"Pods in the namespace {space.name}: 0 with their sidecar, 0 outdated, 220 missed, 0 passed over\n")


def test_a_person_who_may_read_little_is_told_so(checks, control_plane, space, tmp_path):
    space.create("Deployment", "web", annotations=ASKS)
    space.kubectl("create", "role", "reader", "--verb=get", "--resource=deployments.apps")
    space.kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={space.name}:default")
    token = space.kubectl("create", "token", "default").strip()
    config = json.loads(control_plane.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config), encoding="utf-8")
    code, out, err = checks.call("-n", space.name, "deploy/web", kubeconfig=path)
    assert code == 0, out + err
    assert "whether the injector is installed is not known: " in out and "forbidden" in out
    assert "not all Pods are known: " in out
    code, out, err = checks.call("-n", space.name, kubeconfig=path)
    assert (code, out) == (4, "") and "forbidden" in err


def test_exit_codes_for_what_is_not_there(checks, space, tmp_path):
    assert checks.call("-n", space.name, "deploy/none") == (1, "", f"there is no Deployment/none in the namespace {space.name}\n")
    code, _, err = checks.call("service/web")
    assert code == 2 and "allowed kinds are deployment" in err
    code, _, err = checks.call(kubeconfig=tmp_path / "none")
    assert code == 2 and str(tmp_path / "none") in err
    path = tmp_path / "nobody"
    path.write_text(json.dumps({"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
                                "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}], "current-context": "c"}),
                    encoding="utf-8")
    code, _, err = checks.call("deploy/web", kubeconfig=path)
    assert code == 4 and "127.0.0.1:1" in err
