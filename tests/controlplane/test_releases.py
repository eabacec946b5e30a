"""Two releases of the chart in one cluster, for a team each. Their operators run with the tokens of their Pods."""
from pathlib import Path

import pytest
from injected import LABEL, OURS, Space, annotated
from test_rights import kubeconfig_of
from waiting import eventually

CHART = Path(__file__).resolve().parents[2] / "charts" / "leader-elector"


class Release:
    """A release in a namespace of its own, its operator, and the namespace of its team."""

    def __init__(self, plane, operators, team):
        self.plane, self.operators = plane, operators
        self.spaces = [Space(plane, f"elections-{team}"), Space(plane, f"team-{team}")]
        self.home = self.spaces[0].name
        self.account = f"{self.home}-leader-elector"
        for space in self.spaces:
            plane.kubectl("label", "namespace", space.name, f"team={team}")
        self.helm("install", str(CHART), f"--set-string=webhook.namespaceSelector.matchLabels.team={team}")
        plane.kubectl("delete", "mutatingwebhookconfiguration", self.account)  # nobody answers it here

    def helm(self, command, *words):
        self.plane.tool("helm", command, self.home, *words, "-n", self.home)

    @property
    def pod(self):
        """The operator's."""
        return f"{self.account}-operator-1"

    def start(self, directory):
        """Starts the operator, the first time in its Pod."""
        if not self.spaces[0].find("pod", self.pod):
            self.spaces[0].create_all([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.pod, "namespace": self.home},
                                        "spec": {"serviceAccountName": self.account, "automountServiceAccountToken": False,
                                                 "containers": [{"name": "operator", "image": "it:1"}]}}])
        kubeconfig = kubeconfig_of(self.plane, self.account, directory, self.home, self.pod)
        self.operators.start(self.pod, flags=[f"--namespace={self.home}", f"--lease-name={self.account}-operator",
                                              f"--kubeconfig={kubeconfig}"])

    def log(self):
        return self.operators.log(self.pod)

    def stop(self):
        self.operators.terminate(self.pod)


@pytest.fixture(name="releases")
def fixture_releases(control_plane, operators, tmp_path):
    ours = []
    try:
        for team in ("a", "b"):
            ours.append(Release(control_plane, operators, team))
        for release in ours:
            release.start(tmp_path)
        yield ours
    finally:
        for release in ours:
            release.helm("uninstall")


def is_labelled(space, lease):
    return space.lease(lease)["metadata"].get("labels", {}).get(LABEL) == OURS


def test_each_team_gets_what_its_annotation_promises(releases):
    """Whichever operator is there first: both see to all namespaces."""
    for space in (space for release in releases for space in release.spaces):
        space.workload("web")
        space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject=true")
        # An elector's, by rights that somebody else gave.
        space.create("Lease", "old", api="coordination.k8s.io/v1", annotations={"leader-elector.io/session": "1/2"},
                     spec={"holderIdentity": "old-1", "leaseDurationSeconds": 10})
        space.workload("old")
    for space in (space for release in releases for space in release.spaces):
        eventually("the copy", lambda space=space: space.template("Deployment", "web") == annotated(inject="true"))
        for lease in ("web", "old"):
            eventually("rights", lambda space=space, lease=lease: space.accounts(lease) == [lease])
            eventually("the label", lambda space=space, lease=lease: is_labelled(space, lease))
    for release in releases:
        assert "ValidatingAdmissionPolicy" not in release.log(), "one release's policies forbid what the other's operator does"
