"""
What the operator needs to give a cluster's injected Pods their rights: time, requests, memory.

The Pods are objects on a real kube-apiserver, as they stand once the webhook has seen them; no node runs them. Three
belong to each Deployment (by a ReplicaSet), each Deployment has a ServiceAccount of its own, 34 Deployments share a
namespace. The operator is started on all of them at once, which is the most it ever has to do; then once more, when
there is nothing left to do; then with the dashboard, as the chart starts it. And `kubectl leader list -A` lists them.
"""
import contextlib
import os
import subprocess
import time
import urllib.error
import urllib.request

import process
from figures import Figure
from growth_api import Administrator

NEEDS_CONTROL_PLANE = True
PODS = 1_000
PODS_OF_A_DEPLOYMENT, DEPLOYMENTS_OF_A_NAMESPACE = 3, 34
HASH = "5d4f8c7b9"
PREFIX = "leader-elector.io/"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PORT = 18081
PATIENCE_SECONDS, QUIET_SECONDS = 1200, 5


class Workloads:
    """So many Deployments with their ReplicaSets and Pods."""

    def __init__(self, administrator, pods):
        self._api = administrator
        count = -(-pods // PODS_OF_A_DEPLOYMENT)
        self.places = [(f"operator-{pods}-{i // DEPLOYMENTS_OF_A_NAMESPACE}", f"web-{i}") for i in range(count)]
        self.spaces = sorted({space for space, _ in self.places})
        self._before = []

    def create(self):
        self._before = list(self._count_rights())
        self._api.create_all([("/api/v1/namespaces", {"metadata": {"name": space}}) for space in self.spaces])
        self._api.create_all([(f"/api/v1/namespaces/{space}/serviceaccounts", {"metadata": {"name": name}})
                              for space, name in self.places])
        deployments = self._api.create_all([(f"/apis/apps/v1/namespaces/{space}/deployments", self._workload(name))
                                            for space, name in self.places])
        replicas = self._api.create_all([
            (f"/apis/apps/v1/namespaces/{space}/replicasets",
             self._workload(f"{name}-{HASH}", owner=("Deployment", deployment["metadata"])))
            for (space, name), deployment in zip(self.places, deployments, strict=True)])
        self._api.create_all([
            (f"/api/v1/namespaces/{space}/pods", self._pod(name, number, replica["metadata"]))
            for (space, name), replica in zip(self.places, replicas, strict=True) for number in range(PODS_OF_A_DEPLOYMENT)])

    @staticmethod
    def _owned(owner):
        kind, metadata = owner
        return [{"apiVersion": "apps/v1", "kind": kind, "name": metadata["name"], "uid": metadata["uid"],
                 "controller": True, "blockOwnerDeletion": True}]

    def _workload(self, name, owner=None):
        labels = {"app.kubernetes.io/name": owner[1]["name"] if owner else name}
        metadata = {"name": name, "labels": labels} | ({"ownerReferences": self._owned(owner)} if owner else {})
        template = {"metadata": {"labels": labels, "annotations": {PREFIX + "inject": "true"}},
                    "spec": {"serviceAccountName": labels["app.kubernetes.io/name"],
                             "containers": [{"name": "app", "image": "registry.example.com/app:1"}]}}
        return {"metadata": metadata, "spec": {"selector": {"matchLabels": labels}, "template": template}}

    def _pod(self, name, number, replica):
        sidecar = {"name": "leader-elector", "image": "leader-elector:1", "restartPolicy": "Always",
                   "args": [f"--lease-name={name}"]}
        return {
            "metadata": {
                "name": f"{replica['name']}-{number:05}", "ownerReferences": self._owned(("ReplicaSet", replica)),
                "labels": {"app.kubernetes.io/name": name, "pod-template-hash": HASH, PREFIX + "injected": "true"},
                "annotations": {PREFIX + "inject": "true", PREFIX + "lease-name": name, PREFIX + "status": "injected 1.0.0"}},
            "spec": {"serviceAccountName": name, "initContainers": [sidecar],
                     "containers": [{"name": "app", "image": "registry.example.com/app:1"}]}}

    def lack_rights(self):
        """Whether fewer Roles or RoleBindings than Deployments were added since create()."""
        return any(now - before < len(self.places) for now, before in zip(self._count_rights(), self._before, strict=True))

    def _count_rights(self):
        """By their number alone: that is told only where there is no selector."""
        for kind in ("roles", "rolebindings"):
            listed = self._api.call("GET", f"{RBAC}/{kind}?limit=1")
            yield len(listed["items"]) + listed["metadata"].get("remainingItemCount", 0)

    def remove(self):
        for space in self.spaces:
            for kind in ("roles", "rolebindings"):
                self._api.call("DELETE", f"{RBAC}/namespaces/{space}/{kind}")
            self._api.call("DELETE", f"/api/v1/namespaces/{space}/pods?gracePeriodSeconds=0")
            self._api.call("DELETE", f"/apis/coordination.k8s.io/v1/namespaces/{space}/leases")
            for kind in ("deployments", "replicasets"):
                self._api.call("DELETE", f"/apis/apps/v1/namespaces/{space}/{kind}")


class Operator:
    """A running operator; a context manager."""

    def __init__(self, bench, administrator, flags=()):
        self._log = open(bench.directory / "operator.log", "ab")
        self._process = subprocess.Popen(
            [bench.injector, "operator", "--id=bench", "--namespace=bench", "--lease-name=operator",
             f"--kubeconfig={administrator.kubeconfig}", f"--health-addr=127.0.0.1:{PORT}", "--certificates=given", *flags],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()  # so that it gives the Lease back, and the next one need not wait for it
        self._process.wait()
        self._log.close()

    def has_swept(self):
        """Whether it has looked at everything once."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return False
        return 'reconciles_total{kind="sweep",outcome="settled"} ' in text

    def memory(self):
        """Resident and anonymous memory in MiB, and the most that was resident."""
        return {what: kibibytes / 1024 for what, kibibytes in process.memory(self._process.pid).items()}

    def processor_seconds(self):
        return process.processor_seconds(self._process.pid)


def wait_until(what, check, pause):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(pause)


def requests_of(before, after):
    """How many requests were made between two readings of the API server's metrics, but for those of this driver."""
    drivers = {("LIST", "roles"), ("LIST", "rolebindings"), ("GET", "")}
    counts = {key: value - before.get(key, 0) for key, value in after.items() if key not in drivers}
    return sum(counts.values())


def run(bench, administrator, done, pause, flags=()):
    """Starts the operator, and ends it some time after done()."""
    def counted():
        return administrator.metrics().by("apiserver_request_total", "verb", "resource")

    before, begun = counted(), time.monotonic()
    with Operator(bench, administrator, flags) as operator:
        wait_until("the operator's work", lambda: done(operator), pause)
        seconds = time.monotonic() - begun
        time.sleep(QUIET_SECONDS)
        requests = requests_of(before, counted())
        return {"seconds": seconds, "requests": requests, "CPU time": operator.processor_seconds(), **operator.memory()}


def listing(bench, administrator):
    """`leader list -A`: seconds until it has ended, and of a processor."""
    with subprocess.Popen([bench.injector, "leader", "list", "-A", f"--kubeconfig={administrator.kubeconfig}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as listed:
        begun = time.monotonic()
        _, listed.returncode, used = os.wait4(listed.pid, 0)
    assert listed.returncode == 0
    return time.monotonic() - begun, used.ru_utime + used.ru_stime


UNITS = {"seconds": "s", "requests": "", "CPU time": "s", "resident": "MiB", "anonymous": "MiB", "most resident": "MiB"}


def figures_of(case, measured):
    return [Figure("operator", f"operator, {case}", what, unit, [measured[what]], []) for what, unit in UNITS.items()]


def measure(bench, pods=PODS):
    administrator = Administrator(bench.plane.directory)
    figures = figures_of("no Pods", run(bench, administrator, Operator.has_swept, 0.1))
    workloads = Workloads(administrator, pods)
    bench.say(f"operator: creating {pods} Pods")
    try:
        workloads.create()
        first = run(bench, administrator, lambda _: not workloads.lack_rights(), 0.2)
        figures += figures_of(f"{pods:,} Pods without rights", first)
        again = run(bench, administrator, Operator.has_swept, 0.1)
        figures += figures_of(f"{pods:,} Pods with all rights", again)
        shown = run(bench, administrator, Operator.has_swept, 0.1, [f"--dashboard-addr=127.0.0.1:{PORT + 1}"])
        figures += figures_of(f"{pods:,} Pods with all rights, dashboard", shown)
        wall, processor = zip(*(listing(bench, administrator) for _ in range(bench.repeated(5))), strict=True)
        case = f"kubectl leader list -A, {len(workloads.places):,} Leases"
        figures += [Figure("operator", case, "seconds", "s", wall, []), Figure("operator", case, "CPU time", "s", processor, [])]
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            workloads.remove()
    return figures
