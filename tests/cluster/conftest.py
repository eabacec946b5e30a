"""One cluster, one image and one group of electors for all tests of this folder."""
import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *[str(HERE.parent / part) for part in ("history", "lib")]]

from group import Group  # noqa: E402
from machine import GivenCluster, OwnCluster  # noqa: E402
from release import OPERATORS, WEBHOOK, Release  # noqa: E402
from workload import Space  # noqa: E402

NUMBERS = itertools.count(1)


def given_cluster():
    return bool(os.environ.get("KUBECONFIG")) and bool(os.environ.get("E2E_IMAGE"))


def pytest_collection_modifyitems(items):
    """What needs the machine under the cluster is named, and not run, where that machine is out of reach."""
    if given_cluster():
        for item in items:
            for mark in item.iter_markers("machine"):
                item.add_marker(pytest.mark.skip(reason=f"not possible on a given cluster: {mark.args[0]}"))


def pytest_configure(config):
    config.addinivalue_line("markers", "machine(fault): needs the machine that the cluster runs on")


@pytest.fixture(scope="session")
def cluster():
    if given_cluster():
        yield GivenCluster()
        return
    with tempfile.TemporaryDirectory(prefix="elector-") as directory:
        # To compile the product takes all that it gets: tests that run beside this one's come first.
        images = subprocess.Popen(["nice", "-n", "10", HERE / "image.sh", Path(directory, "images")])
        ours = OwnCluster(Path(directory, "cluster-" + Path(directory).name))
        try:
            ours.up(2)
            assert images.wait() == 0, "the image does not build; see above"
            for image in ("leader-elector.tar", "net-debug.tar"):
                ours.tool("load", str(Path(directory, "images", image)))
            yield ours
        finally:
            images.wait()
            ours.down()


@pytest.fixture(scope="session")
def new_group(cluster):
    """Makes groups, each in a namespace of its own, and takes them away at the end."""
    groups = []

    def make(purpose):
        image = os.environ["E2E_IMAGE"] if cluster.foreign else None
        groups.append(Group(cluster, f"leader-elector-{purpose}-{os.getpid()}", image))
        return groups[-1]

    yield make
    for group in groups:
        group.delete()


@pytest.fixture(scope="session")
def shared_group(new_group):
    group = new_group("tests")
    group.apply()
    return group


@pytest.fixture
def group(shared_group):
    """Three replicas as docs/manifests has them, all ready."""
    shared_group.wait_for_pods(3)
    return shared_group


@pytest.fixture
def observation(group, tmp_path):
    """All their answers, from a moment at which they agree on a leader; judged when the test has ended well."""
    observed = group.observe(tmp_path / "history")
    try:
        observed.agreed()
        yield observed
    finally:
        observed.close()
        group.show()
    observed.judge()


@pytest.fixture(scope="session")
def installed_release(cluster):
    """The chart with its default values, until the end of all tests."""
    made = Release(cluster, os.environ["E2E_IMAGE"] if cluster.foreign else None)
    made.install()
    yield made
    made.uninstall()


@pytest.fixture
def release(installed_release):
    """All replicas ready, whatever the test before has done."""
    for component in (WEBHOOK, OPERATORS):
        installed_release.ready_pods(component=component)
    return installed_release


@pytest.fixture
def spaces(release):
    """Two namespaces for one test, with names that no other test has had."""
    made = [Space(release.cluster, f"workloads-{os.getpid()}-{next(NUMBERS)}") for _ in range(2)]
    yield made
    for space in made:
        space.delete()


@pytest.fixture
def space(spaces):
    return spaces[0]


@pytest.fixture
def injector(cluster):
    """Runs leader-elector-injector with a command against the cluster; what it printed, whatever its exit code."""
    program = str(HERE.parents[1] / "build" / "injector" / "leader-elector-injector")

    def call(*arguments):
        if cluster.foreign:
            command, options = [program, *arguments], {}
        else:
            kubeconfig = f"KUBECONFIG={cluster.directory}/pki/admin.kubeconfig"
            command = [HERE / "cluster", "exec", "cp", "env", kubeconfig, program, *arguments]
            options = {"env": {**os.environ, "CLUSTER_DIR": str(cluster.directory)}}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options).stdout

    return call
