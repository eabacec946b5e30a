"""The Deployment of docs/manifests in a namespace of its own: its Pods, and observations of their electors."""
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from observation import Observation, Timing

TOP = Path(__file__).resolve().parents[2]
MANIFESTS = TOP / "docs" / "manifests"
LEASE = "web"
TIMING = Timing(lease=10, deadline=5, retry=2)  # the elector's defaults
PORT = 4040


@dataclass(frozen=True)
class Pod:
    name: str
    address: str
    node: str
    ready: bool
    container_id: str
    restarts: int


def pod_of(item):
    statuses = item["status"].get("initContainerStatuses", []) + item["status"].get("containerStatuses", [])
    elector = next((status for status in statuses if status["name"] == "leader-elector"), {})
    conditions = {condition["type"]: condition["status"] for condition in item["status"].get("conditions", [])}
    return Pod(item["metadata"]["name"], item["status"].get("podIP", ""), item["spec"].get("nodeName", ""),
               conditions.get("Ready") == "True", elector.get("containerID", "").removeprefix("containerd://"),
               elector.get("restartCount", 0))


class Group:
    """A Deployment "web" in one namespace."""

    def __init__(self, cluster, namespace, image=None):
        self.cluster, self.namespace, self._image = cluster, namespace, image
        self._proxy_port = None
        cluster.kubectl("create", "namespace", namespace)
        cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")

    def kubectl(self, *arguments, **options):
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, **options)

    def apply(self, folder=MANIFESTS):
        """As the README says; another image is put in by a kustomization of its own."""
        if self._image is None:
            self.kubectl("apply", "-k", str(folder))
            return
        name, _, tag = self._image.rpartition(":")
        with tempfile.TemporaryDirectory() as overlay:
            Path(overlay, "kustomization.yaml").write_text(
                f"resources: [{os.path.relpath(folder, os.path.realpath(overlay))}]\n"
                f"images: [{{name: leader-elector, newName: {name}, newTag: '{tag}'}}]\n", encoding="utf-8")
            self.kubectl("apply", "-k", overlay)

    def delete(self):
        self.cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def pods(self):
        """Those that are not about to go."""
        items = self.cluster.get("pods", "--namespace", self.namespace, "-l", "app=web")["items"]
        return [pod_of(item) for item in items if "deletionTimestamp" not in item["metadata"]]

    def pod(self, name):
        return next(pod for pod in self.pods() if pod.name == name)

    def process(self, name):
        """The pid of the elector of a Pod, and the network from which it can always be reached."""
        pod = self.pod(name)
        return self.cluster.process(pod.node, pod.container_id), self.cluster.network(pod.node)

    def wait_for_pods(self, count, condition=lambda pod: pod.ready, seconds=90):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pods = self.pods()
            if len(pods) == count and all(map(condition, pods)):
                return pods
            time.sleep(0.3)
        raise AssertionError(f"not all {count} Pods are as they should be after {seconds} s: {self.pods()}\n"
                             + self.kubectl("get", "pods", "-o", "wide"))

    def observe(self, path, count=3):
        observation = Observation(path)
        if not self.cluster.foreign:
            observation.record_revisions(self.cluster.network("cp"), self.namespace, LEASE)
        for pod in self.wait_for_pods(count):
            self.watch(observation, pod)
        return observation

    def watch(self, observation, pod):
        observation.expect(pod.name, TIMING.deadline)
        if self.cluster.foreign:
            path = f"/api/v1/namespaces/{self.namespace}/pods/{pod.name}:{PORT}/proxy/api/leader"
            observation.watch(pod.name, "127.0.0.1", self._proxy(), path=path)
        else:
            observation.watch(pod.name, pod.address, PORT, network=self.cluster.network(pod.node))

    def watch_newcomers(self, observation, known):
        """Watches the Pods that take the place of one of the Pods `known`: they may be the next to lead."""
        for pod in self.wait_for_pods(len(known)):
            if pod.name not in {one.name for one in known}:
                self.watch(observation, pod)

    def _proxy(self):
        """The API server's proxy reaches the Pods of any cluster. The process ends with the session."""
        if self._proxy_port is None:
            proxy = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "kubectl", "proxy", "--port=0"],
                                     stdout=subprocess.PIPE, text=True)
            self._proxy_port = int(proxy.stdout.readline().rsplit(":", 1)[1])
        return self._proxy_port

    def lease(self):
        return self.cluster.get("lease", LEASE, "--namespace", self.namespace)

    def show(self):
        """Prints what the electors said, which pytest shows if the test fails."""
        for pod in self.pods():
            try:
                said = self.log(pod.name).splitlines()[-25:]
            except AssertionError as error:  # its container has not begun yet
                said = [str(error)]
            print(f"--- {pod.name} on {pod.node}\n" + "\n".join(said))

    def log(self, name):
        return self.kubectl("logs", name, "-c", "leader-elector")
