"""An election that both kinds take part in, and the hand-overs that are forced on it."""

import random
import time
from dataclasses import dataclass

from contender import OURS, PEER, Arena, Contender
from recorder import LeaseRecorder, boottime

SLACK = 2.0  # seconds that a busy machine may add to a bound
FOREIGN = {
    "labels": {"example.com/team": "storage"},
    "annotations": {"example.com/note": 'keep me, \u00fc and "quotes"'},
}


@dataclass(frozen=True)
class HandOver:
    by: str  # TERM, KILL, STOP
    old: Contender
    new: Contender
    seconds: float

    @property
    def direction(self):
        return f"{self.old.kind} -> {self.new.kind}"


class Contest:
    """Keeps a cast of contenders for one Lease, and forces hand-overs between them."""

    def __init__(self, arena: Arena, api, tally, seed):
        self.arena, self.api, self.tally, self.random = arena, api, tally, random.Random(seed)
        self.timing = arena.timing
        self.cast = []  # alive, or stopped
        self.gone = []
        self.hand_overs = []
        self.resumed = []  # (contender, the instant before its SIGCONT)
        self.recorder = LeaseRecorder(arena.recording, api)
        self.recorder.start()
        self._number = 0

    # The cast

    def add(self, kind):
        self._number += 1
        contender = Contender(self.arena, kind, self._number, 4100 + self._number)
        self.cast.append(contender)
        return contender

    def of(self, kind):
        return [contender for contender in self.cast if contender.kind == kind]

    def remove(self, contender):
        """Buries a contender that was told to end."""
        contender.process.wait(10)
        contender.poller.stop()
        self.cast.remove(contender)
        self.gone.append(contender)

    def close(self):
        for contender in list(self.cast):
            contender.close()
            self.cast.remove(contender)
            self.gone.append(contender)
        self.recorder.stop()

    # Waiting

    def wait_for(self, what, condition, seconds):
        """The first true value of condition(), within the bound. Raises TimeoutError, naming what was waited for."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            for contender in self.cast:
                if not contender.alive():
                    contender.process.wait()
                    raise RuntimeError(contender.fault() or f"{contender.name} is gone")
            if time.monotonic() > deadline:
                says = {contender.name: contender.answer() for contender in self.cast}
                raise TimeoutError(f"no {what} within {seconds:.1f} s; last answers: {says}")
            time.sleep(0.002)
        return value

    def leader(self, but=None):
        leaders = [
            contender
            for contender in self.cast
            if contender is not but and not contender.stopped() and contender.leads()
        ]
        return leaders[0] if len(leaders) == 1 else None

    def settle(self):
        """Waits until all name the same leader and it has been in office for a while; returns it."""
        leader = self.wait_for("leader that all name", self._agreed, self.timing.lease / 1000 + SLACK + 5)
        time.sleep(self.random.uniform(0.3, 0.9))  # so that the fault meets every phase of a renewal
        return leader if leader.leads() else self.settle()

    def _agreed(self):
        leader = self.leader()
        awake = [contender for contender in self.cast if not contender.stopped()]
        if leader and all(contender.answer() and contender.answer()["leader"] == leader.name for contender in awake):
            return leader
        return None

    # Faults

    def bound(self, how):
        """Seconds until the next leader: a release is seen by client-go at its next poll (2.2 P), a crash after L."""
        poll = 2.2 * self.timing.retry / 1000
        return poll + SLACK + (0 if how == "TERM" else self.timing.lease / 1000)

    def force(self, how):
        """Takes the leader out of office, waits for the next one, and brings the cast back to strength."""
        old = self.settle()
        begun = time.monotonic()
        {"TERM": old.terminate, "KILL": old.kill, "STOP": old.stop}[how]()
        if how != "STOP":
            self.remove(old)
        new = self.wait_for(f"successor of {old.name} after SIG{how}", lambda: self.leader(but=old), self.bound(how))
        hand_over = HandOver(how, old, new, time.monotonic() - begun)
        self.hand_overs.append(hand_over)
        self.tally.passed(
            f"{hand_over.direction} by SIG{how}: {old.name} -> {new.name} after {hand_over.seconds:.2f} s"
        )
        if how == "STOP":
            self.wake(old)
        else:
            self.add(old.kind)
        return hand_over

    def wake(self, contender):
        """Continues a stopped contender once it has slept for longer than L, and awaits that it says no."""
        time.sleep(self.random.uniform(0.1, 0.4))
        self.resumed.append((contender, contender.resume()))
        self.wait_for(
            f"no of {contender.name} after SIGCONT",
            lambda: contender.answer() and not contender.leads(),
            2 * self.timing.lease / 1000 + SLACK,
        )

    def hand_over(self, how, kind):
        """Hits leaders until one of another kind was followed by one of `kind`: its own kind may be faster."""
        for _ in range(8):
            hand_over = self.force(how)
            if hand_over.new.kind == kind and hand_over.old.kind != kind:
                return
        raise TimeoutError(f"eight hand-overs by SIG{how}, none of them to {kind}")

    def dismiss(self, kind, keep):
        """Ends followers of that kind, politely, until `keep` are left; the leader must not notice."""
        leader = self.settle()
        token = leader.answer()["token"]
        for contender in [contender for contender in self.of(kind) if contender is not leader]:
            if len(self.of(kind)) > keep:
                contender.terminate()
                self.remove(contender)
        if len(self.of(kind)) != keep:
            raise AssertionError(f"{len(self.of(kind))} of {kind} are left instead of {keep}")
        answer = leader.answer()
        self.tally.check(
            f"the end of a follower leaves {leader.name} in office",
            bool(answer) and answer["isLeader"] and answer["token"] == token,
            f"it answers {answer}",
        )

    def edit_metadata(self):
        """Somebody labels the Lease under a live leader, which makes its next write conflict."""
        leader = self.settle()
        token = leader.answer()["token"]
        for number in range(3):
            self.api.patch_metadata(
                FOREIGN | {"annotations": FOREIGN["annotations"] | {"example.com/edit": str(number)}}
            )
            time.sleep(self.timing.retry / 1000)
        edited = boottime()
        self.wait_for("answer after the edit", lambda: leader.poller.latest and leader.poller.latest[0] > edited, 5)
        answer = leader.answer()
        self.tally.check(
            f"edits of labels and annotations leave {leader.name} in office",
            bool(answer) and answer["isLeader"] and answer["token"] == token,
            f"it answers {answer}",
        )


def phase(contest, first, rounds, hows):
    """An election that `first` begins alone, then `rounds` hand-overs in each direction."""
    contest.add(first)
    starter = contest.settle()
    contest.tally.check(
        f"{starter.name}, alone, leads a Lease that it made itself", starter.kind == first, starter.name
    )
    for kind in (OURS, PEER, PEER):
        while len(contest.of(kind)) < (1 if kind == OURS else 2):
            contest.add(kind)
    contest.edit_metadata()
    if first == PEER:
        contest.hand_over("TERM", OURS)
    for number in range(rounds):
        contest.hand_over(hows[number % len(hows)], PEER)  # one of ours and two of client-go's: one of these takes over
        if number == 0:
            contest.edit_metadata()
        if number % 2:
            contest.add(OURS)
        contest.hand_over(hows[(number + 1) % len(hows)], OURS)
        contest.dismiss(OURS, 1)
