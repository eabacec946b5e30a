#!/usr/bin/python3
"""Takes one rule of the injector or the chart after another out of a copy of the sources, and lets the tests of that rule
run: they must fail.

    tests/mutations/run.py [--folder DIR] [WORD...]     all of them, or those whose rules have a WORD (a minute for each)

Prints each with the first test that noticed it. The exit code is 1 if one went unnoticed, or does not fit the sources any more
(tests/runner/test_mutations.py notices that too). The rules are in injector.py and chart.py, those of the election in
tests/simulation/mutations. The tests that need a control plane need root.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

import chart
import injector

ROOT = Path(__file__).resolve().parents[2]
# Tests that hang on a broken rule must not hold up the rest; the slowest needs a third of that.
LIMIT_SECONDS = 180

# What the rule is, the file, what stands there, what stands there instead, and who has to notice: a program of the unit tests,
# or a folder of tests and what of it.
Mutation = namedtuple("Mutation", "rule file old new tests")
MUTATIONS = [Mutation(*row) for row in injector.ROWS] + [
    Mutation(rule, f"charts/leader-elector/templates/{template}", old, new, f"chart {tests}")
    for rule, template, old, new, tests in chart.ROWS]


def run(command, **options):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False, **options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, None, "")


class Sources:
    """A copy of the sources in a folder, and a build of it."""

    def __init__(self, folder):
        self.directory, self.build_directory = folder / "sources", folder / "sources" / "build"
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.split("\0")
        for name in filter(None, listed):
            self._copy(ROOT / name, self.directory / name)
        # Below its own sources, as a build by hand is: ccache finds what that one compiled.
        environment = {**os.environ, "CCACHE_BASEDIR": str(self.directory), "CCACHE_NOHASHDIR": "true"}
        self._options = {"env": environment, "cwd": self.directory}
        done = run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DBUILD_TESTING=ON"], **self._options)
        assert done.returncode == 0, done.stdout

    @staticmethod
    def _copy(source, target):
        """What is the same already keeps its time, so that it is not built again."""
        if source.is_file() and not (target.is_file() and source.read_bytes() == target.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def build(self, tests):
        """Builds what these tests run; returns what went wrong, or nothing."""
        folder, _, _ = tests.rpartition(" ")
        if folder == "chart":
            return ""
        target = "leader-elector-injector" if folder else tests
        done = run(["cmake", "--build", self.build_directory, "--target", target], **self._options)
        return "" if done.returncode == 0 else done.stdout

    def test(self, tests):
        """The tests that failed; or, for a run that ended in another way, nothing and its exit code."""
        folder, _, what = tests.rpartition(" ")
        if folder == "chart":
            return self._pytest("-x", self.directory / "tests/chart" / what)
        if folder:
            return self._pytest("-k", what, self.directory / "tests" / folder)
        [program] = self.build_directory.glob(f"tests/unit/**/{tests}")
        done = run([program, "--gtest_color=no"], timeout=LIMIT_SECONDS, cwd=self.directory)
        return re.findall(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)", done.stdout, re.MULTILINE), done.returncode

    def _pytest(self, *arguments):
        environment = {**self._options["env"], "INJECTOR": str(self.build_directory / "injector/leader-elector-injector"),
                       "ELECTOR": str(self.build_directory / "elector/leader-elector")}
        done = run(["pytest-3", "-p", "no:cacheprovider", "-q", "--tb=no", "-rfE", *arguments], timeout=LIMIT_SECONDS,
                   env=environment, cwd=self.directory)
        return re.findall(r"^(?:FAILED|ERROR) \S+?::(.*?)(?: - .*)?$", done.stdout, re.MULTILINE), done.returncode

    def mutated(self, mutation):
        """Breaks the rule; returns how to mend it."""
        path = self.directory / mutation.file
        text = path.read_text(encoding="utf-8")
        assert mutation.old in text, f"{mutation.file} has no {mutation.old!r}: mend the table"
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        return lambda: path.write_text(text, encoding="utf-8")


def judge(sources, mutation):
    """Whether the mutation was noticed, and by what."""
    try:
        mend = sources.mutated(mutation)
    except AssertionError as problem:
        return False, str(problem)
    try:
        problem = sources.build(mutation.tests)
        if problem:
            return False, f"does not compile: mend the table\n{problem[-2000:]}"
        failed, code = sources.test(mutation.tests)
    finally:
        mend()
    if code != 1 or not failed:
        return False, f"SURVIVED: no test of {mutation.tests} failed (exit code {code})"
    return True, f"{failed[0]}" + (f" and {len(failed) - 1} more" if len(failed) > 1 else "")


def unhurt(sources, mutations):
    """What goes wrong already in the sources as they are, or nothing."""
    for tests in sorted({mutation.tests for mutation in mutations}):
        problem = sources.build(tests)
        if problem:
            return f"{tests} does not build:\n{problem[-4000:]}"
        failed, code = sources.test(tests)
        if code != 0:
            return f"{tests} fails as it is (exit code {code}): {', '.join(failed)}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where to copy the sources to and to build them; it is kept for the next time")
    parser.add_argument("words", nargs="*", help="those whose rules have one of these")
    options = parser.parse_args()
    mutations = [mutation for mutation in MUTATIONS
                 if not options.words or any(word in mutation.rule for word in options.words)]
    with tempfile.TemporaryDirectory(prefix="mutations-") as directory:
        sources = Sources((options.folder or Path(directory)).resolve())
        problem = unhurt(sources, mutations)
        if problem:
            print(problem)
            return 1
        missed = 0
        width = max(len(mutation.rule) for mutation in mutations)
        for mutation in mutations:
            started = time.monotonic()
            noticed, what = judge(sources, mutation)
            missed += not noticed
            print(f"{'noticed' if noticed else 'MISSED '}  {mutation.rule:<{width}}  {time.monotonic() - started:4.0f} s  {what}",
                  flush=True)
    print(f"{len(mutations) - missed} of {len(mutations)} noticed")
    return 1 if missed or not mutations else 0


if __name__ == "__main__":
    sys.exit(main())
