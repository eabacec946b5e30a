"""Whole programs elect on a real API server."""
import time

from observation import boottime, seconds_between
from processes import LEASE_SECONDS


def test_of_three_one_leads_and_all_name_it(electors):
    electors.start("a", "b", "c")
    leader = electors.observation.agreed()
    assert electors.spec()["holderIdentity"] == leader["by"]
    time.sleep(2 * LEASE_SECONDS)
    assert electors.observation.agreed()["token"] == leader["token"]


def test_a_killed_leader_is_followed_within_the_lease_duration(electors):
    electors.start("a", "b", "c")
    for _ in range(2):
        old = electors.observation.agreed()
        killed = boottime()
        electors.kill(old["by"])
        new = electors.observation.successor(old["token"], killed, LEASE_SECONDS + 5)
        assert new["by"] != old["by"]
        assert int(new["token"]) > int(old["token"])
        assert seconds_between(killed, new["answered"]) <= LEASE_SECONDS + 3
        electors.start(old["by"])


def test_a_leader_that_leaves_in_order_is_followed_at_once(electors):
    electors.start("a", "b", "c")
    old = electors.observation.agreed()
    stopped = boottime()
    electors.terminate(old["by"])
    new = electors.observation.successor(old["token"], stopped, LEASE_SECONDS)
    assert seconds_between(stopped, new["answered"]) < 2, "a watch told them, not a poll"


def test_a_leader_whose_lease_is_deleted_leads_on_under_a_new_token(electors):
    electors.start("a", "b", "c")
    for _ in range(3):
        old = electors.observation.agreed()
        deleted = boottime()
        electors.control_plane.kubectl("delete", "lease", electors.lease)
        new = electors.observation.successor(old["token"], deleted, 2 * LEASE_SECONDS)
        time.sleep(1)  # in which somebody else could come forward
        assert {poll["by"] for poll in electors.observation.claims(deleted)} == {old["by"]}
        assert int(new["token"]) > int(old["token"])


def test_edits_of_metadata_end_no_term_and_survive_it(electors):
    electors.start("a", "b")
    old = electors.observation.agreed()
    for number in range(30):
        electors.control_plane.kubectl("annotate", "--overwrite", "lease", electors.lease, f"example.com/edit={number}")
    time.sleep(LEASE_SECONDS)
    assert electors.observation.agreed()["token"] == old["token"]
    electors.terminate(old["by"])
    electors.observation.successor(old["token"], 0, LEASE_SECONDS)
    lease = electors.control_plane.get("lease", electors.lease)
    assert lease["metadata"]["annotations"]["example.com/edit"] == "29"


def test_nobody_leads_without_the_api_server_and_one_soon_after_its_return(electors):
    electors.start("a", "b", "c")
    electors.observation.agreed()
    stopped = boottime()
    electors.control_plane.tool("stop", "apiserver")
    try:
        time.sleep(3 * LEASE_SECONDS)
        late = [poll for poll in electors.observation.polls if seconds_between(stopped, poll["sent"]) > LEASE_SECONDS + 1]
        assert late and not any(poll["isLeader"] or poll["leader"] for poll in late)
        assert all(electors.alive(name) and electors.status(name, "/healthz") == 200 for name in "abc")
    finally:
        electors.control_plane.tool("start", "apiserver")
    returned = boottime()
    new = electors.observation.wait("somebody leads", lambda: electors.observation.claims(stopped + 3 * 10**9), 20)
    assert seconds_between(returned, new[0]["answered"]) <= 5


def test_another_holders_record_is_respected_until_it_runs_out(electors):
    electors.control_plane.apply(f"""
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {{name: {electors.lease}, namespace: default}}
spec: {{holderIdentity: somebody-else, leaseDurationSeconds: 4, leaseTransitions: 7}}
""")
    started = boottime()
    electors.start("a")
    new = electors.observation.successor("", started, 10)
    assert seconds_between(started, new["answered"]) >= 4
    assert electors.spec()["leaseTransitions"] == 8


def test_a_copy_of_a_pod_follows_and_never_leads(electors):
    """`kubectl debug --copy-to` keeps containers and ServiceAccount, and leaves out the annotations that the variable tells of."""
    electors.start("web-1", POD_LEASE=electors.lease)
    leader = electors.observation.agreed()
    electors.start("copy", POD_LEASE="")
    electors.start("other", POD_LEASE="another-lease")
    electors.observation.wait("they follow", lambda: all('"leader":"web-1"' in electors.ask(name, "/api/leader")[1]
                                                         for name in ("copy", "other")))
    killed = boottime()
    electors.kill("web-1")
    time.sleep(3 * LEASE_SECONDS)  # in which a candidate would lead
    assert not electors.observation.claims(killed + 2 * 10**9 * LEASE_SECONDS)
    for name in ("copy", "other"):
        assert electors.status(name, "/healthz") == 200
        assert "it only follows" in electors.ask(name, "/api/leader")[1]
    assert electors.spec()["holderIdentity"] == "web-1"
    # Released by hand, or deleted: what candidates would take at once.
    electors.control_plane.kubectl("patch", "lease", electors.lease, "--type=merge", "-p",
                                   '{"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}')
    time.sleep(LEASE_SECONDS)
    assert electors.spec()["holderIdentity"] == ""
    electors.control_plane.kubectl("delete", "lease", electors.lease)
    time.sleep(2 * LEASE_SECONDS)
    assert electors.control_plane.kubectl("get", "lease", electors.lease, "--ignore-not-found") == ""
    electors.start("web-2", POD_LEASE=electors.lease)
    assert electors.observation.successor(leader["token"], killed, 4 * LEASE_SECONDS + 20)["by"] == "web-2"


def test_a_lease_that_is_held_for_life_is_taken_once_it_is_deleted_and_no_sooner(electors):
    """As nais/elector holds it. No garbage collector runs beside this API server: the deletion by hand stands for its."""
    electors.control_plane.apply(f"""
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: {electors.lease}
  namespace: default
  ownerReferences: [{{apiVersion: v1, kind: Pod, name: old-0, uid: 5d0ad6e5-0000-4000-8000-000000000000}}]
spec: {{holderIdentity: old-0, acquireTime: "2026-01-02T03:04:05.000006Z"}}
""")
    before = electors.spec()
    electors.start("a", "b")
    time.sleep(4 * LEASE_SECONDS)
    assert electors.spec() == before
    assert electors.observation.polls[-1]["leader"] == "old-0" and not electors.observation.claims(0)
    deleted = boottime()
    electors.control_plane.kubectl("delete", "lease", electors.lease)
    new = electors.observation.successor("", deleted, LEASE_SECONDS)
    assert seconds_between(deleted, new["answered"]) < LEASE_SECONDS, "at once, and not a lease duration after it"
