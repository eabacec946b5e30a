#!/usr/bin/python3
"""Runs the fuzzers: each on its corpus, then for a while on what it makes of it.

tests/fuzz/run.py [--build DIR] [--target NAME]... [--seconds N] [--seed N] [--jobs N] [--junit FILE] [--keep]

The fuzzers are built before, with clang:

    cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DELECTOR_SANITIZE=address -DELECTOR_FUZZ=ON
    cmake --build build/fuzz --target fuzz_tier

Two of them run at a time. The seed is made of the commit, so that every commit tries something new. Without --seconds
each makes a number of inputs that takes about half a minute, so that a run can be repeated. Nothing is written into the
tree but with --keep, which adds some inputs that reach code no other input of the corpus reaches. An input that breaks
a property or crashes the program is left beside the JUnit file (else in DIR/results) and printed, with the command that
repeats it.

First of all, a program with a planted crash shows that crashes are found.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from xml.etree import ElementTree

import yaml

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
CORPORA = HERE / "corpus"
DICTIONARIES = HERE / "dictionaries"


@dataclasses.dataclass(frozen=True)
class Extent:
    longest: int  # input that is made, in bytes: some times what is usual, as time goes into many short ones
    inputs: int  # that are made where no time is given: about half a minute's


EXTENTS = {
    "annotations": Extent(1024, 80_000),
    "giant": Extent(2048, 200),
    "head": Extent(2048, 600_000),
    "json": Extent(1024, 600_000),
    "kubeconfig": Extent(4096, 80_000),
    "lease": Extent(4096, 100_000),
    "manifest": Extent(4096, 45_000),
    "review": Extent(8192, 200_000),
    "time": Extent(64, 2_000_000),
    "watch": Extent(4096, 70_000),
}
PLANTED = "planted"
PLANTED_INPUT = b"mine"
PLANTED_EXTENT = Extent(64, 10_000_000)  # it takes some thousand
# Of one input: memory, and time on a machine that does other things too.
BOUNDS = ("-rss_limit_mb=1024", "-timeout=10")
# Where memory was allocated is recorded for ever: of parsers that recurse, whole stacks would add up to the bound.
ASAN_OPTIONS = "quarantine_size_mb=64:malloc_context_size=8"
# Of the largest reviews: what the container of the webhook has beside the program at rest, in MB, is what the fuzzer may
# take beside what it takes at rest; at a time no more than the body, and of what is freed nothing is kept.
GIANT = "giant"
PROGRAM_AT_REST = 16
GIANT_BODY = 8
GIANT_TIMEOUT = "-timeout=180"
GIANT_ASAN_OPTIONS = "quarantine_size_mb=1:malloc_context_size=8"
CHART_VALUES = TREE / "charts/leader-elector/values.yaml"
# The corpus of a target grows to no more than this by itself.
MOST_FILES = 20
KEEP_SECONDS = 1800
# What starting, reading the corpus and ending may take beside the fuzzing itself.
SPARE_SECONDS = 180
# What half a minute may take on a machine that does other things too.
PATIENCE_SECONDS = 600
# The pointers that a program compares are among what libFuzzer makes inputs of: where they are random, so is the run.
FIXED_ADDRESSES = ("setarch", "--addr-no-randomize")
MOST_BYTES_SHOWN = 600


@dataclasses.dataclass
class Verdict:
    """What came of one fuzzer, run in one way."""

    target: str
    kind: str
    said: str = ""  # for the line of progress
    failures: list = dataclasses.field(default_factory=list)
    broken: list = dataclasses.field(default_factory=list)  # the inputs that failed
    seconds: float = 0.0


class Runner:
    """Runs fuzzers with what is the same for all of them."""

    def __init__(self, options, results):
        self.options = options
        self.results = results
        # Some containers do not allow it.
        allowed = subprocess.run([*FIXED_ADDRESSES, "true"], capture_output=True, check=False).returncode == 0
        self.launcher = ("setpriv", "--pdeathsig", "KILL", *(FIXED_ADDRESSES if allowed else ()))

    def program(self, target):
        return self.options.build / "tests/fuzz" / f"{target}_fuzz"

    def run(self, arguments, seconds):
        """(exit code, output); the exit code is None where it did not end in time."""
        # What else there is in the environment would move the addresses of the stack.
        asan = GIANT_ASAN_OPTIONS if arguments[0] == self.program(GIANT) else ASAN_OPTIONS
        environment = {"PATH": os.environ["PATH"], "ASAN_OPTIONS": asan, "UBSAN_OPTIONS": "print_stacktrace=1"}
        command = [*self.launcher, *map(str, arguments)]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=seconds, env=environment, cwd=self.results, check=False)
        except subprocess.TimeoutExpired as late:
            return None, (late.stdout or b"").decode(errors="replace")
        return done.returncode, done.stdout.decode(errors="replace")

    def bounds(self, target):
        """Of one input of `target`: memory and time."""
        if target != GIANT:
            return BOUNDS
        _, output = self.run([self.program(target), "-runs=1", "-print_final_stats=1"], SPARE_SECONDS)
        at_rest = int(re.search(r"stat::peak_rss_mb: +([0-9]+)", output)[1])
        limit = yaml.safe_load(CHART_VALUES.read_text(encoding="utf-8"))["webhook"]["resources"]["limits"]["memory"]
        most = at_rest + int(re.fullmatch(r"([0-9]+)Mi", limit)[1]) - PROGRAM_AT_REST
        return f"-rss_limit_mb={most}", f"-malloc_limit_mb={GIANT_BODY}", GIANT_TIMEOUT

    def corpus(self, target, folder):
        """Each file of the corpus by itself; after one that fails, those behind it."""
        started = time.monotonic()
        verdict = Verdict(target, "corpus")
        files = sorted(path for path in folder.iterdir() if path.is_file())
        left = files
        bounds = self.bounds(target)
        while left:
            status, output = self.run([self.program(target), *bounds, *left], SPARE_SECONDS)
            if status == 0:
                break
            running = re.findall(r"^Running: (.+)$", output, re.MULTILINE)
            if not running:
                verdict.failures.append(f"it did not start (exit code {status}): {output[-2000:]}")
                break
            broken = pathlib.Path(running[-1])
            verdict.broken.append(broken)
            verdict.failures.append(self.story(target, broken, output))
            left = left[left.index(broken) + 1:]
        if not files:
            verdict.failures.append(f"{folder} has no files")
        verdict.said = f"{len(files)} files"
        verdict.seconds = time.monotonic() - started
        return verdict

    def fuzz(self, target, folder, extent, found):
        """What the fuzzer makes of the corpus in `folder`; new units go to `found`."""
        started = time.monotonic()
        verdict = Verdict(target, "fuzz")
        dictionary = DICTIONARIES / f"{target}.dict"
        seconds = self.options.seconds
        amount = f"-max_total_time={seconds}" if seconds else f"-runs={extent.inputs}"
        arguments = [self.program(target), *self.bounds(target), f"-seed={self.options.seed}", amount, f"-max_len={extent.longest}",
                     "-print_final_stats=1", f"-artifact_prefix={self.results}/{target}-"]
        arguments += [f"-dict={dictionary}"] if dictionary.exists() else []
        status, output = self.run([*arguments, found, folder], (seconds or PATIENCE_SECONDS) + SPARE_SECONDS)
        (self.results / f"{target}.log").write_text(output, encoding="utf-8")
        verdict.said = statistics(output)
        if status != 0:
            written = re.findall(r"Test unit written to (.+)$", output, re.MULTILINE)
            verdict.broken = [pathlib.Path(path) for path in written]
            verdict.failures = [self.story(target, path, output) for path in verdict.broken]
            verdict.failures = verdict.failures or [f"it ended with {status}, and no input to blame: {output[-2000:]}"]
        verdict.seconds = time.monotonic() - started
        return verdict

    def story(self, target, path, output):
        """What failed, by which bytes, and how to see it again."""
        telling = re.findall(r"^(PROPERTY BROKEN.*|found: .*|.*ERROR: .*|.*runtime error.*|SUMMARY: .*)$", output,
                             re.MULTILINE)
        data = path.read_bytes()
        shown = repr(data[:MOST_BYTES_SHOWN])[1:] + (" ..." if len(data) > MOST_BYTES_SHOWN else "")
        return "\n".join([*telling[:6], f"input: {path}", f"{len(data)} bytes: {shown}",
                          f"again: {self.program(target)} {path}"])

    def keep(self, target, found):
        """Adds those of the units in `found` to the corpus that reach most of what nothing there reaches."""
        corpus = CORPORA / target
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            reached = pathlib.Path(folder) / "reached"
            merged = pathlib.Path(folder) / "merged"
            merged.mkdir()
            status, output = self.run([self.program(target), *BOUNDS, "-set_cover_merge=1", "-use_counters=0",
                                       f"-merge_control_file={reached}", merged, corpus, found], KEEP_SECONDS)
            if status != 0:
                raise SystemExit(f"{target}: its corpus could not be merged: {output[-2000:]}")
            reaches = features(reached.read_text(encoding="utf-8"))
        known = set().union(*(reaches.pop(path, ()) for path in list(reaches) if path.parent == corpus))
        for _ in range(len(list(corpus.iterdir())), MOST_FILES):
            best = max(reaches, key=lambda path: len(reaches[path] - known), default=None)
            if best is None or not reaches[best] - known:
                break
            shutil.copy(best, corpus)
            known |= reaches.pop(best)


def features(control):
    """What each file reaches, of the control file of a merge: its sizes, the files, then lines "FT INDEX FEATURE..."."""
    lines = control.splitlines()
    files = [pathlib.Path(line) for line in lines[2:2 + int(lines[0])]]
    reaches = {}
    for line in lines[2 + len(files):]:
        if line.startswith("FT "):
            index, *reached = map(int, line.split()[1:])
            reaches[files[index]] = set(reached)
    return reaches


def statistics(output):
    def number(pattern):
        values = re.findall(pattern, output)
        return int(values[-1]) if values else 0

    return (f"{number('stat::number_of_executed_units: +([0-9]+)'):,} executions, "
            f"{number('stat::average_exec_per_sec: +([0-9]+)'):,} a second, {number('cov: ([0-9]+)'):,} edges, "
            f"{number('stat::new_units_added: +([0-9]+)'):,} new units")


def seed_of_commit():
    """libFuzzer takes zero for none."""
    try:
        commit = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=TREE, capture_output=True, text=True,
                                check=True).stdout
        return int(commit[:7], 16) + 1
    except (OSError, subprocess.CalledProcessError):
        return random.randrange(1, 1 << 28)


def judge_planted(runner, folder):
    """The planted crash is found both in a corpus and by fuzzing, with the input that leads to it."""
    started = time.monotonic()
    corpus, empty, found = (folder / name for name in ("corpus", "empty", "found"))
    for each in (corpus, empty, found):
        each.mkdir()
    (corpus / "a-harmless-one").write_bytes(b"harmless")
    (corpus / "mine").write_bytes(PLANTED_INPUT)
    (corpus / "yours").write_bytes(b"yours")
    for verdict in (runner.corpus(PLANTED, corpus), runner.fuzz(PLANTED, empty, PLANTED_EXTENT, found)):
        noticed = Verdict(PLANTED, verdict.kind, "the planted crash was found")
        inputs = [path.read_bytes() for path in verdict.broken]
        if len(inputs) != 1 or not inputs[0].startswith(PLANTED_INPUT) or len(verdict.failures) != 1 or \
                "PROPERTY BROKEN: nobody says" not in verdict.failures[0]:
            noticed.said = "the planted crash was not found"
            noticed.failures = [f"its inputs are {inputs}, and what was said is {verdict.failures}"]
        elif verdict.kind == "fuzz":
            verdict.broken[0].unlink()
        noticed.seconds = time.monotonic() - started
        yield noticed


def judge(runner, target):
    yield runner.corpus(target, CORPORA / target)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as found:
        verdict = runner.fuzz(target, CORPORA / target, EXTENTS[target], found)
        if runner.options.keep:
            runner.keep(target, found)
    yield verdict


def show(verdict):
    outcome = "FAILED" if verdict.failures else "passed"
    print(f"{verdict.target:<12} {verdict.kind:<7} {outcome}  {verdict.said} ({verdict.seconds:.0f} s)", flush=True)
    for failure in verdict.failures:
        print("    " + failure.replace("\n", "\n    "), flush=True)


def write_junit(verdicts, path):
    suite = ElementTree.Element("testsuite", name="fuzz")
    for verdict in verdicts:
        case = ElementTree.SubElement(suite, "testcase", classname=verdict.target, name=verdict.kind,
                                      time=f"{verdict.seconds:.1f}")
        for failure in verdict.failures:
            # XML has no control characters.
            ElementTree.SubElement(case, "failure").text = re.sub(r"[^\n -\ud7ff]", "?", failure)
    ElementTree.ElementTree(suite).write(path, encoding="unicode")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build/fuzz")
    parser.add_argument("--target", action="append", choices=sorted(EXTENTS), help="all of them by default")
    parser.add_argument("--seconds", type=int, help="of fuzzing, for each (default: a number of inputs)")
    parser.add_argument("--seed", type=int, default=seed_of_commit())
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--junit", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def main():
    options = parse()
    results = (options.junit.parent if options.junit else options.build / "results").resolve()
    results.mkdir(parents=True, exist_ok=True)
    runner = Runner(options, results)
    amount = f"{options.seconds} s each" if options.seconds else "about half a minute each"
    print(f"seed {options.seed}, {amount}", flush=True)
    verdicts = []

    def run(target):
        for verdict in judge(runner, target):
            show(verdict)
            verdicts.append(verdict)

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for verdict in judge_planted(runner, pathlib.Path(folder)):
            show(verdict)
            verdicts.append(verdict)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(run, options.target or sorted(EXTENTS)))
    if options.junit:
        write_junit(sorted(verdicts, key=lambda verdict: (verdict.target, verdict.kind)), options.junit)
    return 1 if any(verdict.failures for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
