"""The FlowSchema on a real API server: which requests it takes, and which it leaves where they were."""
import json
import re
import subprocess
import time

import pytest

from chart import render
from machine import TOOL

LEASES = "/apis/coordination.k8s.io/v1/namespaces/flows/leases"
LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "web", "namespace": "flows"}}
LEVEL = "prioritylevelconfiguration/flows-leader-elector"


class Asker:
    """Somebody who may do anything, and is told which FlowSchema and level each of his requests had."""

    def __init__(self, cluster, user, group):
        self._cluster = cluster
        self._flags = [f"--as={user}", f"--as-group={group}", "--as-group=system:authenticated", "-v=8"]

    def schema_of(self, *arguments, text=None):
        """The uids of FlowSchema and level, by the headers of the answer."""
        done = subprocess.run([TOOL, "kubectl", *arguments, *self._flags], input=text, capture_output=True, text=True,
                              timeout=60, check=False, env=self._cluster.environment)
        uids = [re.findall(rf'(?i)x-kubernetes-pf-{what}-uid\W+([0-9a-f-]{{36}})', done.stderr)
                for what in ("flowschema", "prioritylevel")]
        assert all(uids), f"{arguments}: no such headers in {done.stderr}"
        return uids[0][-1], uids[1][-1]


def uid(cluster, thing):
    return cluster.kubectl("get", thing, "-o", "jsonpath={.metadata.uid}")


@pytest.fixture(scope="module", name="cluster")
def fixture_cluster(control_plane):
    control_plane.kubectl("create", "namespace", "flows")
    control_plane.kubectl("create", "clusterrolebinding", "all", "--clusterrole=cluster-admin",
                          "--group=system:serviceaccounts", "--group=people")
    rendered = render({"flowSchema": {"enabled": True}}, "election", "flows")
    for kind in ("PriorityLevelConfiguration", "FlowSchema"):
        control_plane.apply(json.dumps(rendered.the(kind)))
    deadline = time.monotonic() + 60
    elector = Asker(control_plane, "system:serviceaccount:flows:web", "system:serviceaccounts")
    ours = uid(control_plane, "flowschema/flows-leader-elector")
    while elector.schema_of("get", "--raw", LEASES)[0] != ours:  # API servers take one up when they see it
        assert time.monotonic() < deadline, "the FlowSchema is not in force after 60 s"
        time.sleep(0.2)
    yield control_plane
    control_plane.kubectl("delete", "flowschema/flows-leader-elector", LEVEL, "clusterrolebinding/all", "namespace/flows",
                          "--wait=false")


@pytest.fixture(name="elector")
def fixture_elector(cluster):
    return Asker(cluster, "system:serviceaccount:flows:web", "system:serviceaccounts")


@pytest.mark.parametrize("arguments", [
    ("get", "--raw", LEASES),
    ("get", "--raw", f"{LEASES}/web"),
    ("get", "--raw", f"{LEASES}?watch=1&timeoutSeconds=1"),
    ("get", "--raw", "/apis/coordination.k8s.io/v1/leases"),
    ("get", "--raw", "/apis/coordination.k8s.io/v1/leases?watch=1&timeoutSeconds=1"),
    ("create", "--raw", LEASES, "-f", "-"),
    ("replace", "--raw", f"{LEASES}/web", "-f", "-"),
], ids=["list", "get", "watch", "list everywhere", "watch everywhere", "create", "update"])
def test_it_takes_what_electors_and_the_operator_ask_about_leases(cluster, elector, arguments):
    text = json.dumps(LEASE) if "-" in arguments else None
    assert elector.schema_of(*arguments, text=text) == (uid(cluster, "flowschema/flows-leader-elector"),
                                                        uid(cluster, LEVEL))


@pytest.mark.parametrize("arguments", [
    ("get", "--raw", "/api/v1/namespaces/flows/pods"),
    ("get", "--raw", "/api/v1/namespaces/flows/configmaps/leases"),
    ("delete", "--raw", f"{LEASES}/none"),
    ("patch", "lease", "none", "-n", "flows", "-p", "{}"),
])
def test_it_leaves_all_other_requests_of_service_accounts_alone(cluster, elector, arguments):
    assert elector.schema_of(*arguments)[0] == uid(cluster, "flowschema/service-accounts")


def test_it_leaves_people_alone(cluster):
    jane = Asker(cluster, "jane", "people")
    assert jane.schema_of("get", "--raw", LEASES)[0] == uid(cluster, "flowschema/global-default")


def test_the_level_is_not_that_of_kubernetes_own_elections(cluster, elector):
    assert elector.schema_of("get", "--raw", LEASES)[1] != uid(cluster, "prioritylevelconfiguration/leader-election")


def test_kubernetes_own_elections_stay_where_they_were(cluster):
    schemas = {each["metadata"]["name"]: each["spec"] for each in cluster.get("flowschemas")["items"]}
    ours = schemas.pop("flows-leader-elector")["matchingPrecedence"]
    later = {name for name, spec in schemas.items() if spec["matchingPrecedence"] >= ours}
    assert later == {"service-accounts", "global-default", "catch-all"}
