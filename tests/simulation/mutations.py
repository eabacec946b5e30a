#!/usr/bin/python3
"""Breaks each rule of the election and shows that the tests notice.

tests/simulation/mutations.py --build DIR [--from SEED] [--schedules N] [--junit FILE] [NAME...]

Each file in mutations/ is a patch that breaks one rule, and says which tests have to notice it. The build makes a
program mutant-NAME of it (target "mutants"). Prints a table: rule, mutation, how many seeds were needed or how many
tests failed, what was seen. Fails if a mutation survives, or a rule other than 15 has none. The seeds are those from 1
on, so that the same sources always get the same verdict.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
from xml.etree import ElementTree

PATCHES = pathlib.Path(__file__).resolve().parent / "mutations"
RULES = (*range(1, 15), 16, 17, 18)
# Programs that hang on a broken rule must not hold up the rest; the slowest needs a quarter of that.
LIMIT_SECONDS = 240

Mutation = collections.namedtuple("Mutation", "name rule text tier")
Verdict = collections.namedtuple("Verdict", "mutation caught needed seen seconds")


def read(patch):
    lines = patch.read_text(encoding="utf-8").splitlines()
    rule, text = re.fullmatch(r"Rule (\d+): (.+)", lines[0]).groups()
    return Mutation(patch.stem, int(rule), text, lines[1].removeprefix("Caught by: "))


def run(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout


def simulate(program, options):
    """The simulation finds a violation, and says at which seed."""
    status, output = run([program, "--brief", f"--from={options.first}", f"--count={options.schedules}"])
    found = re.search(r"^seed (\d+): (.*)", output, re.MULTILINE)
    if status != 1 or not found:
        return False, "", f"{options.schedules} schedules saw nothing (exit code {status})"
    count = int(found[1]) - options.first + 1
    return True, f"{count} seed" + ("s" if count > 1 else ""), found[2]


def run_tests(program, _options):
    """GoogleTest cases fail; a program that ends otherwise has noticed nothing."""
    status, output = run([program, "--gtest_color=no"])
    failed = re.findall(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)", output, re.MULTILINE)
    if status != 1 or not failed:
        return False, "", f"no test failed (exit code {status})"
    return True, f"{len(failed)} test" + ("s" if len(failed) > 1 else ""), failed[0]


def judge(mutation, options):
    started = time.monotonic()
    program = options.build / "tests/simulation/mutations" / f"mutant-{mutation.name}"
    if not program.exists():
        return Verdict(mutation, False, "", f"{program} is not built", 0)
    notice = simulate if mutation.tier == "simulation" else run_tests
    return Verdict(mutation, *notice(program, options), time.monotonic() - started)


def table(verdicts):
    rows = [("rule", "mutation", "noticed by", "after", "what was seen")]
    for verdict in verdicts:
        seen = verdict.seen if verdict.caught else f"SURVIVED: {verdict.seen}"
        rows.append((str(verdict.mutation.rule), verdict.mutation.text, verdict.mutation.tier, verdict.needed, seen))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)) + "  " + row[4])


def write_junit(path, verdicts, missing):
    suite = ElementTree.Element("testsuite", name="mutations")
    for verdict in verdicts:
        case = ElementTree.SubElement(suite, "testcase", classname="mutations", name=verdict.mutation.name,
                                      time=f"{verdict.seconds:.1f}")
        if not verdict.caught:
            ElementTree.SubElement(case, "failure").text = verdict.seen
    for rule in missing:
        case = ElementTree.SubElement(suite, "testcase", classname="mutations", name=f"rule {rule} has a mutation")
        ElementTree.SubElement(case, "failure")
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the folder of the build")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first seed")
    parser.add_argument("--schedules", type=int, default=25_000, help="at most; as many as the tier simulation runs")
    parser.add_argument("--junit", type=pathlib.Path, help="where to write the results")
    parser.add_argument("names", nargs="*", help="these mutations only")
    return parser.parse_args()


def main():
    options = parse_arguments()
    mutations = [read(patch) for patch in sorted(PATCHES.glob("*.patch"))]
    missing = sorted(set(RULES) - {mutation.rule for mutation in mutations})
    if options.names:
        mutations = [mutation for mutation in mutations if mutation.name in options.names]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda mutation: judge(mutation, options), mutations))
    table(verdicts)
    for rule in missing:
        print(f"rule {rule} has no mutation")
    if options.junit:
        write_junit(options.junit, verdicts, missing)
    return 0 if verdicts and not missing and all(verdict.caught for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
