"""The webhook's certificate, which the operator keeps, at a real API server."""
import json
from datetime import datetime, timedelta

import pytest
from operators import NAMESPACE
from waiting import eventually

NAME = "certificates-of-a-test"


@pytest.fixture
def configuration(control_plane):
    """What a chart makes, without content: the operator fills it in. The webhook is asked about nothing."""
    webhook = {"name": "inject.leader-elector.io", "admissionReviewVersions": ["v1"], "sideEffects": "None",
               "failurePolicy": "Ignore", "namespaceSelector": {"matchLabels": {"no": "such"}},
               "clientConfig": {"service": {"name": NAME, "namespace": NAMESPACE}},
               "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}
    objects = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{NAME}-{part}", "namespace": NAMESPACE}}
               for part in ("tls", "ca")]
    objects.append({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                    "metadata": {"name": NAME}, "webhooks": [webhook]})
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    control_plane.kubectl("create", "-f", "-", text=manifest)
    yield NAME
    control_plane.kubectl("delete", "-f", "-", text=manifest)


def test_a_bundle_that_is_wiped_out_is_there_again_within_3_s(control_plane, operators, configuration):
    """By the API server's clock, which notes when each manager wrote last, in whole seconds."""
    def found():
        return json.loads(control_plane.kubectl("get", "mutatingwebhookconfiguration", configuration, "-o", "json",
                                                "--show-managed-fields"))

    def bundle():
        return found()["webhooks"][0]["clientConfig"].get("caBundle")

    def written_by(manager):
        return datetime.fromisoformat(max(entry["time"] for entry in found()["metadata"]["managedFields"]
                                          if entry["manager"] == manager))

    operators.start("a", ["--certificates=own", f"--certificate-secret={NAME}-tls", f"--authority-secret={NAME}-ca",
                          f"--service={NAME}", f"--webhook-configuration={configuration}"])
    written = eventually("the bundle is published", bundle, 60)
    for round_ in range(3):
        control_plane.kubectl("patch", "mutatingwebhookconfiguration", configuration, "--type=json", "--patch", json.dumps([
            {"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"},
            {"op": "add", "path": "/metadata/annotations", "value": {"wiped-in-round": str(round_)}}]))
        # Three times well before the next look that is due anyway, half a minute after the last.
        assert eventually("the bundle is there again", bundle) == written
        assert written_by("leader-elector-injector") - written_by("kubectl-patch") <= timedelta(seconds=3)
