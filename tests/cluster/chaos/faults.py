"""Faults of a plan, as they are done to a troupe: begun, and mended."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from observation import boottime
from plan import OUTAGES
from troupe import TIMING

HERE = Path(__file__).resolve().parent
API_ADDRESS = "10.99.0.10"
API_SERVICE = "10.96.0.1"
PROXY_PORT = 4300
# How long a fault of the leader waits for one to appear.
PATIENCE = TIMING.lease + TIMING.retry + 1


class Impossible(Exception):
    """What was ordered cannot be done now; a sentence that says why."""


class Fault:
    """
    begin() and mend() each once; `what` tells what was done, once it has begun. `outage`: no elector hears from the API
    meanwhile.
    """

    def __init__(self, troupe, order):
        self.troupe, self.cluster, self.order = troupe, troupe.cluster, order
        self.what = f"{order.kind}: {order.target}" if order.target else order.kind
        self.outage = order.kind in OUTAGES

    def begin(self):
        raise NotImplementedError

    def mend(self):
        pass

    def elector(self):
        """The one that it is done to."""
        options, lease = self.order.options, self.order.target
        deadline = time.monotonic() + PATIENCE
        chosen = self.troupe.leader(lease) if options["leader"] else None
        while options["leader"] and not chosen and time.monotonic() < deadline:
            time.sleep(0.02)
            chosen = self.troupe.leader(lease)
        able = self.candidates()
        if not able:
            raise Impossible(f"no elector of {lease} is fit for it")
        if chosen not in able:
            chosen = able[int(options["pick"] * len(able))]
        role = "the leader" if chosen == self.troupe.leader(lease) else "no leader"
        self.what = f"{self.order.kind}: {chosen.name} on {chosen.part.node}, {role} of {lease}"
        return chosen

    def process_of(self, elector):
        """Its pid, unless its container ended since the API last told us of it."""
        try:
            return self.troupe.pid(elector)
        except AssertionError as error:
            raise Impossible(f"the container of {elector.name} is gone") from error

    def candidates(self):
        return sorted((elector for elector in self.troupe.of(self.order.target) if elector.ready),
                      key=lambda elector: elector.name)


class NodeCutOff(Fault):
    def begin(self):
        self.cluster.tool("isolate", self.order.target)

    def mend(self):
        self.cluster.tool("join", self.order.target)


class Rules(Fault):
    """Faults that are rules of a node's packet filter."""

    def rules(self):
        """(node, arguments behind -I or -D)."""
        raise NotImplementedError

    def begin(self):
        self._rules = []
        for node, rule in self.rules():
            self.troupe.iptables(node, *_inserting(rule))
            self._rules.append((node, rule))

    def mend(self):
        for node, rule in self._rules:
            self.troupe.iptables(node, *_deleting(rule))


def _inserting(rule):
    return [part if part != "CHAIN" else "-I" for part in rule]


def _deleting(rule):
    return [part if part != "CHAIN" else "-D" for part in rule]


def pods_of(node):
    return f"10.98.{node.removeprefix('node')}.0/24"


def dropping(source, destination, *more):
    addresses = (["-s", source] if source else []) + (["-d", destination] if destination else [])
    return ("CHAIN", "FORWARD", *addresses, *more, "-j", "DROP")


class PodCutOff(Rules):
    """No packet of one Pod leaves its node, and none comes."""

    def __init__(self, troupe, order, elector=None):
        super().__init__(troupe, order)
        self._elector = elector

    def rules(self):
        elector = self._elector or self.elector()
        return [(elector.part.node, rule)
                for rule in (dropping(elector.address, ""), dropping("", elector.address))]


class RequestsLost(Rules):
    def rules(self):
        return [(self.order.target, dropping(pods_of(self.order.target), API_ADDRESS))]


class AnswersLost(Rules):
    """What Pods send lands, and they do not hear of it."""

    def rules(self):
        return [(self.order.target, dropping(API_ADDRESS, pods_of(self.order.target)))]


class PacketsLost(Rules):
    def rules(self):
        node, options = self.order.target, self.order.options
        self.what += f", {options['out']:.0%} of those out and {options['in']:.0%} of those in"
        ways = ((pods_of(node), API_ADDRESS, options["out"]), (API_ADDRESS, pods_of(node), options["in"]))
        return [(node, dropping(source, destination, "-m", "statistic", "--mode", "random",
                                "--probability", str(probability)))
                for source, destination, probability in ways]


