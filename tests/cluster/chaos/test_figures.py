"""The arithmetic of take-overs."""
import claims
import pytest
from figures import SECOND, distribution, figures_of, percentile

MS = 1_000_000


def yes(by, at, token):
    return {"kind": "poll", "by": by, "lease": "x", "sent": at * MS, "answered": (at + 1) * MS, "isLeader": True,
            "leader": by, "token": token, "validForMs": 100}


def revision(version, holder):
    return {"kind": "revision", "lease": "x", "seen": 0, "version": version, "holder": holder}


def take_overs(*records):
    return figures_of(claims.histories_of(list(records)), records).take_overs


@pytest.mark.parametrize("share, value", [(0.5, 5), (0.9, 9), (0.91, 10), (0.99, 10), (1, 10), (0.01, 1)])
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(share, value):
    assert percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], share) == value


def test_a_distribution_in_words():
    assert distribution([3 * SECOND, SECOND, 2 * SECOND]) == (
        "3 times: min 1.00 s, median 2.00 s, p90 3.00 s, p99 3.00 s, max 3.00 s")
    assert distribution([]) == "none"


@pytest.mark.parametrize("holder, after, kind", [
    ("a", "b", "by expiry"), ("a", "a", "anew by the same"), ("", "b", "after a release"),
    ("leader-elector.io/vacant", "b", "of a Lease that was missing")])
def test_the_state_that_was_written_over_tells_the_kind(holder, after, kind):
    [one] = take_overs(revision("5", "a"), revision("7", holder), revision("9", after), yes("a", 0, "5"),
                       yes(after, 1000, "9"))
    assert (one.before, one.after, one.kind) == ("a", after, kind)


def test_a_state_that_was_not_recorded_tells_nothing():
    [one] = take_overs(yes("a", 0, "5"), yes("b", 1000, "9"))
    assert one.kind == "unknown"


def test_nobody_leads_from_the_last_answer_of_one_to_the_first_of_the_next():
    [one] = take_overs(yes("a", 0, "5"), yes("a", 400, "5"), yes("b", 1000, "9"), yes("b", 1500, "9"))
    assert one.leaderless == (1001 - 401) * MS


@pytest.mark.parametrize("since, until, outage", [(0, 402, True), (500, 600, True), (1000, 2000, True), (0, 401, False),
                                                  (1001, 2000, False)])
def test_an_outage_counts_where_it_lies_between(since, until, outage):
    fault = {"kind": "fault", "what": "API server killed", "from": since * MS, "until": until * MS, "outage": True}
    [one] = take_overs(yes("a", 400, "5"), yes("b", 1000, "9"), fault)
    assert one.outage is outage


def test_other_faults_are_no_outages():
    fault = {"kind": "fault", "what": "node cut off", "from": 500 * MS, "until": 600 * MS}
    [one] = take_overs(yes("a", 400, "5"), yes("b", 1000, "9"), fault)
    assert not one.outage
