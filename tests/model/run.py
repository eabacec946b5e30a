#!/usr/bin/env python3
"""Checks the formal model of the election with spin. README.md says what the model says, and what it does not.

tests/model/run.py RESULTS [NAME...]     all configurations, or those named

Writes RESULTS/model.xml (JUnit), a log of each configuration, and a trail in words of each violation.
"""

import re
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
MODEL = ("election.pml", "rules.pml")

MEMORY_MIB = 3500
SECONDS = 600  # of one search; the slowest takes a thirtieth of it on an idle core
# A search that goes deeper says so, and the configuration fails. 24 bytes each.
DEPTH = 4_000_000
# Safety only, and no partial-order reduction: there is next to nothing to reduce, each step being one transition.
COMPILE = ("gcc", "-O2", "-w", "-DSAFETY", "-DNOREDUCE", f"-DMEMLIM={MEMORY_MIB}")

HOLDS = "holds"
S1 = "S1"  # two lead at one time
S3 = "S3"  # a token does not grow
TWO_LEAD = re.compile(r"assertion violated \(\(?false\b|assertion violated \(\(?0\b")
TOKEN = re.compile(r"assertion violated \(.*lastToken\)")

# What pan says when it has not searched everything, or not told all states apart.
INCOMPLETE = (
    "max search depth too small",
    "out of memory",
    "Search not completed",
    "Bit statespace search",
    "Hash-Compact",
    "hash-compact",
    "resource limit",
    "VECTORSZ",
)


@dataclass
class Configuration:
    name: str
    expected: str
    about: str
    switches: dict = field(default_factory=dict)


def holds(name, about, **switches):
    return Configuration(name, HOLDS, about, switches)


def breaks(name, expected, about, **switches):
    return Configuration(name, expected, about, switches)


DELETED = {"DELETIONS": 1}
CREATE = {"DELETIONS": 1, "CREATE_AT_ONCE": 1}

CONFIGURATIONS = [
    # The election as it is.
    holds("wait", "--on-missing=wait; Lease deleted at will", **DELETED),
    holds("create", "--on-missing=create; Lease deleted at will; but for the exception", **CREATE),
    holds("finer-clocks", "a lease of 6, a deadline of 3", L=6, D=3),
    holds("edits", "metadata edited at will", EDITS=1),
    holds("watch", "candidates also see events, late; nobody dies or leaves", WATCH=1, RESTARTS=0, STOPS=0),
    holds("lists", "candidates also list, and hear late that there is no Lease; nobody dies or leaves", LISTS=1, RESTARTS=0,
          STOPS=0, **CREATE),
    holds("three", "three candidates; nobody dies or leaves", N=3, RESTARTS=0, STOPS=0),
    # The limits that design.md names are there.
    breaks("exception", S1, "--on-missing=create, and the exception counts as well", STRICT=1, **CREATE),
    breaks("drift", S1, "a clock that is faster than the bound allows", FAST=4),
    # The rules, each broken.
    breaks("1-answer", S1, "validity counts from the answer", M1_ANSWER=1),
    breaks("1-read-back", S1, "a read-back credits the time of the read", M1_READBACK=1),
    breaks("1-revival", S3, "a late success revives a term that has ended", M1_REVIVE=1),
    breaks("2-renew-time", S1, "the wait is shortened by the remote renewTime", M2_RENEW_TIME=1),
    breaks("2-holder", S1, "only another holder counts as a change", M2_HOLDER=1),
    holds("3-goes-on", "who sees another holder goes on until D: a second line of defence", M3_GOES_ON=1),
    breaks("4-uid", S1, "writes carry no uid", M4_NO_UID=1, **DELETED),
    breaks("4-revision", S1, "writes carry no resourceVersion", M4_NO_REVISION=1),
    breaks("4-doubt", S1, "a write that was not answered counts as made", M4_TAKES_FOR_MADE=1),
    breaks("4-identical", S3, "a write may be identical to what is stored", M4_IDENTICAL=1),
    breaks("5-blind", S1, "a release does not check whose the record is", M5_BLIND=1),
    breaks("6-found", S3, "a process leads by a record that names it", M6_FOUND=1),
    breaks("6-creation", S1, "a process leads by a creation", M6_CREATION=1, **DELETED),
    breaks("6-lock", S1, "a record of our Pod is taken without the Pod's lock", M6_NO_LOCK=1),
    breaks("7-read", S3, "the token is the revision read", M7_READ=1),
    breaks("8-vacant", S1, "a vacant Lease is free at once", M8_VACANT_FREE=1, **DELETED),
    breaks("8-seen", S1, "who has seen another Lease takes the one that it made at once", M8_SEEN_BEFORE=1, **CREATE),
    breaks("8-late", S1, "a late answer begins a term under a Lease that a list has shown to be gone", LISTS=1, RESTARTS=0,
           STOPS=0, M8_LATE=1, **CREATE),
    holds("8-late-read", "a read answered late brings a Lease back that a list has shown to be gone: it can only delay",
          LISTS=1, RESTARTS=0, STOPS=0, M8_LATE_READ=1, **CREATE),
    breaks("10-replaces", S1, "a creation replaces what is there", M10_REPLACES=1, CREATE_AT_ONCE=1),
    breaks("13-early", S1, "a release is sent before every answer is no", M13_EARLY=1),
    breaks("14-deadline", S1, "D leaves no margin for the drift", D=3),
]


