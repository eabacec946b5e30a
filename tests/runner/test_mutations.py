"""The mutations of injector and chart, which run by hand, fit the sources: whoever changes a rule mends its mutation."""
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/mutations"))
import run as mutations  # noqa: E402


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.rule)
def test_what_it_replaces_stands_there(mutation):
    assert mutation.old in (TOP / mutation.file).read_text(encoding="utf-8")
    assert mutation.old != mutation.new


def test_no_two_have_one_name():
    names = [mutation.rule for mutation in mutations.MUTATIONS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("tests", sorted({mutation.tests for mutation in mutations.MUTATIONS}))
def test_who_has_to_notice_is_there(tests):
    folder, _, what = tests.rpartition(" ")
    if folder == "chart":
        assert (TOP / "tests/chart" / what).is_file()
    elif folder:
        assert any(what in file.read_text(encoding="utf-8") for file in (TOP / "tests" / folder).glob("test_*.py"))
    else:
        assert any(tests in file.read_text(encoding="utf-8") for file in (TOP / "tests/unit").rglob("CMakeLists.txt"))
