"""An admission policy against a Lease."""
import json

SENTENCE = "leases need a label"


class Policy:
    """A ValidatingAdmissionPolicy that refuses each write of one Lease, once enforce() has been called."""

    def __init__(self, control_plane, lease):
        self._plane, self._lease = control_plane, lease
        self._apply("ValidatingAdmissionPolicy", {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{"apiGroups": ["coordination.k8s.io"], "apiVersions": ["v1"],
                                                    "operations": ["CREATE", "UPDATE"], "resources": ["leases"]}]},
            "matchConditions": [{"name": "lease", "expression": f"request.name == '{lease}'"}],
            "validations": [{"expression": "false", "message": SENTENCE}]})

    def _apply(self, kind, spec):
        self._plane.kubectl("apply", "-f", "-", text=json.dumps({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": self._lease}, "spec": spec}))

    def enforce(self):
        self._apply("ValidatingAdmissionPolicyBinding", {"policyName": self._lease, "validationActions": ["Deny"]})

    def remove(self):
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            self._plane.kubectl("delete", kind, self._lease, "--ignore-not-found")