class Broken(Exception):
    """A configuration that could not be judged, and why."""


def run(command, directory, seconds=SECONDS):
    try:
        return subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=seconds, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired as late:
        raise Broken(f"{command[0]} took longer than {seconds} s") from late


def compile_model(configuration, directory, *options):
    for file in MODEL:
        shutil.copy(HERE / file, directory)
    switches = [f"-D{name}={value}" for name, value in configuration.switches.items()]
    made = run(["spin", "-a", "-o3", *switches, "election.pml"], directory)
    if made.returncode or "Error" in made.stdout + made.stderr:
        raise Broken(f"spin: {made.stdout}{made.stderr}")
    made = run([*COMPILE, *options, "-o", "pan", "pan.c"], directory)
    if made.returncode:
        raise Broken(f"gcc: {made.stderr}")


def states_of(output):
    found = re.search(r"^\s*([\d.e+]+) states, stored", output, re.MULTILINE)
    if not found:
        raise Broken(f"pan says nothing of states: {output[-2000:]}")
    return int(float(found[1]))


def verdict_of(output):
    """What pan found. A search that found nothing must have been complete, and have told all states apart."""
    if TOKEN.search(output):
        return S3
    if TWO_LEAD.search(output):
        return S1
    found = re.search(r"errors: (\d+)", output)
    if not found or found[1] != "0":
        raise Broken(f"pan found something else: {output[-2000:]}")
    incomplete = [sign for sign in INCOMPLETE if sign in output]
    if incomplete or "Full statespace search for:" not in output:
        raise Broken(f"the search was not complete: {incomplete or 'no full search'}")
    return HOLDS


def check(configuration, directory):
    """(verdict, states). A violation is looked for breadth first: its trail is a shortest one."""
    seeks = configuration.expected != HOLDS
    compile_model(configuration, directory, *(["-DBFS"] if seeks else []))
    options = ["-w20"] if seeks else ["-w22", f"-m{DEPTH}"]
    # -E: a run may end in the exception that design.md names. -n: no list of what was not reached.
    searched = run(["./pan", "-n", "-E", *options], directory)
    output = searched.stdout + searched.stderr
    (directory / "pan.log").write_text(output)
    verdict = verdict_of(output)
    if verdict != HOLDS:
        trail = run(["./pan", "-r", "-n"], directory, 60).stdout
        (directory / "trail.txt").write_text(trail.split("spin: trail ends")[0])
    return verdict, states_of(output)


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    results = Path(sys.argv[1]).resolve()
    chosen = [each for each in CONFIGURATIONS if not sys.argv[2:] or each.name in sys.argv[2:]]
    suite = ElementTree.Element("testsuite", name="model")
    failures = 0
    print(f"{'configuration':<14}{'states':>11}{'seconds':>9}  {'verdict':<10}what it is", flush=True)
    for configuration in chosen:
        directory = results / configuration.name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        started = time.monotonic()
        case = ElementTree.SubElement(suite, "testcase", classname="model", name=configuration.name)
        try:
            verdict, states = check(configuration, directory)
            problem = "" if verdict == configuration.expected else f"expected: {configuration.expected}"
        except Broken as broken:
            verdict, states, problem = "?", 0, str(broken)
        seconds = time.monotonic() - started
        case.set("time", f"{seconds:.1f}")
        said = verdict if verdict in (HOLDS, "?") else f"breaks {verdict}"
        print(f"{configuration.name:<14}{states:>11,}{seconds:>9.1f}  {said:<10}{configuration.about}", flush=True)
        if problem:
            failures += 1
            ElementTree.SubElement(case, "failure").text = problem
            trail = directory / "trail.txt"
            print(f"FAILED  {problem}\n{trail.read_text() if trail.exists() else ''}", flush=True)
        for file in directory.glob("pan*"):
            if file.name != "pan.log":
                file.unlink()
    ElementTree.ElementTree(suite).write(results / "model.xml", encoding="utf-8", xml_declaration=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{len(chosen) - failures} as expected, {failures} not; {used.ru_utime:.0f} s of one core, "
          f"at most {used.ru_maxrss / 1024:.0f} MiB")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
