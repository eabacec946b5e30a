"""The webhook under a stream of Pod creations, while its replicas come, go and die."""
import contextlib
import os
import signal
import time

import pytest
from release import OPERATORS
from stream import Stream
from waiting import eventually
from workload import INJECT, bare_pod, deployment, is_ready

RATE = 50  # creations a second
TIMEOUT = 5  # the webhook's timeoutSeconds


@pytest.fixture
def stream(release, space):
    """Creations under way; none of them ever comes up without a sidecar."""
    release.ready_pods()
    pod = bare_pod("x", {INJECT: "true", "leader-elector.io/lease-name": "x"})
    pod["metadata"]["generateName"] = pod["metadata"].pop("name") + "-"
    with Stream(release.cluster, space.name, pod, RATE) as running:
        running.wait_for(20)
        yield running
    print(running.summary())
    assert not running.bare()


def assert_none_failed(stream):
    assert not stream.failures(), (stream.summary(), stream.failures()[:3])


@pytest.mark.machine("a stream over one connection")
def test_a_replica_that_is_deleted_fails_no_creation(release, stream):
    for pod in release.ready_pods():
        release.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")
        stream.wait_for(RATE)
        release.ready_pods()
    stream.wait_for(RATE)
    assert_none_failed(stream)


@pytest.mark.machine("a stream over one connection")
def test_a_renewed_certificate_fails_no_creation(release, stream):
    before = release.certificate()
    ended = max(release.certificate_ends(pod)[1] for pod in release.ready_pods())
    # Without its certificate the Secret is filled anew; the authority stays the same.
    release.kubectl("patch", "secret", "leader-elector-tls", "--type=merge", "-p",
                    '{"data":{"tls.crt":null,"tls.key":null}}')
    eventually("another certificate", lambda: release.certificate() not in ("", before))
    # The kubelet looks after mounted Secrets each minute or so.
    eventually("both webhooks serve with it",
               lambda: all(release.certificate_ends(pod)[0] > ended for pod in release.ready_pods()), 240)
    stream.wait_for(RATE)
    assert_none_failed(stream)


@pytest.mark.machine("a stream over one connection")
def test_a_rolling_upgrade_fails_no_creation(release, stream):
    before = {pod["metadata"]["uid"] for pod in release.ready_pods()}
    release.kubectl("rollout", "restart", "deployment", "leader-elector")
    release.kubectl("rollout", "status", "deployment", "leader-elector", "--timeout=120s")
    stream.wait_for(RATE)
    after = {pod["metadata"]["uid"] for pod in release.ready_pods()}
    assert not before & after
    assert_none_failed(stream)


@pytest.mark.machine("SIGKILL of a webhook")
def test_a_killed_webhook_fails_only_calls_in_flight(release, stream):
    pod = release.serving(stream)
    pid = release.process(pod, "webhook")
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    stream.wait_for(2 * RATE)
    release.ready_pods()
    stream.wait_for(RATE)
    failures = stream.failures()
    print(f"{len(failures)} failed: {[failure.message for failure in failures][:3]}")
    # The stream has one call in flight; what finds the port closed until the endpoint is gone is refused at once.
    assert all(failure.status in (0, 500) and failure.sent - killed < 2 * TIMEOUT for failure in failures)
    assert "inject.leader-elector.io" in "".join(failure.message for failure in failures) or not failures


@pytest.mark.machine("SIGKILL of the operators")
def test_operators_that_die_again_and_again_fail_no_creation(release, stream):
    """As they do that need more memory than they have: the webhook's endpoints stay, and no admission notices."""
    endpoints = release.endpoints()
    assert len(endpoints) == 2

    def crash_loops():
        """Kills each operator that runs; whether the kubelet lets all of them wait by now."""
        pods = release.pods(OPERATORS)
        for pod in pods:
            with contextlib.suppress(AssertionError, ProcessLookupError):  # it ends or starts just now
                if pid := release.process(pod, "operator"):
                    os.kill(pid, signal.SIGKILL)
        assert release.endpoints() == endpoints
        return all(status["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
                   for pod in pods for status in pod["status"]["containerStatuses"])

    eventually("both operators are in CrashLoopBackOff", crash_loops, 120)
    assert not any(map(is_ready, release.pods(OPERATORS)))
    stream.wait_for(5 * RATE)
    assert release.endpoints() == endpoints
    assert_none_failed(stream)
    for pod in release.pods(OPERATORS):
        release.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")
    release.ready_pods(component=OPERATORS)


@pytest.mark.machine("a node cut off")
def test_a_node_cut_off_fails_calls_until_its_endpoint_is_gone(release, space, stream):
    space.apply(deployment("web", replicas=1, annotations={INJECT: "true"}))
    space.ready_pods("web", 1)
    node = release.serving(stream)["spec"]["nodeName"]
    cut = time.monotonic()
    release.cluster.tool("isolate", node)
    try:
        eventually("the API server knows", lambda: "True" not in release.cluster.kubectl(
            "get", "node", node, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"), 60)
        gone = time.monotonic()
        stream.wait_for(RATE)
        settled = len(stream.creations)
        stream.wait_for(RATE)
        failures = stream.failures()
        print(f"cut off: {len(failures)} failed in {gone - cut:.1f} s; {stream.summary()}")
        assert all(failure.took <= 2 * TIMEOUT + 2 for failure in failures)
        assert not [creation for creation in stream.creations[settled:] if creation.status != 201]
        # ReplicaSets recover by themselves: more Pods, on the node that is left.
        space.kubectl("scale", "deployment", "web", "--replicas=3")
        eventually("the Pods are there, injected", lambda: len(space.pods("web")) == 3, 60)
    finally:
        release.cluster.tool("join", node)
    release.ready_pods(seconds=120)
