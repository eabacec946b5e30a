"""A real etcd and kube-apiserver for all tests of this folder, and electors as bare processes beside them."""
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *[str(HERE.parent / part) for part in ("cluster", "history", "chart", "lib", "bench")]]

from injected import Space  # noqa: E402
from machine import OwnCluster  # noqa: E402
from operators import Operators  # noqa: E402
from policies import Policy  # noqa: E402
from processes import TIMING, Electors  # noqa: E402


@pytest.fixture(scope="session")
def control_plane():
    with tempfile.TemporaryDirectory(prefix="elector-") as directory:
        ours = OwnCluster(Path(directory, "plane-" + Path(directory).name))
        try:
            ours.up(0)
            yield ours
        finally:
            ours.down()


def name_of(request):
    """What belongs to a test is called by its name."""
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower().removeprefix("test_"))[:60].strip("-")


@pytest.fixture
def timing():
    """The durations of `electors`, which a test may choose."""
    return TIMING


@pytest.fixture
def electors(control_plane, tmp_path, request, timing):
    """Electors of this test's own Lease; what they answered is judged when the test has ended well."""
    lease = name_of(request)
    group = Electors(Path(os.environ["ELECTOR"]), control_plane, lease, tmp_path, timing)
    try:
        yield group
    finally:
        group.close()
        group.show()  # which pytest prints if the test fails
    group.observation.judge()


@pytest.fixture
def policy(electors):
    """A policy against the Lease of `electors`, in force from its enforce() on."""
    made = Policy(electors.control_plane, electors.lease)
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def injector():
    """The program leader-elector-injector."""
    elector = Path(os.environ["ELECTOR"])
    return Path(os.environ.get("INJECTOR", elector.parents[1] / "injector" / "leader-elector-injector"))


@pytest.fixture
def operators(control_plane, injector, tmp_path, request):
    """Replicas of the injector's operator, with a Lease of this test's own. None runs yet."""
    replicas = Operators(injector, control_plane, f"operator-{name_of(request)}"[:60].rstrip("-"), tmp_path)
    try:
        yield replicas
    finally:
        replicas.close()


@pytest.fixture
def space(control_plane, request):
    """A namespace of this test's own."""
    return Space(control_plane, name_of(request))