class Delays(Rules):
    """New connections go through a proxy that delays them, and the old ones are reset."""

    def rules(self):
        node = self.order.target
        through_the_proxy = ("-t", "nat", "CHAIN", "PREROUTING", "-i", "cni0", "-p", "tcp", "-d", API_SERVICE,
                             "--dport", "443", "-j", "REDIRECT", "--to-ports", str(PROXY_PORT))
        no_other_way = ("CHAIN", "FORWARD", "-p", "tcp", "-s", pods_of(node), "-d", API_ADDRESS,
                        "-j", "REJECT", "--reject-with", "tcp-reset")
        return [(node, through_the_proxy), (node, no_other_way)]

    def begin(self):
        options = self.order.options
        self.what += (f", {options['out']} ms out and {options['in']} ms in, stalls of {options['stalls']} s, "
                      f"connections last {options['resets'] or 'on'} s")
        arguments = [item for name in ("seed", "out", "in", "stalls", "resets")
                     for item in (f"--{name}", str(options[name]))]
        self._proxy = subprocess.Popen(
            ["nsenter", f"--net={self.cluster.network(self.order.target)}", "setpriv", "--pdeathsig", "KILL",
             sys.executable, HERE / "proxy.py", "--listen", str(PROXY_PORT), "--to", f"{API_ADDRESS}:6443", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self._proxy.stdout.readline().strip() != "ready":
            raise Impossible("the proxy does not start")
        super().begin()

    def mend(self):
        super().mend()
        self._proxy.terminate()
        self._proxy.wait()


class Outage(Fault):
    """The API does not answer, until it does again."""

    def await_api(self):
        mended = boottime()
        self.troupe.wait("the API answers again", lambda: self.troupe.roster.read_at > mended, 90)

    def daemon(self):
        """The pid of the API server, or of etcd."""
        name = "apiserver" if self.order.kind.startswith("API") else "etcd"
        return int((self.cluster.directory / f"{name}.pid").read_text())


class Restart(Outage):
    def begin(self):
        self._name = "apiserver" if self.order.kind.startswith("API") else "etcd"
        self.cluster.tool("stop", self._name)

    def mend(self):
        self.cluster.tool("start", self._name)
        self.await_api()


class DaemonPaused(Outage):
    def begin(self):
        self._pid = self.daemon()
        os.kill(self._pid, signal.SIGSTOP)

    def mend(self):
        os.kill(self._pid, signal.SIGCONT)
        self.await_api()


class KubeletPaused(Fault):
    def begin(self):
        self._pid = int((self.cluster.directory / self.order.target / "kubelet.pid").read_text())
        os.kill(self._pid, signal.SIGSTOP)

    def mend(self):
        os.kill(self._pid, signal.SIGCONT)


class ElectorPaused(Fault):
    def begin(self):
        self._elector = self.elector()
        self._pid = self.process_of(self._elector)
        os.kill(self._pid, signal.SIGSTOP)
        self.troupe.wait("all its threads stand still", lambda: all(
            stat.read_text().rsplit(")", 1)[1].split()[0] == "T"
            for stat in Path(f"/proc/{self._pid}/task").glob("*/stat")), 10)
        self._since = boottime()

    def mend(self):
        observation = self.troupe.observations[self.order.target]
        observation.write("stopped", by=self._elector.name, **{"from": self._since, "until": boottime()})
        os.kill(self._pid, signal.SIGCONT)


class ContainerKilled(Fault):
    def candidates(self):
        """A container that was begun again once is spared: the kubelet would wait longer each time."""
        return [elector for elector in super().candidates() if elector.restarts == 0]

    def begin(self):
        os.kill(self.process_of(self.elector()), signal.SIGKILL)


class PodDeleted(Fault):
    def begin(self):
        elector = self.elector()
        force = ["--grace-period=0", "--force"] if self.order.options["force"] else []
        self.what += ", by force" if force else ""
        if not elector.part.drains:  # one that drains honours its last word
            self.troupe.observations[self.order.target].write("release", by=elector.name, at=boottime())
        self.cluster.kubectl("delete", "pod", "-n", self.troupe.space, elector.name, "--wait=false",
                             "--ignore-not-found", *force)


class LeaseDeleted(Fault):
    def begin(self):
        """Only while all of them know the Lease, and its leader hears of it: see --on-missing in docs/safety.md."""
        lease = self.order.target
        deadline = time.monotonic() + PATIENCE
        while not self.troupe.agreed(lease):
            if time.monotonic() > deadline:
                raise Impossible(f"not all electors of {lease} name one leader")
            time.sleep(0.05)
        self.cluster.kubectl("delete", "lease", "-n", self.troupe.space, lease)


class WallClockSet(Fault):
    def candidates(self):
        return [elector for elector in super().candidates() if elector.part.wall_can_be_set]

    def begin(self):
        self._elector = self.elector()
        offset = self.order.options["offset"]
        self.what += f", by {offset:+d} s"
        self.troupe.set_wall(self._elector, offset)

    def mend(self):
        self.troupe.set_wall(self._elector, 0)


CLASSES = {
    "node cut off": NodeCutOff,
    "Pod cut off": PodCutOff,
    "requests lost": RequestsLost,
    "answers lost": AnswersLost,
    "packets lost at random": PacketsLost,
    "delays": Delays,
    "API server killed": Restart,
    "API server paused": DaemonPaused,
    "etcd restarted": Restart,
    "etcd paused": DaemonPaused,
    "elector paused": ElectorPaused,
    "kubelet paused": KubeletPaused,
    "container killed": ContainerKilled,
    "Pod deleted": PodDeleted,
    "Lease deleted": LeaseDeleted,
    "wall clock set": WallClockSet,
}


def fault_of(troupe, order):
    return CLASSES[order.kind](troupe, order)
