"""Somebody who calls the API server by kubectl, and is told why not."""
import json
import re
import subprocess

import yaml

from machine import TOOL
from waiting import eventually

DENIAL = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)' denied request: (.*)", re.S)


class Caller:
    """A service account, with the rights that it has; every write is a dry run unless it is meant."""

    def __init__(self, cluster, namespace, account, pod=None):
        self.environment = cluster.environment
        pki = cluster.directory / "pki"
        config = yaml.safe_load((pki / "admin.kubeconfig").read_text(encoding="utf-8"))
        user = config["users"][0]["user"]
        user["as"] = f"system:serviceaccount:{namespace}:{account}"
        if pod:  # the flag --as-user-extra is younger than the oldest Kubernetes that the chart takes
            user["as-user-extra"] = {"authentication.kubernetes.io/pod-name": [pod]}
        self.kubeconfig = pki / f"{namespace}-{account}-{pod}.kubeconfig"
        self.kubeconfig.write_text(json.dumps(config), encoding="utf-8")

    def tries(self, *arguments, text=None, meant=False):
        """None if the server would have done it, or what it said."""
        dry = [] if meant else ["--dry-run=server"]
        done = subprocess.run([TOOL, "kubectl", *arguments, f"--kubeconfig={self.kubeconfig}", *dry], input=text,
                              capture_output=True, text=True, timeout=60, check=False, env=self.environment)
        return None if done.returncode == 0 else done.stderr.strip()

    def is_denied(self, *arguments, text=None):
        """The policy that denied it and what it said; None where it was not denied."""
        said = self.tries(*arguments, text=text)
        if said is None:
            return None
        denial = DENIAL.search(said)
        assert denial, f"not denied by a policy, but: {said}"
        policy, binding, sentence = denial.groups()
        assert binding in (policy, f"{policy}-by-role")
        return policy, sentence.strip()

    def applies(self, thing):
        return self.is_denied("apply", "--server-side", "--force-conflicts", "--field-manager=leader-elector-injector",
                              "-f", "-",
                              text=json.dumps(thing))

    def patches(self, kind, name, namespace, patch):
        return self.is_denied("patch", kind, name, "-n", namespace, "--type=merge", "-p", json.dumps(patch))

    def deletes(self, kind, name, namespace):
        return self.is_denied("delete", kind, name, "-n", namespace)


def until_in_force(denied):
    """API servers take up a new policy within about a second."""
    eventually("the policy is in force", denied)
