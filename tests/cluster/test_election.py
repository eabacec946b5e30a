"""Elections among the Pods of docs/manifests, and what ends a leader's term on any cluster."""
import time

from group import LEASE, MANIFESTS, TIMING
from observation import boottime, seconds_between

import pytest


def test_the_program_beside_the_elector_is_told_who_leads(group, observation):
    leader = observation.agreed()["by"]
    for pod in group.pods():
        said = group.kubectl("exec", pod.name, "-c", "net-debug", "--", "bash", "-c",
                             "curl -s localhost:4040/api/leader | jq -r .leader")
        assert said.strip() == leader


def test_the_image_answers_its_own_commands(group, observation):
    leader = observation.agreed()["by"]
    exit_codes = {}
    for pod in group.pods():
        group.kubectl("exec", pod.name, "-c", "leader-elector", "--", "/usr/bin/leader-elector", "probe", "ready")
        try:
            group.kubectl("exec", pod.name, "-c", "leader-elector", "--", "/usr/bin/leader-elector", "status")
            exit_codes[pod.name] = 0
        except AssertionError as error:
            assert "exit code 1" in str(error)
            exit_codes[pod.name] = 1
    assert exit_codes == {pod.name: int(pod.name != leader) for pod in group.pods()}


def test_takeover_after_the_leaders_pod_is_removed_without_grace(group, observation):
    old = observation.agreed()
    known = group.pods()
    removed = boottime()
    observation.write("release", by=old["by"], at=removed)  # the kubelet may still send SIGTERM first
    group.kubectl("delete", "pod", old["by"], "--grace-period=0", "--force")
    group.watch_newcomers(observation, known)
    new = observation.successor(old["token"], removed, TIMING.lease + 10)
    assert new["by"] != old["by"]
    assert int(new["token"]) > int(old["token"])
    assert observation.since_last_renewal(old["token"], new, TIMING) <= TIMING.latest


def test_a_leader_that_leaves_in_order_is_followed_at_once(group, observation):
    old = observation.agreed()
    observation.write("release", by=old["by"], at=boottime())
    since = boottime()
    known = group.pods()
    followers = {pod.name for pod in known} - {old["by"]}
    group.kubectl("delete", "pod", old["by"], "--wait=false")
    group.watch_newcomers(observation, known)
    new = observation.successor(old["token"], since, 30)

    def first_naming(by):
        return next((poll["answered"] for poll in observation.polls
                     if poll["by"] == by and poll["sent"] >= since and poll["leader"] == new["by"]), None)

    named = observation.wait("the followers name the new leader",
                             lambda: all(map(first_naming, followers)) and list(map(first_naming, followers)))
    # The release is later than the last answer in which the old leader still led.
    released = max(poll["sent"] for poll in observation.claims() if poll["by"] == old["by"])
    took = seconds_between(released, max(named))
    print(f"all named the new leader {took:.3f} s after the last answer of the old one")
    assert took < TIMING.retry, "a watch told them, not a poll"


def test_a_leader_whose_lease_is_deleted_leads_on_under_a_new_token(group, observation):
    old = observation.agreed()
    deleted = boottime()
    group.kubectl("delete", "lease", LEASE)
    new = observation.successor(old["token"], deleted, TIMING.lease)
    time.sleep(1)  # in which somebody else could come forward
    assert {poll["by"] for poll in observation.claims(deleted)} == {old["by"]}
    assert int(new["token"]) > int(old["token"])
    assert observation.agreed()["token"] == new["token"]


def test_edits_of_the_leases_metadata_end_no_term(group, observation):
    old = observation.agreed()
    for number in range(20):
        group.kubectl("label", "--overwrite", "lease", LEASE, f"edited={number}")
    time.sleep(3)  # a renewal or two
    assert observation.agreed()["token"] == old["token"]
    assert group.lease()["metadata"]["labels"]["edited"] == "19"


@pytest.fixture
def plain_group(new_group):
    plain = new_group("plain")
    plain.apply(MANIFESTS / "plain-container")
    yield plain
    plain.kubectl("delete", "deployment", "web")


def test_the_plain_container_lets_its_lease_expire(plain_group, tmp_path):
    observed = plain_group.observe(tmp_path / "history")
    try:
        old = observed.agreed()
        known = plain_group.pods()
        stopped = boottime()
        plain_group.kubectl("delete", "pod", old["by"], "--wait=false")
        # The Pod that replaces it may begin before its last renewal, and is then a candidate like the others.
        plain_group.watch_newcomers(observed, known)
        new = observed.successor(old["token"], stopped, TIMING.lease + 10)
        assert new["by"] != old["by"]
        assert TIMING.lease <= observed.since_last_renewal(old["token"], new, TIMING) <= TIMING.latest
    finally:
        observed.close()
    observed.judge()
