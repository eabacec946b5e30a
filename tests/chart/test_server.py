"""A real API server takes all that is rendered."""
import json

import pytest

from chart import NAMESPACE, at, render
from foreign import install
from value_sets import VALUE_SETS


@pytest.fixture(scope="module", name="server")
def fixture_server(control_plane):
    install(control_plane)
    control_plane.kubectl("create", "namespace", NAMESPACE)
    control_plane.kubectl("create", "namespace", "restricted")
    control_plane.kubectl("label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted")
    for namespace in ("shop", "bank"):  # other tests may have made them
        control_plane.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}))
    for namespace in (NAMESPACE, "restricted"):  # nobody makes them here: there is no controller manager
        for account in ("default", "leader-elector", "leader-elector-webhook"):
            control_plane.kubectl("create", "serviceaccount", account, "-n", namespace)
    return control_plane


@pytest.mark.parametrize("values", VALUE_SETS.values(), ids=VALUE_SETS.keys())
def test_the_server_takes_every_object_and_knows_every_field(server, values):
    objects = render(values).objects
    said = server.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), "--server-side",
                        "--dry-run=server",
                        "--validate=strict")
    assert said.count("serverside-applied (server dry run)") == len(objects)


def test_the_server_would_have_refused_a_misspelt_field(server):
    """So that the test above can fail: of our own kinds, and of the foreign ones."""
    for kind, suffix in (("Deployment", "elector"), ("ServiceMonitor", "")):
        wrong = render(VALUE_SETS["everything"]).the(kind, suffix)
        wrong["spec"]["selectors"] = wrong["spec"].pop("selector")
        with pytest.raises(AssertionError, match="selectors"):
            server.apply(json.dumps(wrong), "--server-side", "--dry-run=server", "--validate=strict")


TESTED = {"tests": {"enabled": True}}
PODS = [("Deployment", "elector"), ("Deployment", "-operator"), ("Pod", "")]


def pod_of(rendered, kind, suffix):
    """The Pod that the kubelet would run, to be made in the namespace that enforces the standard."""
    source = rendered.the(kind, suffix)
    pod = source if kind == "Pod" else at(source, "spec.template")
    return {"apiVersion": "v1", "kind": "Pod", "spec": pod["spec"],
            "metadata": {"name": "it", "namespace": "restricted"}}


@pytest.mark.parametrize("kind, suffix", PODS)
def test_the_pods_fit_the_restricted_standard(server, kind, suffix):
    server.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod_of(render(TESTED), kind, suffix)))


@pytest.mark.parametrize("kind, suffix", PODS)
def test_without_their_security_contexts_they_would_not(server, kind, suffix):
    rendered = render({**TESTED, "securityContext": None})
    with pytest.raises(AssertionError, match='violates PodSecurity "restricted:latest"'):
        server.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod_of(rendered, kind, suffix)))
