"""Sources that are looked at as one are found fault with as each is by itself."""
import json
import os
import pathlib
import re
import shutil
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import tidy  # noqa: E402

FINDING = re.compile(r"^\S*?(\w+\.(?:h|cpp)):(\d+):\d+: error: .*\[([\w.,-]+)\]$", re.M)
# Nothing of the standard library, which takes ten seconds each time.
BAD_HEADER = """#pragma once
namespace elector {
struct Text {
    int length;
    Text(int l);
    Text(const Text& other);
    Text& operator=(const Text& other);
    ~Text();
    virtual int size() const;
    virtual bool empty() const;
};
}
"""
# Breaks some twenty rules. NAME makes of it sources that can stand together.
BAD = """#include "elector/a.h"
#include <stddef.h>
typedef int Number_NAME;
#define LIMIT_NAME 3
namespace elector {
int notDeclared_NAME(int unused, bool flag) { if (flag == true) return 1; return 0; }
int bad_name_NAME = 3;
static int counter_NAME = 0;
void g_NAME(Text text) {
    int x;
    x = 0;
    int y = (int)text.size();
    if (text.size() == 0) { y = 1; }
    char* p = 0;
    int* q = new int(3);
    delete q;
    const int big = 3; if (big > 2) { return; } else { y = 2; }
}
class Empty_NAME { public: Empty_NAME() {} ~Empty_NAME() {} };
struct Derived_NAME : Text { Derived_NAME() : Text(1) {} int size() const; };
bool same_NAME(const char* a, const char* b) { return a == b || (counter_NAME == counter_NAME); }
}
"""
GOOD_HEADER = "#pragma once\n\nnamespace elector {\nint here();\n}\n"
GOOD = '#include "elector/a.h"\n'


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A function that writes sources and says how each is compiled."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(HERE.parents[1] / ".clang-tidy", tmp_path)
    pathlib.Path("elector").mkdir()
    pathlib.Path("elector/a.h").write_text(GOOD_HEADER, encoding="utf-8")
    pathlib.Path("build").mkdir()

    def write(**texts):
        command = f"g++ -std=c++20 -I{tmp_path}"
        found = {f"elector/{name}.cpp": text for name, text in texts.items()}
        for path, text in found.items():
            pathlib.Path(path).write_text(text, encoding="utf-8")
        pathlib.Path("build/compile_commands.json").write_text(json.dumps(
            [{"directory": str(tmp_path), "file": str(tmp_path / path), "command": f"{command} -c {path} -o {path}.o"}
             for path in found]), encoding="utf-8")
        return dict.fromkeys(found, command)
    return write


def findings(text):
    return {(file, line, checks.removesuffix(",-warnings-as-errors")) for file, line, checks in FINDING.findall(text)}


def test_a_group_shows_what_its_sources_show_alone(sources):
    pathlib.Path("elector/a.h").write_text(BAD_HEADER, encoding="utf-8")
    chosen = sources(**{name: BAD.replace("NAME", name) for name in ("one", "two")})
    alone = set().union(*(findings(said) for said in tidy.look_at("build", chosen).values()))
    assert len({check for _, _, check in alone}) > 15
    group = tidy.Group(pathlib.Path("build/tidy/0").resolve(), list(chosen), "g++ -std=c++20 -I" + os.getcwd())
    said = tidy.run(group.tree, group.path, *tidy.AS_A_GROUP)
    assert findings(said) == alone


@pytest.mark.parametrize("bad", ["using elector::here;\n", "namespace text = elector;\n", '#include "elector/good.cpp"\n',
                                 "#include <stddef.h>\n", "typedef int Number;\n"])
def test_what_one_of_a_group_does_is_said_of_that_one(sources, bad):
    chosen = sources(good=GOOD, bad=GOOD + bad)
    assert list(tidy.findings_of("build", chosen)) == ["elector/bad.cpp"]


def test_nothing_is_said_of_what_is_clean(sources):
    chosen = sources(good=GOOD, better=GOOD)
    assert tidy.findings_of("build", chosen) == {}


def test_what_does_not_compile_is_a_finding(sources):
    chosen = sources(good=GOOD, bad="int f() { return missing; }\n")
    assert list(tidy.findings_of("build", chosen)) == ["elector/bad.cpp"]
