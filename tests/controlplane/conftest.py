"""A real etcd and kube-apiserver for all tests of this folder, and electors as bare processes beside them."""
import os
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster"), str(HERE.parent / "history")]

from machine import OwnCluster  # noqa: E402
from processes import Electors  # noqa: E402


@pytest.fixture(scope="session")
def control_plane():
    with tempfile.TemporaryDirectory(prefix="elector-") as directory:
        ours = OwnCluster(Path(directory, "plane-" + Path(directory).name))
        try:
            ours.up(0)
            yield ours
        finally:
            ours.down()


@pytest.fixture
def electors(control_plane, tmp_path, request):
    """Electors of this test's own Lease; what they answered is judged when the test has ended well."""
    lease = request.node.name.replace("_", "-").lower().removeprefix("test-")[:60].rstrip("-")
    group = Electors(Path(os.environ["ELECTOR"]), control_plane, lease, tmp_path)
    try:
        yield group
    finally:
        group.close()
    group.observation.judge()
