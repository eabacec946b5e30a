"""The control plane that candidates are measured against, seen from inside its network."""
import json
import os
import subprocess
import sys
from pathlib import Path

CLUSTER = Path(__file__).resolve().parents[1] / "cluster" / "cluster"
ADDRESS, PORT = "10.99.0.10", "6443"
# What a Pod of an elector is granted, in every namespace.
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: bench}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: candidate, namespace: bench}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: candidate, namespace: bench}
rules:
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, list, watch, create, update]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: candidate, namespace: bench}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: candidate}
subjects: [{kind: ServiceAccount, name: candidate, namespace: bench}]
"""


class Outside:
    """etcd and kube-apiserver of a folder, whose last part names them. A context manager: up inside it."""

    def __init__(self, directory):
        self.directory = Path(directory)

    def __enter__(self):
        try:
            self._cluster("up", "--audit", "0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._cluster("down")

    def _cluster(self, *arguments):
        subprocess.run([CLUSTER, *arguments], env=self._environment(), check=True)

    def _environment(self):
        return {**os.environ, "CLUSTER_DIR": str(self.directory)}

    def run_inside(self, *command):
        """
        Runs a Python program in the control plane's network, with mounts and processes of its own: whatever it leaves
        behind ends with it.
        """
        return subprocess.run([CLUSTER, "exec", "cp", "unshare", "--mount", "--propagation", "private",
                               "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *command],
                              env=self._environment(), check=False).returncode


class Plane:
    """Inside: candidates find what a Pod finds, a service account's token and the API server's address."""

    NAMESPACE = "bench"

    def __init__(self, directory):
        self.directory = Path(directory)
        self._kubectl("apply", "-f", "-", text=OBJECTS)
        account = self.directory / "run" / "secrets" / "kubernetes.io" / "serviceaccount"
        account.mkdir(parents=True)
        (account / "token").write_text(self._kubectl("create", "token", "candidate", "--namespace", self.NAMESPACE),
                                       encoding="ascii")
        (account / "namespace").write_text(self.NAMESPACE, encoding="ascii")
        (account / "ca.crt").write_bytes((self.directory / "pki" / "ca.crt").read_bytes())
        subprocess.run(["mount", "--bind", self.directory / "run", "/run"], check=True)

    def _kubectl(self, *arguments, text=None):
        binaries = subprocess.run([CLUSTER, "bin"], capture_output=True, text=True, check=True).stdout.strip()
        program = Path(binaries, "kubectl")
        return subprocess.run([program, "--kubeconfig", self.directory / "pki" / "admin.kubeconfig", *arguments],
                              input=text, capture_output=True, text=True, check=True).stdout

    @staticmethod
    def pod_environment():
        return {"PATH": os.environ["PATH"], "KUBERNETES_SERVICE_HOST": ADDRESS, "KUBERNETES_SERVICE_PORT": PORT}

    def audit(self):
        """Requests on Leases that the API server has noted, as audit events."""
        with open(self.directory / "audit.log", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.endswith("\n")]
