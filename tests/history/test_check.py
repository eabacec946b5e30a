"""The checker finds what is wrong and leaves alone what is right."""

import io
import json

import pytest

import check
import claims

MS = 1_000_000


def history(*records):
    return claims.histories_of([claims.parse(json.dumps(record), "test") for record in records])


def judge(*records):
    return check.judge(history(*records))


def rules(*records):
    return [violation.rule for violation in judge(*records).violations]


def poll(by, sent, answered, token="", valid=None, leader=None, at=None):
    """An answer, in milliseconds; with a token: yes."""
    record = {
        "kind": "poll",
        "by": by,
        "sent": sent * MS,
        "answered": answered * MS,
        "isLeader": token != "",
        "leader": leader if leader is not None else by if token != "" else "",
        "token": token,
    }
    if valid is not None:
        record["validForMs"] = valid
    if at is not None:
        record["at"] = at * MS
    return record


def yes(by, sent, answered, token, valid=1000, **more):
    return poll(by, sent, answered, token, valid, **more)


def no(by, sent, answered, **more):
    return poll(by, sent, answered, "", 0, **more)


def timed(kind, by, **times):
    return {"kind": kind, "by": by, **{name: value * MS for name, value in times.items()}}


def renewal(by, sent, answered, valid=1500):
    return timed("renewal", by, sent=sent, answered=answered, validFor=valid)


def claim(by, start, end, token=None, valid_until=None):
    record = {"kind": "claim", "by": by, "from": start, "until": end}
    if token is not None:
        record["token"] = token
    if valid_until is not None:
        record["validUntil"] = valid_until
    return record


LEGAL = {
    "one leader": [yes("a", 0, 1, "5"), yes("a", 900, 901, "5")],
    "take-over after the word has run out": [yes("a", 0, 1, "5", valid=100), yes("b", 100, 101, "9")],
    "the word counts from the request, not from the answer": [yes("a", 0, 80, "5", valid=100), yes("b", 99, 100, "9")],
    "an answer that came too late to be of use": [yes("a", 0, 500, "5", valid=100), yes("b", 100, 101, "9")],
    "take-over at once after a release": [
        yes("a", 0, 1, "5"),
        timed("release", "a", at=10),
        no("a", 20, 21),
        yes("b", 22, 23, "9"),
    ],
    "a yes while a release is on its way": [
        yes("a", 0, 1, "5"),
        timed("release", "a", at=10),
        yes("a", 11, 12, "5"),
        no("a", 20, 21),
        yes("b", 22, 23, "9"),
    ],
    "back after a release": [
        yes("a", 0, 1, "5"),
        timed("release", "a", at=10, until=50),
        yes("b", 20, 21, "6", valid=30),
        yes("a", 51, 52, "9"),
    ],
    "a yes that may have been given before the other's claim": [
        yes("a", 0, 1, "5", valid=100),
        yes("a", 90, 200, "5", valid=10),
        yes("b", 100, 101, "9"),
    ],
    "stopped for less than the deadline": [
        {"kind": "process", "by": "a", "deadline": 1500 * MS},
        yes("a", 0, 1, "5", valid=1400),
        timed("stopped", "a", **{"from": 10, "until": 1000}),
        yes("a", 1001, 1002, "5", valid=300),
    ],
    "a new term after a long stop": [
        {"kind": "process", "by": "a", "deadline": 1500 * MS},
        yes("a", 0, 1, "5", valid=1400),
        timed("stopped", "a", **{"from": 10, "until": 4000}),
        no("a", 4001, 4002),
        yes("a", 4010, 4011, "7"),
    ],
    "an answer decided before a long stop and delivered after": [
        {"kind": "process", "by": "a", "deadline": 100 * MS},
        yes("a", 0, 1, "5", valid=90),
        yes("a", 9, 4001, "5", valid=80),
        timed("stopped", "a", **{"from": 10, "until": 4000}),
        yes("b", 120, 121, "9"),
    ],
    "a follower names another": [yes("a", 0, 1, "5"), no("b", 0, 1, leader="a")],
    "client-go until its deadline, then ours": [renewal("p", 0, 5), renewal("p", 300, 305), yes("a", 1800, 1801, "9")],
    "a renewal answered after its deadline": [renewal("p", 0, 3000), yes("a", 2000, 2001, "9")],
    "client-go's release": [renewal("p", 0, 5), timed("release", "p", at=50), yes("a", 51, 52, "9")],
    "exact claims that touch": [claim("a", 0, 10, 1), claim("b", 10, 20, 2)],
    "exact claims of one process that overlap": [claim("a", 0, 10, 1), claim("a", 5, 20, 1)],
    "a token that is the version of an own revision": [
        {"kind": "revision", "seen": 1, "version": "5", "holder": "a"},
        yes("a", 2, 3, "5"),
    ],
    "acquired in the order of the tokens": [
        {"kind": "acquired", "by": "a", "at": 1, "token": 9},
        {"kind": "acquired", "by": "b", "at": 2, "token": "10"},
        claim("a", 1, 2, 9),
        claim("b", 2, 3, 10),
    ],
    "two Leases have a leader each": [yes("a", 0, 1, "5"), {**yes("b", 0, 1, "6"), "lease": "other"}],
}

