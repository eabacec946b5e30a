"""What can happen to a leader on a real cluster; each takes the machine that the cluster runs on."""
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest
from group import PORT, TIMING
from observation import SECOND, boottime, in_network, seconds_between


@pytest.mark.machine("the leader's node cut off")
def test_takeover_after_the_leaders_node_is_cut_off(group, observation, cluster):
    old = observation.agreed()
    node = group.pod(old["by"]).node
    cut = boottime()
    cluster.tool("isolate", node)
    try:
        new = observation.successor(old["token"], cut, TIMING.lease + 10)
        assert group.pod(new["by"]).node != node
        assert int(new["token"]) > int(old["token"])
        assert TIMING.lease <= observation.since_last_renewal(old["token"], new, TIMING) <= TIMING.latest
        # Heard inside the node: the old leader says no, and names nobody once the record has run out.
        observation.wait("the one that is cut off names nobody",
                         lambda: observation.answer(old["by"])["leader"] == "", TIMING.lease)
    finally:
        cluster.tool("join", node)
    assert observation.agreed(60)["by"] == new["by"]


@pytest.mark.machine("SIGKILL of the elector's container")
def test_a_killed_container_begins_a_new_term_or_another_pod_does(group, observation):
    old = observation.agreed()
    pid, _ = group.process(old["by"])
    killed = boottime()
    os.kill(pid, signal.SIGKILL)
    new = observation.successor(old["token"], killed, TIMING.lease + 10)
    gone = max(poll["answered"] for poll in observation.claims() if poll["token"] == old["token"])
    assert gone < new["sent"]
    assert int(new["token"]) > int(old["token"])
    assert observation.since_last_renewal(old["token"], new, TIMING) <= TIMING.latest


@pytest.mark.machine("the API server stopped")
def test_nobody_leads_without_the_api_server_and_one_soon_after_its_return(group, observation, cluster):
    old = observation.agreed()
    stopped = boottime()
    cluster.tool("stop", "apiserver")
    try:
        time.sleep(3 * TIMING.lease)
    finally:
        cluster.tool("start", "apiserver")
    returned = boottime()
    new = observation.successor(old["token"], returned - 10 * SECOND, 30)
    took = seconds_between(returned, new["answered"])
    print(f"one led {took:.2f} s after the return")
    assert took < TIMING.lease, "nobody waits out a record that has run out long ago"
    # By then the old leader's time is over, and every name has expired.
    late = [poll for poll in observation.polls
            if stopped + (TIMING.lease + 1) * SECOND < poll["sent"] < stopped + 3 * TIMING.lease * SECOND]
    assert late and not any(poll["isLeader"] or poll["leader"] for poll in late)
    observation.agreed()


@pytest.mark.machine("the key of all service-account tokens replaced")
def test_electors_outlive_the_rotation_of_their_tokens(group, observation, cluster):
    def token(pod):
        pid, _ = group.process(pod.name)
        return Path(f"/proc/{pid}/root/var/run/secrets/kubernetes.io/serviceaccount/token").read_text(encoding="ascii")

    before = {pod.name: (token(pod), pod.container_id) for pod in group.pods()}
    cluster.tool("new-signing-key")
    observation.wait("all Pods have new tokens",
                     lambda: all(token(pod) != before[pod.name][0] for pod in group.pods()), 120)
    since = boottime()
    observation.wait("somebody leads", lambda: observation.claims(since), TIMING.lease * 2)
    renewed = group.lease()["spec"]["renewTime"]
    time.sleep(5)
    assert group.lease()["spec"]["renewTime"] > renewed
    observation.agreed()
    assert {pod.name: pod.container_id for pod in group.wait_for_pods(3)} == {
        name: container_id for name, (_, container_id) in before.items()}
    with pytest.raises(AssertionError, match="(?i)unauthorized|logged in"):
        cluster.kubectl("--kubeconfig=/dev/null", "--server=https://10.99.0.10:6443", "--insecure-skip-tls-verify",
                        f"--token={next(iter(before.values()))[0]}", "get", "--raw", "/api")


@pytest.mark.machine("SIGSTOP of the elector")
def test_an_elector_that_was_stopped_says_no_to_the_first_request(group, observation):
    old = observation.agreed()
    pid, network = group.process(old["by"])
    address = group.pod(old["by"]).address
    observation.unwatch(old["by"])  # its polls would queue up before the one that counts
    os.kill(pid, signal.SIGSTOP)
    try:
        stopped = boottime()
        time.sleep(2 * TIMING.lease)

        def first_answer():
            with socket.create_connection((address, PORT), timeout=10) as connection:
                connection.sendall(b"GET /api/leader HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                observation.write("stopped", by=old["by"], **{"from": stopped, "until": boottime()})
                os.kill(pid, signal.SIGCONT)
                return b"".join(iter(lambda: connection.recv(4096), b""))

        answer = json.loads(in_network(network, first_answer).split(b"\r\n\r\n", 1)[1])
    finally:
        os.kill(pid, signal.SIGCONT)
    assert answer["isLeader"] is False
    assert answer["leader"] != old["by"]
    new = observation.successor(old["token"], stopped, 1)
    assert TIMING.lease <= observation.since_last_renewal(old["token"], new, TIMING) <= TIMING.latest
    group.watch(observation, group.pod(old["by"]))
    assert observation.agreed()["token"] == new["token"]
