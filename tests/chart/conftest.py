"""A real etcd and kube-apiserver for the tests of this folder that need one: what is rendered is given to it."""
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *[str(HERE.parent / part) for part in ("cluster", "lib")]]

from machine import OwnCluster  # noqa: E402


@pytest.fixture(scope="session")
def control_plane():
    with tempfile.TemporaryDirectory(prefix="elector-") as directory:
        ours = OwnCluster(Path(directory, "chart-" + Path(directory).name))
        # Else the API server drops the fields of its own election from Leases, and no policy sees them.
        ours.environment["CLUSTER_API_FLAGS"] = ("--feature-gates=CoordinatedLeaderElection=true "
                                                 "--runtime-config=coordination.k8s.io/v1beta1=true")
        try:
            ours.up(0)
            yield ours
        finally:
            ours.down()
