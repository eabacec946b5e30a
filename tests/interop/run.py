#!/usr/bin/env python3
"""Our elector competes with client-go's for one Lease on a real API server, and takes over from one that holds it for
life and hands back to it. README.md says what is checked.

tests/interop/run.py --elector PATH [--peer PATH] [--rounds N] [--rollouts N] [--seed N] [--keep DIR] [--junit FILE]
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *[str(HERE.parent / part) for part in ("history", "cluster", "lib")]]

import check  # noqa: E402
import claims  # noqa: E402
from contender import OURS, PEER, Arena, Contender, Timing  # noqa: E402
from contest import Contest, phase  # noqa: E402
from course import check_course  # noqa: E402
from machine import OwnCluster  # noqa: E402
from recorder import LeaseApi, LeaseRecorder, Recording  # noqa: E402
from rollout import FOR_LIFE, TIMING, Rollout, usurp  # noqa: E402

CLUSTER = HERE.parent / "cluster" / "cluster"
API_SERVER = ("10.99.0.10", 6443)
NAMESPACE = "default"
SIGNALS = ("TERM", "KILL", "STOP")

# What an elector says when it cannot make sense of a record, or breaks.
CHOKES = {
    OURS: r"(?i)\bodd\b|malformed|hostile|terminate called|sanitizer|\"level\": ?\"(error|fatal)\"",
    PEER: r"(?i)panic|fatal error|unmarshal|decod|is invalid|cannot write",
}


class Tally:
    """Counts the checks, and prints each."""

    def __init__(self):
        self.counts = Counter()
        self.suite = ElementTree.Element("testsuite", name="interop")

    def check(self, what, holds, detail=""):
        self.counts["passed" if holds else "failed"] += 1
        case = ElementTree.SubElement(self.suite, "testcase", classname="interop", name=what)
        if not holds:
            ElementTree.SubElement(case, "failure").text = str(detail)
        print(f"ok      {what}" if holds else f"FAILED  {what}: {detail}", flush=True)

    def passed(self, what):
        self.check(what, True)

    def close(self, junit):
        if junit:
            ElementTree.ElementTree(self.suite).write(junit, encoding="utf-8", xml_declaration=True)
        print(f"{self.counts['passed']} passed, {self.counts['failed']} failed", flush=True)
        return 1 if self.counts["failed"] else 0


def check_contenders(tally, contest):
    faults = [fault for contender in contest.gone if (fault := contender.fault())]
    tally.check(f"each of {len(contest.gone)} processes ended as it was told", not faults, faults)
    for kind, pattern in CHOKES.items():
        lines = [
            f"{contender.name}: {line}"
            for contender in contest.gone
            if contender.kind == kind
            for line in contender.complaints(pattern)
        ]
        tally.check(f"no process of {kind} choked on the other's record", not lines, lines[:5])


def check_history(tally, arena, contest):
    records = claims.load(sorted(arena.directory.glob("*.history")))
    histories = claims.histories_of(records)
    verdict = check.judge(histories)
    check.report(verdict, histories)
    tally.check(
        "no two processes led at one time, no word outlived itself, tokens only grew",
        not verdict.violations and verdict.claims >= len(contest.hand_overs),
        f"{len(verdict.violations)} violations in {verdict.claims} claims, {len(contest.hand_overs)} hand-overs",
    )
    longer = [
        record | {"validForMs": record["validForMs"] + arena.timing.lease} if record.get("validForMs") else record
        for record in records
        if record["kind"] != "process"
    ]
    found = {violation.rule for violation in check.judge(claims.histories_of(longer)).violations}
    tally.check(
        "had the words of ours held for L longer, the same history would be found to violate S1", "S1" in found, found
    )
    processes = histories[""].processes
    ours = [contender.name for contender in contest.gone if contender.kind == OURS]
    mute = [name for name in ours if not processes[name].answers]
    tally.check("every elector of ours was heard", not mute, mute)
    slow = [
        contender.name
        for contender, since in contest.resumed
        if contender.kind == OURS
        and [answer.leads for answer in processes[contender.name].answers if answer.lo >= since][:1] != [False]
    ]
    tally.check("ours, once continued, says no to the first question", not slow, slow)
    return [beyond for beyond in verdict.beyond if beyond.by.startswith("peer-") and beyond.awake > 0]


def arena_of(arguments, directory, lease, timing):
    """What the contenders for a Lease share, and the Lease."""
    directory.mkdir()
    arena = Arena(
        arguments.elector,
        arguments.peer,
        arguments.cluster / "pki" / "admin.kubeconfig",
        NAMESPACE,
        lease,
        timing,
        directory,
        Recording(directory / "run.history"),
    )
    return arena, LeaseApi(*API_SERVER, OwnCluster(arguments.cluster).administrators_tls(), NAMESPACE, lease)


def judged(arena):
    """The history in the folder, and what the checker says of it."""
    histories = claims.histories_of(claims.load(sorted(arena.directory.glob("*.history"))))
    return histories, check.judge(histories)


def roll_out(tally, arguments):
    """From an elector for life to ours and back, again and again; and what the check says of one that does not wait."""
    arena, api = arena_of(arguments, arguments.keep / FOR_LIFE, "held-for-life", TIMING)
    recorder = LeaseRecorder(arena.recording, api)
    recorder.start()
    rollout = Rollout(arena, api, tally)
    try:
        rollout.run(arguments.rollouts)
        rollout.leader.leave()
    except (TimeoutError, RuntimeError, AssertionError, OSError) as error:
        tally.check("the rollouts run to their end", False, str(error))
    finally:
        rollout.close()
        recorder.stop()
    histories, verdict = judged(arena)
    check.report(verdict, histories)
    tally.check(
        "in no rollout two led at one time",
        not verdict.violations and verdict.claims >= 3 * arguments.rollouts,
        f"{len(verdict.violations)} violations in {verdict.claims} claims",
    )
    arena, api = arena_of(arguments, arguments.keep / "usurped", "usurped", TIMING)
    usurp(arena, lambda *more: Contender(arena, PEER, *more), api)
    found = {violation.rule for violation in judged(arena)[1].violations}
    tally.check("the check sees an elector that takes a Lease without a duration at once", "S1" in found, found)


def hold(tally, arguments, directory, first, seed):
    """One election from its first candidate to the check of its history."""
    lease = f"begun-by-{'elector' if first == OURS else 'peer'}"
    arena, api = arena_of(arguments, directory, lease, Timing())
    contest = Contest(arena, api, tally, seed)
    try:
        phase(contest, first, arguments.rounds, SIGNALS)
    except (TimeoutError, RuntimeError, AssertionError, OSError) as error:
        tally.check(f"the election begun by {first} runs to its end", False, str(error))
    finally:
        contest.close()
    check_course(tally, contest.recorder)
    check_contenders(tally, contest)
    beyond = check_history(tally, arena, contest)
    return contest.hand_overs, beyond


def compete(arguments):
    """Everything that happens inside the network of the control plane."""
    tally = Tally()
    print(f"seed {arguments.seed}", flush=True)
    if arguments.rollouts:
        print("-- a Lease held for life", flush=True)
        roll_out(tally, arguments)
    if arguments.rounds:
        compete_with_client_go(tally, arguments)
    return tally.close(arguments.junit)


def compete_with_client_go(tally, arguments):
    hand_overs, beyond = [], []
    for first in (OURS, PEER):
        print(f"-- a Lease begun by {first}", flush=True)
        more_hand_overs, more_beyond = hold(tally, arguments, arguments.keep / first, first, arguments.seed)
        hand_overs += more_hand_overs
        beyond += more_beyond
    cells = Counter((hand_over.direction, hand_over.by) for hand_over in hand_overs)
    for direction in (f"{OURS} -> {PEER}", f"{PEER} -> {OURS}"):
        for how in SIGNALS:
            times = sorted(h.seconds for h in hand_overs if (h.direction, h.by) == (direction, how))
            spread = f", {times[0]:.2f} to {times[-1]:.2f} s, median {times[len(times) // 2]:.2f} s" if times else ""
            needed = arguments.rounds * 2 // len(SIGNALS)
            tally.check(
                f"{cells[direction, how]} hand-overs {direction} by SIG{how}{spread}",
                len(times) >= needed,
                f"{needed} wanted",
            )
    crossing = sum(
        count for (direction, _), count in cells.items() if direction.split(" -> ")[0] != direction.split(" -> ")[1]
    )
    tally.check(
        f"{crossing} hand-overs between the kinds", crossing >= 4 * arguments.rounds, f"{4 * arguments.rounds} wanted"
    )
    answered = sum(belief.answers for belief in beyond)
    tally.check(
        f"the check sees what a stopped client-go claims beyond its deadline: {len(beyond)} times, {answered} answers",
        bool(beyond) and answered > 0,
        "a checker that sees nothing proves nothing",
    )


def run_on_cluster(arguments, argv):
    """Brings up a control plane, runs this script inside its network, and takes all down again."""
    base = Path(tempfile.mkdtemp(prefix="interop-"))
    directory = base / f"interop{os.getpid()}"  # its last part names the network namespaces
    environment = {**os.environ, "CLUSTER_DIR": str(directory)}
    cluster = lambda *command: subprocess.Popen([CLUSTER, *command], env=environment)  # noqa: E731
    inner = None
    try:
        # With the garbage collector, which deletes a Lease that is held for life.
        if cluster("up", "0").wait() != 0 or cluster("start", "kcm").wait() != 0:
            print("interop: the control plane does not come up", file=sys.stderr)
            return 1
        inner = cluster(
            "exec",
            "cp",
            sys.executable,
            HERE / "run.py",
            *argv,
            "--inside",
            str(directory),
            "--peer",
            str(arguments.peer),
            "--keep",
            str(arguments.keep),
            "--seed",
            str(arguments.seed),
        )
        return inner.wait()
    finally:
        if inner is not None and inner.poll() is None:
            inner.terminate()
            inner.wait(60)
        cluster("down").wait()
        shutil.rmtree(base, ignore_errors=True)


def build_peer(directory):
    peer = directory / "peer"
    go = HERE.parent / "cluster" / "tools" / "go"
    subprocess.run(
        [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", peer, "."],
        cwd=HERE.parent / "peer",
        check=True,
    )
    return peer


def parse(argv):
    parser = argparse.ArgumentParser(description="Our elector beside those of others, for one Lease.")
    parser.add_argument("--elector", required=True, type=Path, help="our binary")
    parser.add_argument("--peer", type=Path, help="the binary of tests/peer (default: build it)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=9,
        help="hand-overs to and from client-go's, in each of two elections (default 9; 0: no such election)",
    )
    parser.add_argument("--rollouts", type=int, default=2, help="from an elector for life to ours and back (default 2)")
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**9), help="of the moments at which faults strike"
    )
    parser.add_argument(
        "--keep", type=Path, help="a new directory for histories and logs, kept (default: kept after a failure)"
    )
    parser.add_argument("--junit", type=Path, help="a file for the checks in JUnit's format")
    parser.add_argument("--inside", type=Path, dest="cluster", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    arguments.elector = arguments.elector.resolve()
    if not os.access(arguments.elector, os.X_OK):
        parser.error(f"--elector: {arguments.elector} is no program")
    return arguments


def interrupted(*_):
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # cleaning up must not be interrupted
    raise KeyboardInterrupt


def main(argv):
    arguments = parse(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    if arguments.cluster:
        return compete(arguments)
    kept = arguments.keep is not None
    arguments.keep = arguments.keep or Path(tempfile.mkdtemp(prefix="interop-histories-"))
    arguments.keep.mkdir(parents=True, exist_ok=True)
    arguments.keep = arguments.keep.resolve()
    arguments.peer = arguments.peer.resolve() if arguments.peer else build_peer(arguments.keep)
    code = run_on_cluster(arguments, argv)
    if code == 0 and not kept:
        shutil.rmtree(arguments.keep)
    else:
        print(f"histories and logs: {arguments.keep}", flush=True)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
