#!/usr/bin/python3
"""The table of values in the chart's README, made of values.yaml: each value has a comment "# --" there.

    tests/chart/readme.py     writes the table anew
"""
import json
import re
import sys

from chart import CHART, default_values

README = CHART / "README.md"
BEGIN, END = "<!-- values -->\n", "<!-- end of values -->\n"


def described():
    """Dotted path and description of each value that has one."""
    path, comment, found = [], None, []
    for line in (CHART / "values.yaml").read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if text.startswith("# -- "):
            comment = [text[5:]]
        elif text.startswith("#") and comment:
            comment.append(text[1:].strip())
        elif key := re.match(r"( *)([A-Za-z]\w*):", line):
            path = path[:len(key[1]) // 2] + [key[2]]
            if comment:
                found.append((".".join(path), " ".join(comment)))
            comment = None
        else:
            comment = None
    return found


def default_of(path):
    value = default_values()
    for key in path.split("."):
        value = value[key]
    return json.dumps(value)


def table():
    rows = [f"| `{path}` | `{default_of(path)}` | {text.replace('|', '&#124;')} |\n" for path, text in described()]
    return "| value | default | |\n|---|---|---|\n" + "".join(rows)


def parts(text):
    """The README before the table, the table, and what follows."""
    before, begin, rest = text.partition(BEGIN)
    inside, end, after = rest.partition(END)
    assert begin and end, f"{README} has no {BEGIN.strip()} ... {END.strip()}"
    return before + begin, inside, end + after


def main():
    before, _, after = parts(README.read_text(encoding="utf-8"))
    README.write_text(before + table() + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
