#!/usr/bin/python3
"""Prints "SOURCE<tab>KEY" for each source of the programs: a digest of all that clang-tidy's verdict on it depends on.

tests/tidy/tidy_keys.py COMPILE_COMMANDS

That is the source, each header of ours that it includes under whatever condition, its command line, .clang-tidy, and
the versions of clang-tidy and of the packages whose headers it includes. Paths in it are relative, so that another
clone finds the verdicts of this one.
"""
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

PACKAGES = ("libc6-dev", "libclang-common-19-dev", "libfmt-dev", "libpoco-dev", "libssl-dev", "libstdc++-12-dev",
            "libyaml-cpp-dev", "libyaml-dev", "linux-libc-dev")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(.*)", re.M)


def versions():
    tidy = subprocess.run(["clang-tidy-19", "--version"], capture_output=True, check=True).stdout
    # Those that are not installed are named on stderr.
    packages = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES], capture_output=True,
                              check=False).stdout
    return tidy + packages


@functools.cache
def content(path):
    return pathlib.Path(path).read_bytes()


@functools.cache
def included_by(path, folders):
    """Our files that this one includes itself: "..." is ours, <...> is not."""
    found = []
    for name in INCLUDE.findall(content(path).decode()):
        if name.startswith("<"):
            continue
        ours = re.match(r'"([^"]+)"', name)
        candidates = [os.path.join(folder, ours[1]) for folder in (os.path.dirname(path), *folders) if ours]
        place = next((os.path.normpath(candidate) for candidate in candidates if os.path.isfile(candidate)), None)
        if place is None:
            sys.exit(f"{path} includes {name}, which is not found: its changes would not be noticed")
        found.append(place)
    return found


def closure(path, folders):
    seen, waiting = set(), [path]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += included_by(each, folders)
    return sorted(seen)


def words_of(entry):
    """The command line, as far as it does not name the source and what comes of it."""
    words = shlex.split(entry["command"])
    words = words[1:] if os.path.basename(words[0]) == "ccache" else words
    end = words.index("-o")
    return shlex.join(words[:end])


def key(entry, settings):
    command = words_of(entry)
    folders = tuple(word[2:] for word in shlex.split(command) if word.startswith("-I"))
    digest = hashlib.sha256(settings + command.replace(os.getcwd(), ".").encode())
    for file in closure(os.path.normpath(entry["file"]), folders):
        digest.update(f"\n{os.path.relpath(file)} {len(content(file))}\n".encode() + content(file))
    return digest.hexdigest()


def entries_of(commands):
    """The sources of the programs, with what CMake says of each."""
    entries = json.loads(pathlib.Path(commands).read_text(encoding="utf-8"))
    sources = {os.path.relpath(entry["file"]): entry for entry in entries}
    return {source: entry for source, entry in sources.items() if source.startswith(("elector/", "injector/"))}


def keys_of(entries):
    settings = pathlib.Path(".clang-tidy").read_bytes() + versions()
    return {source: key(entry, settings) for source, entry in entries.items()}


def main():
    for source, digest in keys_of(entries_of(sys.argv[1])).items():
        print(source, digest, sep="\t")


if __name__ == "__main__":
    main()
