"""Rollouts between ours and an elector that holds its Lease for life, on one Lease.

That elector (tests/peer --for-life) is a restatement of what others see of nais/elector.
"""

import http.client
import json
import subprocess
import time

from contender import Contender, Timing
from contest import SLACK
from recorder import boottime

FOR_LIFE = "for-life"
TIMING = Timing(lease=1000, renew=500, retry=150)
COLLECTED = 20.0  # seconds that the garbage collector may take for a Lease whose Pod is gone
STARTED = 40.0  # that an elector for life, or the cluster's controllers, may take to start


class Pods:
    """The Pods that own the Leases of electors for life. No kubelet runs them."""

    def __init__(self, api, namespace):
        self._api, self._path = api, f"/api/v1/namespaces/{namespace}/pods"

    def create(self, name):
        """Once the namespace has its ServiceAccount, which a new cluster takes a while to make."""
        container = {"name": "program", "image": "none"}
        spec = {"containers": [container], "automountServiceAccountToken": False}
        until = time.monotonic() + STARTED
        while True:
            try:
                self._call("POST", self._path, {"metadata": {"name": name}, "spec": spec})
                return
            except OSError as error:
                if "service account" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def delete(self, name):
        self._call("DELETE", f"{self._path}/{name}", {"gracePeriodSeconds": 0})

    def _call(self, method, path, body):
        connection = self._api.connect()
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            if response.status >= 300:
                raise OSError(f"{method} {path}: {response.status} {text[:300]!r}")
        finally:
            connection.close()


class Lifer:
    """An elector for life in its Pod. It leads from when it first says so until its Pod is deleted, whatever becomes of
    it."""

    def __init__(self, arena, pods, number):
        self.name, self._arena, self._pods = f"lifer-{number}", arena, pods
        self._port = 4300 + number
        self._leads_since = None
        self._pods.create(self.name)
        program = [
            arena.peer,
            "--for-life",
            f"--id={self.name}",
            f"--lease-name={arena.lease}",
            f"--namespace={arena.namespace}",
            f"--kubeconfig={arena.kubeconfig}",
            f"--addr=127.0.0.1:{self._port}",
            "--history=/dev/null",  # this one's claims are written here, since they end with the Pod
        ]
        with open(arena.directory / f"{self.name}.log", "wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *program], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def told(self):
        """Whom it names; None while it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
        try:
            connection.request("GET", "/")
            name = json.loads(connection.getresponse().read()).get("name", "")
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        if name == self.name and self._leads_since is None:
            self._leads_since = boottime()
        return name

    def leave(self):
        """As the kubelet ends a Pod: the process first, the Pod's object after it."""
        self.process.terminate()
        self.process.wait(10)
        if self._leads_since is not None:
            self._arena.recording.write("claim", by=self.name, until=boottime(), **{"from": self._leads_since})
            self._leads_since = None
        self._pods.delete(self.name)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Rollout:
    """Takes one Lease from an elector for life to ours and back."""

    def __init__(self, arena, api, tally):
        self.arena, self._api, self._tally = arena, api, tally
        self._pods = Pods(api, arena.namespace)
        self._number = 0
        self.all = []
        self.leader = None  # for life

    def run(self, rounds):
        self.leader = self._start_lifer()
        self._await("the one for life leads", STARTED, lambda: self.leader.told() == self.leader.name)
        for number in range(1, rounds + 1):
            ours = [self._start_ours(), self._start_ours()]
            begun = time.monotonic()
            self._to_ours(ours)
            self._back(ours)
            self._tally.passed(f"rollout {number} to ours and back: {time.monotonic() - begun:.1f} s")

    def close(self):
        for process in self.all:
            process.close()

    def _to_ours(self, ours):
        old, term = self.leader, self.arena.timing.lease / 1000
        self._await("ours name who leads for life", SLACK, lambda: all(self._name(each) == old.name for each in ours))
        # Nothing to wait for: that nobody takes it over.
        until = time.monotonic() + 2 * term
        while time.monotonic() < until:
            assert not any(each.leads() for each in ours), f"ours took {old.name}'s Lease, which nobody renews"
            time.sleep(0.01)
        assert all(self._name(each) == old.name for each in ours), "ours no longer name who holds it for life"
        old.leave()
        self._await("one of ours leads", COLLECTED + term, lambda: any(each.leads() for each in ours))

    def _back(self, ours):
        first, then = ours if ours[0].leads() else reversed(ours)
        new = self._start_lifer()
        self._await("the one for life names our leader", STARTED, lambda: new.told() == first.name)
        self._end(first)
        self._await("the other one of ours leads", SLACK + self.arena.timing.lease / 1000, then.leads)
        self._end(then)
        self._await("the one for life names nobody", SLACK, lambda: new.told() == "")
        self._api.delete()
        self._await("the one for life leads", STARTED, lambda: new.told() == new.name)
        self.leader = new

    def _end(self, contender):
        contender.terminate()
        contender.process.wait(10)
        contender.poller.stop()
        assert contender.fault() is None, contender.fault()

    def _start_lifer(self):
        self._number += 1
        self.all.append(Lifer(self.arena, self._pods, self._number))
        return self.all[-1]

    def _start_ours(self):
        self._number += 1
        self.all.append(Contender(self.arena, "ours", self._number, 4300 + self._number))
        return self.all[-1]

    @staticmethod
    def _name(contender):
        answer = contender.answer()
        return answer and answer["leader"]

    @staticmethod
    def _await(what, seconds, condition):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"not within {seconds:.1f} s: {what}")
            time.sleep(0.01)


def usurp(arena, peer, api):
    """What happens beside an elector that takes a Lease without a duration for one that has run out, as client-go's does:
    it leads together with the one for life. The check has to see that."""
    leader = Lifer(arena, Pods(api, arena.namespace), 98)
    usurper = None
    try:
        Rollout._await("the one for life leads", STARTED, lambda: leader.told() == leader.name)
        usurper = peer(99, 4399)
        Rollout._await("client-go's leads as well", STARTED, usurper.leads)
        leader.leave()
    finally:
        if usurper is not None:
            usurper.close()
        leader.close()