VIOLATING = {
    "a word that still holds": ("S1", [yes("a", 0, 1, "5", valid=100), yes("b", 98, 99, "9", valid=10)]),
    "yes answers on both sides of another's": (
        "S1",
        [yes("a", 0, 1, "5", valid=10), yes("b", 50, 51, "9", valid=10), yes("a", 100, 101, "5", valid=0)],
    ),
    "an instant inside another's claim, though its word was over": (
        "S1",
        [yes("a", 0, 1, "5", valid=500), yes("b", 10, 60, "9", valid=0)],
    ),
    "the instant, told by the process, inside another's claim": (
        "S1",
        [yes("b", 0, 60, "6", valid=0, at=40), yes("a", 20, 21, "5", valid=500)],
    ),
    "another one is let in before the no": (
        "S1",
        [yes("a", 0, 1, "5"), timed("release", "a", at=10), yes("b", 14, 15, "9"), yes("a", 16, 17, "5")],
    ),
    "a release excuses nothing once it is back": (
        "S1",
        [timed("release", "a", at=10, until=50), yes("a", 51, 52, "9"), yes("b", 60, 61, "10")],
    ),
    "death does not end the word": ("S1", [yes("a", 0, 1, "5"), timed("exit", "a", at=2), yes("b", 500, 501, "9")]),
    "inside client-go's deadline": ("S1", [renewal("p", 0, 5), yes("a", 1400, 1401, "9")]),
    "client-go inside our word": ("S1", [yes("a", 0, 1, "5"), renewal("p", 990, 995)]),
    "two client-go": ("S1", [renewal("p", 0, 5), renewal("q", 1000, 1005)]),
    "exact claims that overlap by a nanosecond": ("S1", [claim("a", 0, 10), claim("b", 9, 20)]),
    "an old long claim reaches over later short ones": (
        "S1",
        [claim("a", 0, 100), claim("a", 1, 2), claim("b", 50, 51)],
    ),
    "names itself and does not lead": ("S1", [yes("b", 0, 1, "5"), no("a", 0, 1, leader="a")]),
    "negative validity": ("S2", [yes("a", 0, 1, "5", valid=-1), yes("a", 2, 3, "5")]),
    "more validity than the deadline": (
        "S2",
        [{"kind": "process", "by": "a", "deadline": 900 * MS}, yes("a", 0, 1, "5", valid=901)],
    ),
    "yes after a stop longer than the deadline": (
        "S2",
        [
            {"kind": "process", "by": "a", "deadline": 1500 * MS},
            yes("a", 0, 1, "5", valid=1400),
            timed("stopped", "a", **{"from": 10, "until": 1600}),
            yes("a", 1601, 1602, "5", valid=0),
        ],
    ),
    "yes after no in one term": ("S2", [yes("a", 0, 1, "5"), no("a", 10, 11), yes("a", 20, 21, "5")]),
    "an exact claim past its validity": ("S2", [claim("a", 0, 10, 1, valid_until=9)]),
    "a later term with a smaller token": ("S3", [yes("a", 0, 1, "10", valid=5), yes("b", 20, 21, "9")]),
    "a later term of the same process with a smaller token": (
        "S3",
        [yes("a", 0, 1, "10", valid=5), yes("a", 20, 21, "9")],
    ),
    "tokens of more than 64 bits": (
        "S3",
        [yes("a", 0, 1, "36893488147419103233", valid=5), yes("b", 20, 21, "36893488147419103232")],
    ),
    "one token for two": ("S3", [yes("a", 0, 1, "10", valid=5), yes("b", 20, 21, "10")]),
    "yes without a token": ("S3", [yes("b", 0, 1, "3"), {**yes("b", 2, 3, "3"), "token": ""}]),
    "acquired out of order": (
        "S3",
        [
            {"kind": "acquired", "by": "a", "at": 1, "token": 9},
            {"kind": "acquired", "by": "b", "at": 2, "token": 9},
            claim("a", 1, 2),
        ],
    ),
    "exact claims out of order": ("S3", [claim("a", 0, 10, 7), claim("b", 10, 20, 6)]),
    "a token from nowhere": (
        "S3",
        [{"kind": "revision", "seen": 1, "version": "5", "holder": "a"}, yes("a", 2, 3, "6")],
    ),
    "the token of another's revision": (
        "S3",
        [{"kind": "revision", "seen": 1, "version": "5", "holder": "b"}, yes("a", 2, 3, "5")],
    ),
}


