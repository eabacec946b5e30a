"""Electors on a cluster that campaign for Leases with parts to play: clocks that drift or are set, broken rules."""
import http.client
import json
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from observation import Observation, Timing, boottime, enter_network
from waiting import eventually

TOP = Path(__file__).resolve().parents[3]
API = ("10.99.0.10", 6443)
PORT = 4040
TIMING = Timing(lease=4, deadline=2, retry=0.5)
SHIMS = "/usr/lib/chaos/"
ROLE = """
apiVersion: v1
kind: Namespace
metadata: {{name: {space}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: elector, namespace: {space}}}
rules:
  - {{apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{leases}],
     verbs: [get, list, watch, create, update]}}
  - {{apiGroups: [""], resources: [events], verbs: [create]}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: elector, namespace: {space}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: elector, namespace: {space}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: elector}}
subjects: [{{kind: ServiceAccount, name: elector}}]
"""


def image():
    [version] = re.findall(r"^project\(leader-elector VERSION ([0-9.]+)", (TOP / "CMakeLists.txt").read_text(), re.M)
    return f"leader-elector-chaos:{version}"


@dataclass(frozen=True)
class Part:
    """What one elector of the troupe plays; a Deployment of one Pod, which is replaced when it goes."""
    name: str
    lease: str
    node: str
    flags: tuple = ()
    program: str = "leader-elector"
    rate: float = 1.0  # at which its clocks run
    wall_is_true: bool = False  # its wall clock does not share that rate
    wall_can_be_set: bool = False
    timing: Timing = TIMING

    @property
    def drains(self):
        return any(flag.startswith("--drain") for flag in self.flags)

    @property
    def deadline(self):
        """The longest that it leads after a renewal, in true seconds; what it says is in seconds of its own."""
        return max(self.timing.deadline, self.timing.deadline / self.rate)

    def manifest(self, space):
        reference = {name: {"valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in (
            ("POD_NAME", "metadata.name"), ("POD_UID", "metadata.uid"), ("NAMESPACE", "metadata.namespace"))}
        durations = (f"--lease-duration={self.timing.lease}s", f"--lease-renew-duration={self.timing.deadline}s",
                     f"--retry-period={int(self.timing.retry * 1000)}ms")
        container = {
            "name": "leader-elector", "image": image(), "imagePullPolicy": "IfNotPresent",
            "command": [f"/usr/bin/{self.program}", f"--lease-name={self.lease}", *durations, *self.flags],
            "env": [{"name": name, **value} for name, value in {**reference, **self._shims()}.items()],
            # No liveness probe: nobody but the one who writes it down ends a process here.
            "readinessProbe": {"httpGet": {"path": "/readyz", "port": PORT}, "periodSeconds": 1},
            "volumeMounts": [{"name": "clock", "mountPath": "/clock"}]}
        pod = {"serviceAccountName": "elector", "terminationGracePeriodSeconds": 10,
               "nodeSelector": {"kubernetes.io/hostname": self.node}, "containers": [container],
               "volumes": [{"name": "clock", "emptyDir": {}}]}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": self.name, "namespace": space},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": self.name}},
                         "template": {"metadata": {"labels": {"app": self.name}}, "spec": pod}}}

    def _shims(self):
        if self.rate == 1.0 and not self.wall_can_be_set:
            return {}
        variables = {"LD_PRELOAD": SHIMS + "libdrift.so", "DRIFT_RATE": str(self.rate),
                     "DRIFT_WALL": str(self.wall_is_true).lower()}
        if self.wall_can_be_set:
            # Behind ours, which keeps the timers of the boot's clock as they are: libfaketime would turn them too.
            variables.update(LD_PRELOAD=f"{SHIMS}libdrift.so {SHIMS}libfaketime.so.1", FAKETIME_DONT_FAKE_MONOTONIC="1",
                             FAKETIME_TIMESTAMP_FILE="/clock/offset", FAKETIME_NO_CACHE="1")
        return {name: {"value": value} for name, value in variables.items()}


@dataclass(frozen=True)
class Elector:
    """A Pod that plays a part."""
    part: Part
    name: str
    uid: str
    address: str
    container_id: str
    restarts: int
    ready: bool


