"""The webhook's certificate, which the operator keeps, at a real API server."""
import json

import pytest
from operators import NAMESPACE, eventually

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


def test_a_bundle_that_is_wiped_out_is_there_again_at_once(control_plane, operators, configuration):
    def bundle():
        got = json.loads(control_plane.kubectl("get", "mutatingwebhookconfiguration", configuration, "-o", "json"))
        return got["webhooks"][0]["clientConfig"].get("caBundle")

    operators.start("a", ["--certificates=own", f"--certificate-secret={NAME}-tls", f"--authority-secret={NAME}-ca",
                          f"--service={NAME}", f"--webhook-configuration={configuration}"])
    written = eventually("the bundle is published", bundle, 60)
    for _ in range(3):
        control_plane.kubectl("patch", "mutatingwebhookconfiguration", configuration, "--type=json", "--patch",
                              '[{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]')
        # Three times well before the next look that is due anyway, half a minute after the last.
        assert eventually("the bundle is there again", bundle, 8) == written
