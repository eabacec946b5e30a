"""A verdict of clang-tidy is kept until something that it depends on has changed."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path):
    """A tree with one source, which includes a header that includes another."""
    files = {".clang-tidy": "Checks: '*'\n", "elector/a.cpp": '#include "elector/a.h"\n#include <string>\n',
             "elector/a.h": '#if defined(NEVER)\n#include "elector/b.h"\n#endif\n', "elector/b.h": "int b();\n",
             "elector/c.h": "int c();\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    compile_with(tmp_path, "-O2")
    return tmp_path


def compile_with(top, option):
    source = f"{top}/elector/a.cpp"
    (top / "commands.json").write_text(json.dumps([
        {"directory": str(top), "file": source, "command": f"ccache g++ -I{top} {option} -o a.o -c {source}"},
        {"directory": str(top), "file": f"{top}/tests/t.cpp", "command": "g++ -o t.o -c t.cpp"}]), encoding="utf-8")


def keys(top):
    return subprocess.run([sys.executable, TOP / "tests/tidy/tidy_keys.py", "commands.json"], cwd=top, check=True,
                          capture_output=True, text=True).stdout


def test_sources_of_the_programs_have_keys(clone):
    assert [line.split("\t")[0] for line in keys(clone).splitlines()] == ["elector/a.cpp"]


@pytest.mark.parametrize("name", [".clang-tidy", "elector/a.cpp", "elector/a.h", "elector/b.h"])
def test_a_file_that_the_verdict_depends_on_changes_the_key(clone, name):
    before = keys(clone)
    with open(clone / name, "a", encoding="utf-8") as file:
        file.write("\n")
    assert keys(clone) != before


def test_another_command_line_changes_the_key(clone):
    before = keys(clone)
    compile_with(clone, "-O0")
    assert keys(clone) != before


def test_what_it_does_not_include_leaves_the_key(clone):
    before = keys(clone)
    (clone / "elector/c.h").write_text("int d();\n", encoding="utf-8")
    assert keys(clone) == before


def test_another_clone_has_the_same_keys(clone, tmp_path):
    before = keys(clone)
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    os.rename(clone, moved)
    compile_with(moved, "-O2")
    assert keys(moved) == before


def test_an_include_that_is_not_found_has_no_key(clone):
    (clone / "elector/b.h").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        keys(clone)