class Roster(threading.Thread):
    """Knows the Pods of a namespace, and goes on with the last that it knew while the API does not answer."""

    PERIOD = 0.25

    def __init__(self, cluster, space, parts, on_change):
        super().__init__(daemon=True)
        self._network = cluster.network("cp")
        self._tls = cluster.administrators_tls()
        self._path = f"/api/v1/namespaces/{space}/pods"
        self._parts = {part.name: part for part in parts}
        self._on_change = on_change
        self._ended = threading.Event()
        self.electors = {}
        self.read_at = 0  # when the API last answered

    def stop(self):
        self._ended.set()
        self.join()

    def run(self):
        enter_network(self._network)
        connection = None
        while not self._ended.wait(self.PERIOD):
            try:
                if connection is None:
                    connection = http.client.HTTPSConnection(*API, context=self._tls, timeout=2)
                connection.request("GET", self._path)
                response = connection.getresponse()
                body = response.read()
                if response.status == 200:
                    self._take(json.loads(body)["items"])
            except (OSError, http.client.HTTPException, ValueError):
                if connection is not None:
                    connection.close()
                connection = None

    def _take(self, items):
        electors = {}
        for item in items:
            status = next(iter(item["status"].get("containerStatuses", [])), {})
            part = self._parts.get(item["metadata"]["labels"].get("app"))
            if part and item["status"].get("podIP") and item["status"].get("phase") == "Running":
                electors[item["metadata"]["name"]] = Elector(
                    part, item["metadata"]["name"], item["metadata"]["uid"], item["status"]["podIP"],
                    status.get("containerID", "").removeprefix("containerd://"), status.get("restartCount", 0),
                    "running" in status.get("state", {}) and "deletionTimestamp" not in item["metadata"])
        self.electors, self.read_at = electors, boottime()
        self._on_change(electors)


class Troupe:
    """
    The electors of all parts in one namespace, each asked who leads from its first moment to its last; the Leases'
    revisions; and one history for each Lease, `directory`/LEASE.history.
    """

    def __init__(self, cluster, space, parts, directory):
        self.cluster, self.space, self.parts, self.directory = cluster, space, parts, Path(directory)
        self.leases = sorted({part.lease for part in parts})
        self.observations = {}
        self._watched = {}
        self._lock = threading.Lock()
        self.roster = Roster(cluster, space, parts, self._follow)

    def begin(self, *first):
        """With the electors of all parts, or of the `first` alone."""
        leases = ", ".join(self.leases)
        self.cluster.apply(ROLE.format(space=self.space, leases=leases))
        for lease in self.leases:
            observation = Observation(self.history(lease), lease=lease, keep=False)
            observation.record_revisions(self.cluster.network("cp"), self.space, lease)
            self.observations[lease] = observation
        self.enter(*first or self.parts)
        self.roster.start()

    def enter(self, *parts):
        self.cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List",
                                       "items": [part.manifest(self.space) for part in parts]}))

    def history(self, lease):
        return self.directory / f"{lease}.history"

    def histories(self):
        return [str(self.history(lease)) for lease in self.leases]

    def end(self):
        if self.roster.is_alive():
            self.roster.stop()
        while self.observations:
            self.observations.popitem()[1].close()

    def delete(self):
        self.cluster.kubectl("delete", "namespace", self.space, "--wait=false", "--ignore-not-found")

    def _follow(self, electors):
        """Asks those that came, and no more those that are gone."""
        with self._lock:
            for name, elector in electors.items():
                if name not in self._watched:
                    observation = self.observations[elector.part.lease]
                    observation.expect(name, elector.part.deadline)
                    observation.watch(name, elector.address, PORT, network=self.cluster.network(elector.part.node))
                    self._watched[name] = observation
            for name in set(self._watched) - set(electors):
                self._watched.pop(name).unwatch(name)

    # What is known

    def of(self, lease):
        return [elector for elector in self.roster.electors.values() if elector.part.lease == lease]

    def answer(self, elector):
        return self.observations[elector.part.lease].answer(elector.name)

    def leader(self, lease):
        """The elector that said last that it leads; None while nobody does."""
        return next((elector for elector in self.of(lease) if (self.answer(elector) or {}).get("isLeader")), None)

    def agreed(self, lease):
        """The leader, if every part of this Lease is played, and all name the same one."""
        electors, leader = self.of(lease), self.leader(lease)
        wanted = sum(part.lease == lease for part in self.parts)
        if leader is None or len(electors) != wanted or not all(elector.ready for elector in electors):
            return None
        named = {(self.answer(elector) or {}).get("leader") for elector in electors}
        return leader if named == {leader.name} else None

    def wait(self, what, condition, seconds):
        """The first true value of condition()."""
        def answers():
            return ({elector.name: self.answer(elector) for lease in self.leases for elector in self.of(lease)},
                    self.cluster.kubectl("get", "pods", "-n", self.space, "-o", "wide"))

        return eventually(what, condition, seconds, 0.005, answers)

    def wait_for_agreement(self, lease, seconds=90):
        return self.wait(f"all name one leader of {lease}", lambda: self.agreed(lease), seconds)

    def pid(self, elector):
        return self.cluster.process(elector.part.node, elector.container_id)

    # What is done to them

    def set_wall(self, elector, seconds):
        """Sets the wall clock of an elector to so many seconds from the true time; of its Pod's next container, too."""
        folder = (self.cluster.directory / elector.part.node / "kubelet" / "pods" / elector.uid / "volumes"
                  / "kubernetes.io~empty-dir" / "clock")
        if folder.exists():  # the Pod is not gone
            (folder / "new").write_text(f"{seconds:+d}\n", encoding="ascii")
            os.replace(folder / "new", folder / "offset")

    def iptables(self, node, *arguments):
        self.cluster.tool("exec", node, "iptables", "-w", *arguments)
