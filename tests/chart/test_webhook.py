"""Which Pods depend on the webhook: here nobody answers, so that those who do are refused."""
import json

import pytest

from caller import until_in_force
from chart import CHART

SPACE = "asked"
REFUSED = 'failed calling webhook "inject.leader-elector.io"'
INJECT = {"leader-elector.io/inject": "true"}


def says(server, annotations=None, namespace="elsewhere", labels=None, name="it"):
    """What the API server says against such a Pod; "" where it takes it."""
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": name, "namespace": namespace, "annotations": annotations or {}, "labels": labels or {}},
           "spec": {"containers": [{"name": "it", "image": "it:1"}], "serviceAccountName": "it",
                    "automountServiceAccountToken": False}}
    try:
        server.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))
    except AssertionError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module", name="server")
def fixture_server(control_plane):
    for namespace in (SPACE, "elsewhere"):
        control_plane.kubectl("create", "namespace", namespace)
    control_plane.kubectl("label", "namespace", "elsewhere", "team=a")
    for namespace in (SPACE, "elsewhere", "kube-system", "kube-public", "kube-node-lease", "default"):
        control_plane.kubectl("create", "serviceaccount", "it", "-n", namespace)
    return control_plane


@pytest.fixture(name="released")
def fixture_released(server):
    """With values; until the API server has taken them up."""
    def release(*flags):
        server.tool("helm", "upgrade", "--install", "asked", str(CHART), "-n", SPACE, "--set=policies.sidecars=false",
                    *flags)
        until_in_force(lambda: says(server, INJECT, labels={"probe": "true"}))
        return server
    yield release
    server.tool("helm", "uninstall", "asked", "-n", SPACE)
    until_in_force(lambda: not says(server, INJECT, labels={"probe": "true"}))


ASKED = {
    "inject": INJECT,
    "another annotation of ours": {"leader-elector.io/lease-name": "web"},
    "a misspelt annotation": {"leader-elector.io/injekt": "true"},
    "a value that is none": {"leader-elector.io/inject": "yes"},
    "one among others": {"a": "b", **INJECT},
}
NOT_ASKED = {
    "no annotation": {},
    "annotations of others": {"a": "b", "leader-elector": "true", "example.com/leader-elector.io": "true"},
    "inject is false": {"leader-elector.io/inject": "false", "leader-elector.io/port": "nonsense"},
}


def test_only_annotated_pods_depend_on_it(released):
    server = released()
    assert {case: REFUSED in says(server, annotations) for case, annotations in ASKED.items()} == {
        case: True for case in ASKED}
    assert {case: says(server, annotations) for case, annotations in NOT_ASKED.items()} == dict.fromkeys(NOT_ASKED, "")


def test_namespaces_of_kubernetes_never_depend_on_it_and_that_of_the_release_does(released):
    server = released()
    spaces = ["kube-system", "kube-public", "kube-node-lease", "default", SPACE, "elsewhere"]
    assert [space for space in spaces if REFUSED in says(server, INJECT, space)] == ["default", SPACE, "elsewhere"]


def test_its_own_pods_never_depend_on_it(released):
    server = released()
    own = server.get("deployment", "asked-leader-elector", "-n", SPACE)["spec"]["template"]["metadata"]["labels"]
    assert says(server, INJECT, SPACE, own) == ""
    assert REFUSED in says(server, INJECT, "elsewhere", own)


def test_with_ignore_annotated_pods_start(released):
    server = released()
    server.tool("helm", "upgrade", "asked", str(CHART), "-n", SPACE, "--set=webhook.failurePolicy=Ignore")
    until_in_force(lambda: not says(server, INJECT))


def test_selectors_and_conditions_narrow_it(released):
    server = released("--set=webhook.namespaceSelector.matchLabels.team=a",
                      "--set-string=webhook.objectSelector.matchLabels.probe=true",
                      "--set=webhook.matchConditions[0].name=not-late",
                      "--set-string=webhook.matchConditions[0].expression=object.metadata.name != 'late'")
    probe = {"probe": "true"}
    assert REFUSED in says(server, INJECT, labels=probe)
    assert says(server, INJECT) == ""
    assert says(server, INJECT, SPACE, probe) == ""
    assert says(server, INJECT, labels=probe, name="late") == ""
