"""A stream of Pod creations, as server-side dry runs: each goes through admission, none is stored."""
import http.client
import json
import threading
import time
from dataclasses import dataclass

from observation import enter_network

API = ("10.99.0.10", 6443)


@dataclass(frozen=True)
class Creation:
    sent: float  # on the monotonic clock, in seconds
    took: float
    status: int  # 0: the connection broke
    injected: bool
    message: str


class Stream(threading.Thread):
    """Creates annotated Pods at a rate, over one connection that is kept open, until it is stopped."""

    def __init__(self, cluster, namespace, manifest, rate):
        super().__init__(daemon=True)
        self._network = cluster.network("cp")
        self._tls = cluster.administrators_tls()
        self._path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
        self._body = json.dumps(manifest)
        self._interval = 1 / rate
        self._ended = threading.Event()
        self.creations = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.join()

    def run(self):
        enter_network(self._network)
        connection = http.client.HTTPSConnection(*API, context=self._tls, timeout=35)
        due = time.monotonic()
        while not self._ended.is_set():
            self.creations.append(self._create(connection))
            due = max(due + self._interval, time.monotonic() - 1)  # of a long wait only a second is caught up on
            self._ended.wait(max(0.0, due - time.monotonic()))
        connection.close()

    def _create(self, connection):
        sent = time.monotonic()
        try:
            connection.request("POST", self._path, self._body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return Creation(sent, time.monotonic() - sent, 0, False, str(error))
        containers = answer.get("spec", {}).get("initContainers", [])
        injected = any(container["name"] == "leader-elector" for container in containers)
        return Creation(sent, time.monotonic() - sent, response.status, injected, answer.get("message", ""))

    def wait_for(self, count):
        """Until so many more creations were answered."""
        until = len(self.creations) + count
        deadline = time.monotonic() + 120
        while len(self.creations) < until:
            assert time.monotonic() < deadline, f"{len(self.creations)} of {until} creations after 120 s"
            time.sleep(0.05)

    def failures(self):
        return [creation for creation in self.creations if creation.status != 201]

    def bare(self):
        """Those that came up without a sidecar, which under `Fail` must never be."""
        return [creation for creation in self.creations if creation.status == 201 and not creation.injected]

    def summary(self):
        slowest = max((creation.took for creation in self.creations), default=0)
        return (f"{len(self.creations)} creations, {len(self.failures())} failed, "
                f"{len(self.bare())} without a sidecar, the slowest took {slowest:.2f} s")
