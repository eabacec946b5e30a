"""Documents can be read in an editor, and their links lead somewhere."""
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
MOST_CHARACTERS = 120
LINK = re.compile(r"\]\(([^()\s]+)\)")
DOCUMENTS = subprocess.run(["git", "ls-files", "*.md"], cwd=TOP, check=True, capture_output=True,
                           text=True).stdout.split()


def text_of(name):
    return (TOP / name).read_text(encoding="utf-8")


def anchors_of(text):
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_there_are_documents():
    assert "README.md" in DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lines_are_not_too_long(name):
    """The rows of a table cannot be broken."""
    assert [line for line in text_of(name).splitlines() if len(line) > MOST_CHARACTERS and line[0] != "|"] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for link in LINK.findall(text_of(name)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (TOP / name).parent / path if path else TOP / name
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors_of(target.read_text(encoding="utf-8")), link


def test_an_anchor_is_made_as_github_makes_it():
    assert anchors_of("# A b\n## Rule 1: `x` counts, from-y\n") == {"a-b", "rule-1-x-counts-from-y"}
