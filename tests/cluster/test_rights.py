"""What the elector may do, and what it does when it may do nothing."""
import time

import pytest
from group import TIMING
from observation import boottime


@pytest.mark.machine("the API server's audit log")
def test_a_role_limited_to_one_name_suffices_for_everything(new_group, cluster, tmp_path):
    """
    Creation, watch, renewal and take-over, none of them refused. In a group of its own: an API server that has just
    started refuses whom it has not read the roles of yet.
    """
    group = new_group("least")
    group.apply()
    observation = group.observe(tmp_path / "history")
    try:
        old = observation.agreed()
        known = group.pods()
        left = boottime()
        observation.write("release", by=old["by"], at=left)
        group.kubectl("delete", "pod", old["by"], "--wait=false")
        group.watch_newcomers(observation, known)
        new = observation.successor(old["token"], left, 60)
        deleted = boottime()
        group.kubectl("delete", "lease", "web")
        observation.successor(new["token"], deleted, TIMING.lease)
    finally:
        observation.close()
        group.kubectl("delete", "deployment", "web")
    user = f"system:serviceaccount:{group.namespace}:web"
    events = [event for event in cluster.audit() if event["user"].get("username") == user]
    answered = {(event["verb"], event["responseStatus"]["code"]) for event in events if "responseStatus" in event}
    assert {("update", 201), ("update", 200), ("watch", 200)} <= answered
    assert not [pair for pair in answered if pair[1] in (401, 403)], answered


def test_without_a_role_the_elector_waits_says_why_once_and_joins_when_it_appears(new_group, tmp_path):
    group = new_group("rights")
    group.apply()
    group.kubectl("delete", "rolebinding", "web-leader-elector")
    group.kubectl("delete", "pods", "-l", "app=web", "--wait=false", "--grace-period=1")
    group.kubectl("delete", "lease", "web", "--ignore-not-found")
    pods = group.wait_for_pods(3, lambda pod: pod.container_id and not pod.ready)
    time.sleep(12)  # of which every attempt is refused
    pods = group.wait_for_pods(3, lambda pod: pod.container_id and not pod.ready)
    assert [pod.restarts for pod in pods] == [0, 0, 0]
    for pod in pods:
        complaints = [line for line in group.log(pod.name).splitlines() if "not allowed to" in line]
        assert len(complaints) == 1, complaints
        assert "Role" in complaints[0] and "web" in complaints[0]
    group.apply()
    observation = group.observe(tmp_path / "history")
    try:
        observation.agreed(60)
    finally:
        observation.close()
        group.kubectl("delete", "deployment", "web")
    assert {pod.restarts for pod in pods} == {0}
