"""A layer that includes one above it is found."""
import pathlib
import shutil
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def check(top):
    return subprocess.run(["cmake", "-P", top / "tests/layers.cmake"], capture_output=True, text=True, check=False)


def tree(tmp_path, **includes):
    (tmp_path / "tests").mkdir()
    shutil.copy(TOP / "tests/layers.cmake", tmp_path / "tests")
    for folder, included in includes.items():
        path = tmp_path / folder.replace("_", "/", 1) / "a.cpp"
        path.parent.mkdir(parents=True)
        path.write_text(f'#include "{included}"\n#include <string>\n', encoding="utf-8")
    return tmp_path


def test_a_lower_layer_may_be_included(tmp_path):
    top = tree(tmp_path, elector_http="elector/election/lease.h", injector_operator="elector/names.h")
    assert check(top).returncode == 0


def test_a_layer_above_may_not(tmp_path):
    done = check(tree(tmp_path, elector_election="elector/http/server.h"))
    assert done.returncode != 0
    assert "elector/election/a.cpp" in done.stderr


def test_the_elector_knows_nothing_of_the_injector(tmp_path):
    assert check(tree(tmp_path, elector_campaign="injector/admission/patch.h")).returncode != 0


def test_a_new_folder_has_to_be_named(tmp_path):
    done = check(tree(tmp_path, elector_news="elector/names.h"))
    assert done.returncode != 0
    assert "elector/news/a.cpp" in done.stderr
