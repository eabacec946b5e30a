#!/usr/bin/python3
"""Says what the inner loop (tests/run.sh quick) has to do after a change.

tests/quick.py BUILD [PATH...]

The change is these files and folders, or else what differs from the last commit, or else the last commit. Prints lines
"changed FILE", "format FILE" and "program PATH". A program is chosen if the change touches a source that it links, a
header that one of them includes, data that it is told of, or the list of its sources. The build tree (Ninja's) says
what a program links: it has to be configured, but not built.
"""
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
# The longest first, so that the others run beside them.
PROGRAM = re.compile(r"^(\S*/(?:simulation_tests|contract|unit_\w+)): CXX_EXECUTABLE_LINKER", re.M)
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)
FOLDER_OF_DATA = re.compile(r'-D\w+=\S*?"(/[^"\\]+)')


def lines_of(*command):
    return subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout.splitlines()


def changed_files(paths):
    if paths:
        return lines_of("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths)
    return (lines_of("git", "diff", "--name-only", "HEAD")
            + lines_of("git", "ls-files", "--others", "--exclude-standard")
            or lines_of("git", "diff", "--name-only", "HEAD~1", "HEAD"))


def relative(path):
    return str(path.relative_to(TOP)) if path.is_relative_to(TOP) else str(path)


class Tree:
    """What each program is made of."""

    def __init__(self, build):
        self.build = (TOP / build).resolve()
        self.included = {}
        commands = json.loads((self.build / "compile_commands.json").read_text(encoding="utf-8"))
        self.data = {entry["file"]: FOLDER_OF_DATA.findall(entry["command"]) for entry in commands}

    def programs(self):
        found = PROGRAM.findall("\n".join(lines_of("ninja", "-C", str(self.build), "-t", "targets", "all")))
        slowest = ("simulation_tests", "contract")
        return sorted(found, key=lambda path: (not path.endswith(slowest[0]), not path.endswith(slowest[1]), path))

    def includes(self, path):
        """Our headers that a file includes; those that are generated change with what they are made of."""
        if path not in self.included:
            names = INCLUDE.findall(path.read_text(encoding="utf-8"))
            candidates = [place / name for name in names for place in (TOP, path.parent)]
            self.included[path] = [found.resolve() for found in candidates if found.is_file()]
        return self.included[path]

    def parts(self, program):
        """Files and folders of data, relative to the top."""
        inputs = lines_of("ninja", "-C", str(self.build), "-t", "inputs", program)
        waiting = [self.build / name for name in inputs if name.endswith((".cpp", ".cxx"))]
        files, folders = set(), set()
        for path in waiting:
            folders.update(relative(pathlib.Path(folder)) for folder in self.data.get(str(path), ()))
        while waiting:
            path = waiting.pop().resolve()
            if path not in files and path.is_file():
                files.add(path)
                waiting += self.includes(path)
        return {relative(path) for path in files if not path.is_relative_to(self.build)}, folders


def is_made_of(changed, files, data):
    """Whether one of the changed files is a part of a program."""
    folders = {str(pathlib.PurePath(file).parent) for file in files}
    for file in map(pathlib.PurePath, changed):
        above = {str(parent) for parent in file.parents}
        if file.name == "CMakeLists.txt" or file.suffix == ".cmake":
            if any(file.parent in pathlib.PurePath(each).parents for each in files):
                return True
        elif str(file) in files or str(file) in data or above & data:
            return True
        elif file.suffix in (".cpp", ".h") and str(file.parent) in folders and not (TOP / file).is_file():
            return True  # it was one until the change
    return False


def main():
    build, *paths = sys.argv[1:]
    changed = changed_files(paths)
    tree = Tree(build)
    for file in changed:
        print("changed", file)
        if file.endswith((".cpp", ".h")) and (TOP / file).is_file():
            print("format", file)
    for program in tree.programs():
        if is_made_of(changed, *tree.parts(program)):
            print("program", program)


if __name__ == "__main__":
    main()
