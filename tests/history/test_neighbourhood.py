"""What is shown around a violation."""

import io

import check
import claims
import neighbourhood

SECOND = 1_000_000_000


def poll(by, at, leads, token=""):
    return {
        "kind": "poll",
        "by": by,
        "sent": at,
        "answered": at + 1,
        "isLeader": leads,
        "leader": by if leads else "",
        "token": token,
        "validForMs": 100 if leads else 0,
    }


def test_answers_that_are_alike_become_one_line():
    lines = neighbourhood.around([poll("a", 1, True, "5"), poll("a", 3, True, "5"), poll("a", 5, False)], 1, 0)
    assert len(lines) == 2
    assert "a says 2 times" in lines[0] and "I LEAD (token 5)" in lines[0]
    assert "nobody leads" in lines[1]


def test_what_is_far_away_is_left_out_and_what_reaches_near_is_not():
    fault = {"kind": "fault", "what": "node cut off", "from": 0, "until": 100 * SECOND}
    far = {"kind": "revision", "seen": 10 * SECOND, "version": "5", "holder": "a"}
    near = {"kind": "revision", "seen": 50 * SECOND, "version": "7", "holder": "b"}
    lines = neighbourhood.around([far, near, fault], 51 * SECOND, 0)
    assert ["FAULT node cut off" in lines[0], "Lease 7: held by 'b'" in lines[1]] == [True, True]
    assert len(lines) == 2


def test_other_leases_are_left_out_and_faults_are_not():
    records = [{**poll("a", 1, True, "5"), "lease": "x"}, {**poll("b", 1, True, "6"), "lease": "y"},
               {"kind": "fault", "what": "etcd paused", "from": 1, "until": 2}]
    text = "\n".join(neighbourhood.around(records, 1, 0, "x"))
    assert "a says" in text and "b says" not in text and "etcd paused" in text


def test_the_checker_shows_it_for_the_first_violations():
    records = [poll("a", 10, True, "5"), poll("b", 20, True, "6"),
               {"kind": "fault", "what": "etcd paused", "from": 1, "until": 2}]
    histories, out = claims.histories_of(records), io.StringIO()
    check.show_neighbourhoods(check.judge(histories), records, histories, out)
    assert out.getvalue().startswith("around S1")
    assert "etcd paused" in out.getvalue()
