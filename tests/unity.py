#!/usr/bin/python3
"""Says which sources of a target can be compiled as one, so that what they include is read once.

Reads lines "TARGET<tab>SOURCE", and prints "TARGET<tab>SOURCE<tab>GROUP" for each source that shares a group with
another. Sources are kept apart if one of them uses a word that another declares for itself alone (in an unnamed
namespace, or by a using-declaration): compiled as one, the name would be declared twice, or mean something else. This
relies on clang-format: a declaration in a namespace begins in the first column, and `}  // namespace` ends an unnamed
one.
"""
import functools
import pathlib
import re
import sys

MOST_FILES = 8
# Comments, raw strings, strings and characters; a ' between digits is none of them.
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                      r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
WORD = re.compile(r"[A-Za-z_]\w*")
# Without those behind `.`, `->` and `::`, which are looked for in what stands there.
UNQUALIFIED = re.compile(r"(?:(?<![\w.:>])|(?<=[^-]>)|(?<=[^:]:)|(?<=\.\.\.))[A-Za-z_]\w*")
INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.M)
# A call without a namespace finds the standard's function too, as soon as one of these headers is there.
FOUND_BY_ARGUMENT = {"quoted": {"iomanip", "filesystem"}}


def code_of(text):
    return NOT_CODE.sub(lambda found: "\n" * found[0].count("\n") or '""', text)


def declared_names(line):
    """What a line that begins in the first column declares. To name too much does no harm."""
    if found := re.match(r"MATCHER\w*\((\w+)", line):
        return {found[1]}
    if re.match(r"(TEST\w*|INSTANTIATE_TEST_SUITE_P|template|namespace|#)\b", line):
        return set()
    if found := re.match(r"(?:typedef |using )?(?:struct|class|enum class|enum|union) (\w+)", line):
        return {found[1]}
    if found := re.match(r"using (\w+) =", line):
        return {found[1]}
    head = re.split(r"[({=;\[]", line, maxsplit=1)[0]
    return set(WORD.findall(head)[-1:])


class Source:
    def __init__(self, path):
        text = pathlib.Path(path).read_text(encoding="utf-8")
        code = code_of(text)
        self.words = set(UNQUALIFIED.findall(code))
        self.own, self.used = set(), {}
        self.macros = re.search(r"^\s*#\s*(define|undef)\b", code, re.M) is not None
        hidden = False
        # The comment behind a closing brace says what it closes.
        for line, original in zip(code.split("\n"), text.split("\n"), strict=False):
            if line.startswith("namespace {"):
                hidden = True
            elif original.startswith("}  // namespace"):
                hidden = False
            elif found := re.match(r"using ([\w:]*::(\w+));", line):
                self.used[found[2]] = found[1]
            elif (hidden or line.startswith("static ") or line.startswith("using ")) and re.match(r"[A-Za-z_]", line):
                self.own |= declared_names(line)
        self.headers = headers_of(path)
        self.guarded = {word for word in FOUND_BY_ARGUMENT if re.search(rf"(?<![:\w]){word}\(", code)}

    def disturbs(self, other):
        return bool(
            self.macros
            or self.own & other.words
            or any(self.hides(name, whole, other) for name, whole in self.used.items())
            or any(FOUND_BY_ARGUMENT[word] & self.headers for word in other.guarded))

    @staticmethod
    def hides(name, whole, other):
        """Whether a using-declaration would change what the other source means. Of types the compiler would tell."""
        if name in other.own:
            return True
        if same := other.used.get(name):
            return not (same.endswith(whole) or whole.endswith(same))
        return name in other.words and not name[0].isupper()


@functools.cache
def headers_of(path):
    """All that a file includes, ours followed."""
    found = set()
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    for name in INCLUDE.findall(text):
        found.add(name)
        if "/" in name or name.endswith(".h"):
            found |= headers_of(name)
            found |= headers_of(str(pathlib.Path(path).parent / name)) if "/" not in name else set()
    return frozenset(found)


def groups_of(paths, most=MOST_FILES):
    groups = []
    for path in paths:
        source = Source(path)
        for group in groups:
            if len(group) < most and not any(
                    source.disturbs(other) or other.disturbs(source) for _, other in group):
                group.append((path, source))
                break
        else:
            groups.append([(path, source)])
    return [[path for path, _ in group] for group in groups]


def main():
    targets = {}
    for line in sys.stdin.read().splitlines():
        target, path = line.split("\t")
        targets.setdefault(target, []).append(path)
    for target, paths in targets.items():
        for number, group in enumerate(groups_of(paths)):
            if len(group) > 1:
                for path in group:
                    print(target, path, number, sep="\t")


if __name__ == "__main__":
    main()
