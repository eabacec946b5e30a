"""Carries out a plan of faults on a troupe for some time, tells of each, and leaves nothing broken."""
import contextlib
import itertools
import sys
import time

from faults import Impossible, fault_of
from observation import SECOND, boottime
from plan import plan
from recorder import Recording
from troupe import TIMING

# How long after the last fault somebody must lead: a lease, a retry, and what a busy machine takes to tell.
RECOVERY = TIMING.lease + TIMING.retry + 10


class Nemesis:
    def __init__(self, troupe, seed, nodes, out=sys.stdout):
        self.troupe, self._out = troupe, out
        self._steps = plan(seed, nodes, troupe.leases)
        self.history = troupe.directory / "faults.history"
        self._recording = Recording(self.history)
        self._began = boottime()
        self._open = []  # (fault, since)
        self.done = []  # the kinds of all faults that came to pass

    def rage(self, seconds):
        """
        Returns once all is mended, and everybody answers and names a leader again: how long it took until somebody led,
        by Lease.
        """
        until = time.monotonic() + seconds
        try:
            for step in itertools.takewhile(lambda _: time.monotonic() < until, self._steps):
                self._carry_out(step)
                if time.monotonic() < until:  # how long the last one takes to be overcome is told
                    time.sleep(step.quiet)
        finally:
            with contextlib.ExitStack() as rest:  # all of it, whatever goes wrong with a part
                rest.callback(self._recording.close)
                for fault, since in self._open:
                    rest.callback(self._mend, fault, since)
        return self._recover()

    def _carry_out(self, step):
        """Beginnings and ends in the order of time; each may take its own time."""
        lags = (0, step.lag)
        due = time.monotonic()
        faults = [fault_of(self.troupe, order) for order in step.orders]
        for fault in faults:
            fault.outage = fault.outage or step.hides_the_api
        deeds = sorted([(due + lag, 0, fault) for lag, fault in zip(lags, faults)]
                       + [(due + lag + fault.order.seconds, 1, fault) for lag, fault in zip(lags, faults)],
                       key=lambda deed: deed[:2])
        for at, ends, fault in deeds:
            time.sleep(max(0.0, at - time.monotonic()))
            if not ends:
                self._begin(fault)
            elif since := next((since for other, since in self._open if other is fault), None):
                self._mend(fault, since)

    def _begin(self, fault):
        since = boottime()
        self._open.append((fault, since))  # before: what has begun in part is mended, too
        try:
            fault.begin()
        except Impossible as error:
            self._open.remove((fault, since))
            self._say(since, f"({fault.order.kind}: left out, {error})")
        else:
            self.done.append(fault.order.kind)
            self._say(since, fault.what)

    def _mend(self, fault, since):
        self._open.remove((fault, since))
        try:
            fault.mend()
        finally:
            until = boottime()
            more = {"outage": True} if fault.outage else {}
            self._recording.write("fault", what=fault.what, **{"from": since, "until": until}, **more)
        if fault.order.seconds or fault.outage:
            self._say(until, f"    mended after {(until - since) / SECOND:.1f} s: {fault.what}")

    def _say(self, at, text):
        print(f"{(at - self._began) / SECOND:8.1f} s  {text}", file=self._out, flush=True)

    def _recover(self):
        mended = time.monotonic()
        took = {}
        for lease in self.troupe.leases:
            self.troupe.wait(f"somebody leads {lease}", lambda lease=lease: self.troupe.leader(lease), RECOVERY)
            took[lease] = time.monotonic() - mended
        for lease in self.troupe.leases:
            self.troupe.wait_for_agreement(lease)
        self._check_restarts()
        return took

    def _check_restarts(self):
        """No elector ended that was not killed."""
        again = [elector for elector in self.troupe.roster.electors.values() if elector.restarts]
        if sum(elector.restarts for elector in again) > self.done.count("container killed"):
            kubectl, space = self.troupe.cluster.kubectl, self.troupe.space
            logs = [kubectl("logs", "-n", space, elector.name, "--previous", "--tail=20") for elector in again]
            raise AssertionError("an elector ended by itself; what they said before:\n" + "\n".join(logs))
