"""Writes that a real API server refuses for a reason of its own, or takes long for."""
import json
import re
import time

import pytest
from observation import Timing
from policies import SENTENCE
from processes import LEASE_SECONDS
from waiting import eventually


def tells(electors, name):
    status, body = electors.ask(name, "/readyz")
    return status == 503 and SENTENCE in body


def refusals(electors, name):
    _, text = electors.ask(name, "/metrics")
    return sum(float(value) for value in re.findall(r'^leader_elector_requests_total\{.*result="refused".*\} (\S+)$', text, re.M))


def warnings(electors, name):
    lines = [json.loads(line) for line in electors.log(name).splitlines()]
    return [line for line in lines if line["level"] == "warn" and SENTENCE in json.dumps(line)]


def test_a_policy_that_refuses_the_lease_is_told_and_asked_ever_less_often(electors, policy):
    policy.enforce()
    refused = ("apply", "--dry-run=server", "-f", "-")
    lease = json.dumps({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                        "metadata": {"name": electors.lease, "namespace": "default"}})

    def is_enforced():
        try:
            electors.control_plane.kubectl(*refused, text=lease)
        except AssertionError as error:
            return SENTENCE in str(error)
        return False

    eventually("the policy is enforced", is_enforced)
    electors.start("a", "b")
    for name in ("a", "b"):
        eventually(f"{name} is not ready, and says why", lambda name=name: tells(electors, name))
        answer = json.loads(electors.ask(name, "/api/leader")[1])
        assert SENTENCE in answer["trouble"] and not answer["isLeader"]
        assert electors.status(name, "/healthz") == 200
    before = {name: refusals(electors, name) for name in ("a", "b")}
    assert all(before.values())
    leases = 5
    time.sleep(leases * LEASE_SECONDS)
    for name in ("a", "b"):
        # From P/8 doubled up to L: six steps. From then on L/2 to L lie between two.
        assert refusals(electors, name) - before[name] <= 6 + 2 * leases
        assert len(warnings(electors, name)) == 1
    policy.remove()
    electors.observation.agreed(60)
    for name in ("a", "b"):
        eventually(f"{name} is ready", lambda name=name: electors.status(name, "/readyz") == 200)
        assert "trouble" not in json.loads(electors.ask(name, "/api/leader")[1])


def test_a_policy_that_comes_while_one_leads_ends_the_term_and_is_told(electors, policy):
    electors.start("a", "b")
    leader = electors.observation.agreed()["by"]
    policy.enforce()
    eventually("its term ends", lambda: not json.loads(electors.ask(leader, "/api/leader")[1])["isLeader"], 60)
    eventually("it is not ready, and says why", lambda: tells(electors, leader))
    ended = [line for line in map(json.loads, electors.log(leader).splitlines()) if "stopped leading" in json.dumps(line)
             or "no longer" in json.dumps(line) or "could not be renewed" in json.dumps(line)]
    assert any(SENTENCE in json.dumps(line) for line in ended), electors.log(leader)
    policy.remove()
    electors.observation.agreed(60)


class Webhook:
    """A ValidatingWebhookConfiguration that sends each write of one Lease to a server that is not there."""

    def __init__(self, control_plane, lease):
        self._plane, self._lease = control_plane, lease

    def apply(self, url, failure_policy):
        self._plane.kubectl("apply", "-f", "-", text=json.dumps({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": self._lease}, "webhooks": [{
                "name": "absent.example.com", "failurePolicy": failure_policy, "timeoutSeconds": 2, "sideEffects": "None",
                "admissionReviewVersions": ["v1"], "clientConfig": {"url": url},
                "matchConditions": [{"name": "lease", "expression": f"request.name == '{self._lease}'"}],
                "rules": [{"apiGroups": ["coordination.k8s.io"], "apiVersions": ["v1"],
                           "operations": ["CREATE", "UPDATE"], "resources": ["leases"]}]}]}))

    def remove(self):
        self._plane.kubectl("delete", "validatingwebhookconfiguration", self._lease, "--ignore-not-found")


@pytest.fixture
def webhook(electors):
    made = Webhook(electors.control_plane, electors.lease)
    try:
        yield made
    finally:
        made.remove()


def test_a_webhook_that_is_down_ends_the_term_and_is_told_until_it_is_gone(electors, webhook):
    """The API server answers each write with 500 "failed calling webhook"; reads succeed."""
    electors.start("a", "b")
    leader = electors.observation.agreed()["by"]
    webhook.apply("https://127.0.0.1:1/", "Fail")

    def tells_of_the_webhook():
        status, body = electors.ask(leader, "/readyz")
        return status == 503 and "failed calling webhook" in body

    eventually("it is not ready, and says why", tells_of_the_webhook, 60)
    answer = json.loads(electors.ask(leader, "/api/leader")[1])
    assert "failed calling webhook" in answer["trouble"] and not answer["isLeader"]
    assert electors.status(leader, "/healthz") == 200
    webhook.remove()
    electors.observation.agreed(60)
    for name in ("a", "b"):
        eventually(f"{name} is ready", lambda name=name: electors.status(name, "/readyz") == 200)


@pytest.mark.parametrize("timing", [Timing(lease=10, deadline=5, retry=2)], ids=["defaults"])
def test_a_webhook_that_makes_each_write_take_two_seconds_keeps_nobody_from_leading(electors, webhook):
    """It is not there, and its failure is ignored: only the time passes."""
    webhook.apply("https://10.99.0.250:9443/", "Ignore")  # an address of the test's own network that nobody has
    electors.start("a", "b")
    electors.observation.agreed(90)
