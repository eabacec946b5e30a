#!/usr/bin/python3
"""Runs clang-tidy over our sources, in parallel, and writes one JUnit file with a case for each source.

    tests/tidy/tidy.py BUILD_DIR RESULTS_DIR

A source that was clean is not looked at again until something that could change the verdict has changed
(tests/tidy/tidy_keys.py). Four fifths of the time go into what a source includes; so sources are looked at several at a time,
as one (tests/unity.py says which go together). Where that finds anything, each is looked at by itself, and that counts.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tidy_keys  # noqa: E402
import unity  # noqa: E402

MOST_FILES = 16
# What these checks find, they find in the source itself and in nothing that it includes.
OF_THE_SOURCE_ITSELF = ("misc-unused-alias-decls", "misc-unused-using-decls")
CONCERNS_THEM = re.compile(r"^\s*(using [\w:]+::\w+;|namespace \w+ =)", re.M)
# A group includes sources, which is just what the check is about that is left out.
AS_A_GROUP = ("--checks=-bugprone-suspicious-include", r"--header-filter=/(elector|injector)/[^.]*\.(h|cpp)$")
INCLUDES_A_SOURCE = re.compile(r'^\s*#\s*include\s*["<][^">]*\.(c|cc|cpp|cxx)[">]', re.M)


def run(tree, source, *options):
    """What clang-tidy says of it; None where that is nothing."""
    done = subprocess.run(["clang-tidy-19", "--quiet", "--config-file=.clang-tidy", "-p", tree, *options, source],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return None if done.returncode == 0 else done.stdout or f"clang-tidy failed on {source}\n"


def look_at(tree, sources):
    """The findings of each source that has any."""
    return {source: said for source in sources if (said := run(tree, source))}


class Group:
    """Sources of one command line, as a source of its own in a tree of its own."""

    def __init__(self, folder, sources, command):
        self.sources, self.tree = sources, folder
        self.path = folder / "group.cpp"
        folder.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(f'#include "{source}"\n' for source in sources), encoding="utf-8")
        (folder / "compile_commands.json").write_text(json.dumps(
            [{"directory": os.getcwd(), "file": str(self.path), "command": f"{command} -o group.o -c {self.path}"}]),
            encoding="utf-8")

    def is_clean(self, tree):
        texts = {source: pathlib.Path(source).read_text(encoding="utf-8") for source in self.sources}
        if any(map(INCLUDES_A_SOURCE.search, texts.values())):
            return False
        if run(self.tree, self.path, *AS_A_GROUP):
            return False
        only_these = "--checks=-*," + ",".join(OF_THE_SOURCE_ITSELF)
        return not any(run(tree, source, only_these) for source, text in texts.items() if CONCERNS_THEM.search(text))

    def findings(self, tree):
        if len(self.sources) > 1 and self.is_clean(tree):
            return {}
        return look_at(tree, self.sources)


def groups_of(tree, sources):
    """`sources`: the command line of each, without the names of files. The largest groups come first."""
    by_command = {}
    for source, command in sources.items():
        by_command.setdefault(command, []).append(source)
    found = [(group, command) for command, paths in by_command.items()
             for group in unity.groups_of(paths, MOST_FILES)]
    found.sort(key=lambda each: -len(each[0]))
    return [Group(pathlib.Path(tree, "tidy", str(number)).resolve(), group, command)
            for number, (group, command) in enumerate(found)]


def findings_of(tree, sources):
    """The same as look_at(), of sources with their command lines; says how far it is."""
    groups = groups_of(tree, sources)
    found, done = {}, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = {pool.submit(group.findings, tree): group for group in groups}
        for look in concurrent.futures.as_completed(looks):
            found |= look.result()
            done += len(looks[look].sources)
            print(f"   {done} of {len(sources)} sources", flush=True)
    return found


def main(tree, results):
    clean = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"), "leader-elector", "tidy")
    clean.mkdir(parents=True, exist_ok=True)
    entries = tidy_keys.entries_of(pathlib.Path(tree, "compile_commands.json"))
    keys = tidy_keys.keys_of(entries)
    waiting = {source: tidy_keys.words_of(entry) for source, entry in entries.items()
               if not (clean / keys[source]).exists()}
    found = findings_of(tree, waiting)
    for source in waiting.keys() - found.keys():
        (clean / keys[source]).touch()
    suite = xml.Element("testsuite", name="tidy")
    for source in entries:
        case = xml.SubElement(suite, "testcase", name=source)
        if source in found:
            xml.SubElement(case, "failure")
            print("\n".join(found[source].splitlines()[:200]))
    pathlib.Path(results).mkdir(parents=True, exist_ok=True)
    xml.ElementTree(suite).write(pathlib.Path(results, "tidy.xml"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