@pytest.mark.parametrize("records", LEGAL.values(), ids=LEGAL.keys())
def test_passes_a_legal_history(records):
    verdict = judge(*records)
    assert verdict.violations == []
    assert verdict.claims > 0 or any(record.get("kind") == "renewal" for record in records)


@pytest.mark.parametrize("rule, records", VIOLATING.values(), ids=VIOLATING.keys())
def test_finds_a_violation(rule, records):
    assert rules(*records) == [rule]


@pytest.mark.parametrize("records", VIOLATING.values(), ids=VIOLATING.keys())
def test_the_order_of_records_does_not_matter(records):
    assert sorted(rules(*records[1])) == sorted(rules(*reversed(records[1])))


def test_a_claim_is_the_sum_that_the_readme_states():
    [process] = (
        history(yes("a", 100, 120, "5", valid=50), yes("a", 200, 230, "5", valid=70)).popitem()[1].processes.values()
    )
    assert process.claims == [claims.Claim("a", 120 * MS, 270 * MS, 5)]


def test_a_belief_past_the_deadline_is_reported_and_no_violation():
    verdict = judge(
        renewal("p", 0, 5),
        timed("began", "p", at=5),
        timed("stopped", "p", **{"from": 100, "until": 4000}),
        timed("ended", "p", at=5500),
        yes("a", 2000, 2001, "9", valid=1000),
        yes("a", 6000, 6001, "9"),
        poll("p", 4010, 4012, leader="p") | {"isLeader": True},
        poll("p", 3990, 4005, leader="p", at=4004) | {"isLeader": True},
    )
    assert verdict.violations == []
    [beyond] = verdict.beyond
    assert (beyond.by, beyond.other) == ("p", "a")
    assert (beyond.start, beyond.end) == (2001 * MS, 5500 * MS)
    assert beyond.awake == 1500 * MS
    assert beyond.answers == 2


def test_a_belief_within_the_deadline_is_not_beyond_it():
    assert (
        judge(
            renewal("p", 0, 5), timed("began", "p", at=5), timed("ended", "p", at=1400), yes("a", 1501, 1502, "9")
        ).beyond
        == []
    )


def test_a_belief_ends_when_the_process_is_killed():
    verdict = judge(
        renewal("p", 0, 5), timed("began", "p", at=5), timed("exit", "p", at=100), yes("a", 2000, 2001, "9")
    )
    assert verdict.beyond == []


@pytest.mark.parametrize(
    "line, fault",
    [
        ("{", "not JSON"),
        ('["poll"]', "unknown kind"),
        ('{"kind": "poll", "by": "a"}', "without 'sent'"),
        ('{"kind": "exit", "at": 1}', "without 'by'"),
        ('{"kind": "exit", "by": "a", "at": 1.5}', "must be an integer"),
        ('{"kind": "exit", "by": "a", "at": 1, "when": 2}', "no field 'when'"),
        ('{"kind": "acquired", "by": "a", "at": 1, "token": "x"}', "decimal number"),
        ('{"kind": "claim", "by": "a", "from": 2, "until": 1}', "lies after"),
    ],
)
def test_refuses_what_it_does_not_understand(line, fault):
    with pytest.raises(claims.HistoryError, match=fault):
        claims.parse(line, "test")


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_the_exit_code_tells_the_verdict(tmp_path, capsys):
    legal = write(tmp_path / "legal", claim("a", 0, 10))
    rival = write(tmp_path / "rival", claim("b", 5, 15))
    empty = write(tmp_path / "empty")
    assert check.main([legal]) == 0
    assert check.main([legal, rival]) == 1
    assert "VIOLATION S1" in capsys.readouterr().out
    assert check.main([empty]) == 2
    assert "nobody claims" in capsys.readouterr().err
    assert check.main([str(tmp_path / "missing")]) == 2


def test_the_report_ends_with_the_counts():
    verdict, out = judge(claim("a", 0, 10), claim("b", 5, 15)), io.StringIO()
    check.report(verdict, {}, out)
    assert (
        out.getvalue().splitlines()[-1] == "2 processes, 2 claims, 0 answers: 1 violations, 0 beliefs beyond a deadline"
    )


def test_many_claims_are_judged_in_little_time():
    records = [claim("ab"[index % 2], index * 10, index * 10 + 10, index) for index in range(50_000)]
    assert judge(*records).violations == []
