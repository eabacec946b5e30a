"""What leader and followers occupy and run, at rest and while they are asked."""
import threading
import time

from candidate import KINDS, OURS, PEER
from figures import Figure
from group import Group
from wrk import load

NEEDS_CONTROL_PLANE = True
SETTLE_SECONDS, REST_SECONDS = 10, 60
LOAD_CONNECTIONS, LOAD_SECONDS = 32, 4
SAMPLE_SECONDS = 0.05
KINDS_OF_MEMORY = ("resident", "proportional", "anonymous")
GOALS = {"resident": 0.5, "anonymous": 0.35}
KIBIBYTES_PER_MIB = 1024


class Watched(threading.Thread):
    """The most memory that a candidate has while this runs."""

    def __init__(self, candidate):
        super().__init__(daemon=True)
        self._candidate, self._over = candidate, threading.Event()
        self.most = candidate.memory()

    def run(self):
        while not self._over.wait(SAMPLE_SECONDS):
            now = self._candidate.memory()
            self.most = {name: max(value, now[name]) for name, value in self.most.items()}

    def stop(self):
        self._over.set()
        self.join()


def at_rest(groups):
    """For each candidate its memory after a minute in which nothing happened, and the CPU time of that minute."""
    time.sleep(SETTLE_SECONDS)  # what a start entails is not the minute's
    before = {candidate: candidate.processor_seconds() for group in groups for candidate in group.candidates}
    time.sleep(REST_SECONDS)
    used = {candidate: candidate.processor_seconds() - seconds for candidate, seconds in before.items()}
    return {candidate: (candidate.memory(), seconds * 60 / REST_SECONDS) for candidate, seconds in used.items()}


def under_load(candidate):
    watched = Watched(candidate)
    watched.start()
    load(candidate.port, LOAD_CONNECTIONS, LOAD_SECONDS)
    watched.stop()
    return watched.most


def memory_figures(case, ours, peer, goals):
    for name in KINDS_OF_MEMORY:
        yield Figure("memory", case, f"{name} memory", "MiB", [one[name] / KIBIBYTES_PER_MIB for one in ours],
                     [one[name] / KIBIBYTES_PER_MIB for one in peer], "at most" if name in goals else None,
                     goals.get(name))


def measure(bench):
    rest = {role: {kind: [] for kind in KINDS} for role in ("leader", "follower")}
    loaded = {kind: [] for kind in KINDS}
    for turn in range(bench.repeated(3)):
        with Group(bench, OURS, f"memory-{turn}", 3) as ours, Group(bench, PEER, f"memory-{turn}", 3) as peer:
            bench.say(f"memory: {REST_SECONDS} s of rest")
            measured = at_rest((ours, peer))
            for group in (ours, peer):
                leader = group.leader()
                rest["leader"][group.kind].append(measured[leader])
                rest["follower"][group.kind] += [measured[other] for other in group.others(leader)]
                loaded[group.kind].append(under_load(leader))
    figures = []
    for role, of_kind in rest.items():
        memory, seconds = ({kind: [one[part] for one in of_kind[kind]] for kind in KINDS} for part in (0, 1))
        figures += memory_figures(f"{role} at rest", memory[OURS], memory[PEER], GOALS)
        figures.append(Figure("memory", f"{role} at rest", "CPU time a minute", "ms",
                              [value * 1000 for value in seconds[OURS]], [value * 1000 for value in seconds[PEER]],
                              "at most", 0.5))
    figures += memory_figures(f"leader asked on {LOAD_CONNECTIONS} connections", loaded[OURS], loaded[PEER], {})
    return figures
