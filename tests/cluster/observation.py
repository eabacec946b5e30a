"""Watches a group of electors from outside: every answer with its time, in memory and as a history to be judged."""
import ctypes
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import check
from etcd_recorder import EtcdRecorder
from recorder import Poller, Recording, boottime
from waiting import eventually

CLONE_NEWNET = 0x40000000
SECOND = 1_000_000_000
MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Timing:
    """The durations of an election, in seconds."""
    lease: int
    deadline: float
    retry: float

    @property
    def latest(self):
        """When another leads, from the last renewal seen: one more renewal, and a second for a machine that is busy."""
        return self.lease + self.retry + 1


def enter_network(path):
    """Moves the calling thread, and no other, into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    finally:
        os.close(descriptor)


def in_network(path, action):
    """The result of action(), which is called inside a network namespace."""
    results = []

    def body():
        enter_network(path)
        results.append(action())

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert results, f"an action in {path} failed; see the thread's exception"
    return results[0]


class NetworkPoller(Poller):
    """
    A poller inside a network namespace, so that it hears an elector that is cut off from us. In that of its node it
    asks over the bridge that the Pod is plugged into: no cut cable and no rule for forwarded packets lies between.
    """

    def __init__(self, network, *arguments, **options):
        super().__init__(*arguments, **options)
        self._network = network

    def run(self):
        enter_network(self._network)
        super().run()


class NetworkEtcdRecorder(EtcdRecorder):
    """A recorder inside the network namespace of the host that etcd runs on, which answers only there."""

    def __init__(self, network, *arguments, **options):
        super().__init__(*arguments, **options)
        self._network = network

    def begin(self):
        in_network(self._network, super().begin)

    def run(self):
        enter_network(self._network)
        super().run()


class Observation:
    """
    The answers of a group, and the states of its Lease. Its pollers and its recorder call write(); the test reads.
    `lease` tells it apart in a history of several; those that last long do not `keep` their answers in memory.
    """

    def __init__(self, path, period=0.01, lease="", keep=True):
        self._path, self._period = Path(path), period
        self._lease = {"lease": lease} if lease else {}
        self._keep = keep
        self._recording = Recording(self._path)
        self._pollers = {}
        self._recorder = None
        self.polls = []

    # What is written

    def write(self, kind, **fields):
        self._recording.write(kind, **fields, **self._lease)
        if kind == "poll" and self._keep:
            self.polls.append(fields)

    def record_revisions(self, network, namespace, name):
        """From now on, and those of before that etcd still knows."""
        self._recorder = NetworkEtcdRecorder(network, self, namespace, name)
        self._recorder.begin()
        self._recorder.start()

    def expect(self, by, deadline_seconds):
        """From now on nobody believes an answer of `by` for longer than this."""
        self.write("process", by=by, id=by, deadline=int(deadline_seconds * SECOND))

    def watch(self, by, host, port, network=None, path="/api/leader"):
        options = {"period": self._period, "path": path}
        poller = (NetworkPoller(network, self, by, host, port, **options) if network
                  else Poller(self, by, host, port, **options))
        self._pollers[by] = poller
        poller.start()

    def unwatch(self, by):
        self._pollers.pop(by).stop()

    def close(self):
        for by in list(self._pollers):
            self.unwatch(by)
        if self._recorder:
            self._recorder.stop()
        self._recording.close()

    # What is read

    def answer(self, by):
        """The fields of its last answer; None while it does not answer."""
        poller = self._pollers.get(by)
        latest = poller.latest if poller else None
        return latest[1] if latest else None

    def wait(self, what, condition, seconds=30):
        """The first true value of condition()."""
        return eventually(what, condition, seconds, 0.005,
                          lambda: f"the last answers: {({by: self.answer(by) for by in self._pollers})}")

    def agreed(self, seconds=30):
        """The answer of the leader that all who are watched name, once they do."""
        def agreement():
            answers = {by: self.answer(by) for by in self._pollers}
            leaders = [by for by, answer in answers.items() if answer and answer["isLeader"]]
            if len(leaders) != 1 or any(not answer or answer["leader"] != leaders[0] for answer in answers.values()):
                return None
            return {"by": leaders[0], **answers[leaders[0]]}

        return self.wait("all name one leader", agreement, seconds)

    def claims(self, since=0):
        """The answers "I lead" to what was asked from `since` on, in the order of the answers."""
        return sorted((poll for poll in self.polls if poll["isLeader"] and poll["sent"] >= since),
                      key=lambda poll: poll["answered"])

    def successor(self, token, since, seconds):
        """The first answer "I lead" with another token."""
        return self.wait("a new term begins",
                         lambda: next((poll for poll in self.claims(since) if poll["token"] != token), None), seconds)

    def since_last_renewal(self, token, new, timing):
        """
        How long after the last renewal of the term `token` that was seen the answer `new` came. One more may have gone
        unseen, in the last moment before the end.
        """
        # An answer is valid for the renew deadline from its renewal on.
        renewed = max(poll["sent"] + poll["validForMs"] * MILLISECOND for poll in self.claims()
                      if poll["token"] == token) - timing.deadline * SECOND
        waited = seconds_between(renewed, new["answered"])
        print(f"another led {waited:.2f} s after the last renewal seen")
        return waited

    def judge(self):
        """Nobody led beside another, beyond its time, or with a token that did not grow."""
        assert check.main([str(self._path)]) == 0, f"the history {self._path} is not legal; see above"


def seconds_between(start, end):
    return (end - start) / SECOND
