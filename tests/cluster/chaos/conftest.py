"""Troupes of electors on the cluster that the other tests of this tier have."""
import itertools
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from machine import run  # noqa: E402
from scene import BUILD  # noqa: E402
from troupe import Troupe  # noqa: E402

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def chaos_image(cluster, tmp_path_factory):
    """On every node."""
    directory = tmp_path_factory.mktemp("images")
    run([HERE.parent / "image.sh", directory, BUILD], timeout=1800)
    cluster.tool("load", str(directory / "chaos.tar"))


@pytest.fixture
def new_troupe(cluster, chaos_image, tmp_path):
    """Makes troupes, and takes them away at the end of the test."""
    troupes = []

    def make(parts, first=()):
        troupes.append(Troupe(cluster, f"chaos-{os.getpid()}-{next(NUMBERS)}", parts, tmp_path))
        troupes[-1].begin(*first)
        return troupes[-1]

    yield make
    for troupe in troupes:
        troupe.end()
        troupe.delete()
