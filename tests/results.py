#!/usr/bin/python3
"""Counts the test cases of a tier: "PASSED FAILED SKIPPED", over all JUnit files in a folder and below.

GoogleTest and pytest both write JUnit files; they differ in how they mark a case that did not run.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.xml")):
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            counts[outcome(case)] += 1
    print(*counts.values())


if __name__ == "__main__":
    main()
