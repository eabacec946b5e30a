#!/usr/bin/env python3
"""Hours of renewals and take-overs on a real API server: is what an elector occupies flat, and is nobody led twice?

    tests/soak/run.py --elector build/elector/leader-elector [--minutes 60] [--seed N] [--junit FILE] [--keep DIR]

Three electors that live throughout, and one that is killed and ended in order again and again, compete for one Lease with
L=1s, D=500ms, P=100ms. Every second or two something moves the leadership: the leader is stopped for longer than L, the
mortal one is killed or ended, the Lease is deleted, the API server restarts. Memory, threads and descriptors of the three
are sampled; the history of all four is judged. Needs root. Exit code 0: flat and legal; 1: not.
"""
import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / folder) for folder in ("controlplane", "cluster", "history", "lib"))]

from footprint import SLACK, growth, sample  # noqa: E402
from machine import OwnCluster  # noqa: E402
from observation import Timing, boottime  # noqa: E402
from processes import Electors  # noqa: E402

TIMING = Timing(lease=1, deadline=0.5, retry=0.1)
LASTING = ("a", "b", "c")
MORTAL = "m"
# What moves the leadership, and how often of a hundred times. Restarts of the API server are rare: each takes seconds in
# which nobody leads.
MOVES = {"pause": 45, "kill": 20, "end": 20, "delete": 10, "restart": 5}


class Soak:
    """One run; the counts and samples that it leaves are what is judged."""

    def __init__(self, electors, seed):
        self._electors = electors
        self._random = random.Random(seed)
        self.samples = {name: [] for name in LASTING}
        self.moves = dict.fromkeys(MOVES, 0)

    def run(self, seconds):
        self._electors.start(*LASTING, MORTAL)
        end = time.monotonic() + seconds
        shown = time.monotonic()
        while time.monotonic() < end:
            self._electors.observation.agreed(60)
            for name in LASTING:
                self.samples[name].append(sample(self._electors.pid(name)))
            self._move()
            time.sleep(self._random.uniform(0, 3))  # of renewals
            if time.monotonic() >= shown + 60:
                shown += 60
                left = max(0.0, end - time.monotonic()) / 60
                print(f"   {self.terms()} terms, {sum(self.moves.values())} moves; {left:.0f} minutes left", flush=True)
        self._electors.observation.agreed(60)

    def write_samples(self, directory):
        """For whoever wants to see how it grew: a table for each elector."""
        for name, samples in self.samples.items():
            lines = ["\t".join(SLACK), *("\t".join(str(getattr(one, each)) for each in SLACK) for one in samples)]
            Path(directory, f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def terms(self):
        return len({claim["token"] for claim in self._electors.observation.claims()})

    def _move(self):
        move = self._random.choices(list(MOVES), weights=MOVES.values())[0]
        self.moves[move] += 1
        getattr(self, f"_{move}")()

    def _pause(self):
        """The leader sleeps until its Lease has certainly run out."""
        observation = self._electors.observation
        leader = observation.agreed(60)
        pid = self._electors.pid(leader["by"])
        stopped = boottime()
        os.kill(pid, signal.SIGSTOP)
        try:
            observation.successor(leader["token"], stopped, 30)
        finally:
            observation.write("stopped", by=leader["by"], **{"from": stopped, "until": boottime()})
            os.kill(pid, signal.SIGCONT)

    def _kill(self):
        self._electors.kill(MORTAL)
        self._electors.start(MORTAL)

    def _end(self):
        self._electors.terminate(MORTAL)
        self._electors.start(MORTAL)

    def _delete(self):
        """By hand; its leader hears of it, and takes it again."""
        self._electors.control_plane.kubectl("delete", "lease", self._electors.lease)

    def _restart(self):
        self._electors.control_plane.tool("stop", "apiserver")
        self._electors.control_plane.tool("start", "apiserver")


def judge(soak, electors, minutes):
    """Named verdicts: (name, what is wrong or nothing)."""
    for name, samples in soak.samples.items():
        grown = growth(samples)
        print(f"   {name}: {', '.join(map(str, grown))}")
        yield f"{name} occupies no more at the end", "; ".join(str(one) for one in grown if not one.flat)
    terms = soak.terms()
    moves = ", ".join(f"{count} {move}" for move, count in soak.moves.items())
    print(f"   {terms} terms in {minutes:g} minutes; moves: {moves}")
    yield "the leadership moved", "" if terms >= 4 * minutes else f"{terms} terms in {minutes:g} minutes are too few"
    try:
        electors.observation.judge()
    except AssertionError as error:
        yield "the history is legal", str(error)
    else:
        yield "the history is legal", ""


def write_junit(path, verdicts):
    cases = (f"<testcase name={quoteattr(name)}>" + (f"<failure message={quoteattr(wrong)}/>" if wrong else "")
             + "</testcase>" for name, wrong in verdicts)
    Path(path).write_text(f'<testsuite name="soak">{"".join(cases)}</testsuite>\n', encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--elector", required=True, type=Path, help="the program leader-elector")
    parser.add_argument("--minutes", type=float, default=60, help="how long (60)")
    parser.add_argument("--seed", type=int, default=1, help="which moves, in which order (1)")
    parser.add_argument("--junit", help="file for the verdicts")
    parser.add_argument("--keep", type=Path, help="folder in which history, logs and samples stay")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the control plane is taken down on the way out
    with tempfile.TemporaryDirectory(prefix="elector-") as directory:
        keep = arguments.keep or Path(directory, "kept")
        keep.mkdir(parents=True, exist_ok=True)
        control_plane = OwnCluster(Path(directory, "soak-" + Path(directory).name))
        try:
            control_plane.up(0)
            electors = Electors(arguments.elector.resolve(), control_plane, "soak", keep, TIMING, period=0.02)
            try:
                soak = Soak(electors, arguments.seed)
                soak.run(60 * arguments.minutes)
            finally:
                electors.close()
                soak.write_samples(keep)
            verdicts = list(judge(soak, electors, arguments.minutes))
            if any(wrong for _, wrong in verdicts):
                electors.show()
        finally:
            control_plane.down()
    if arguments.junit:
        write_junit(arguments.junit, verdicts)
    for name, wrong in verdicts:
        print(f"   {'not ok' if wrong else 'ok'} - {name}" + (f": {wrong}" if wrong else ""))
    sys.exit(1 if any(wrong for _, wrong in verdicts) else 0)


if __name__ == "__main__":
    main()
