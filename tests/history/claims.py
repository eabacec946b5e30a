"""Reads histories and turns their records into claims: who said "I lead", certainly, from when until when.

README.md has the format and the sums.
"""

import json
import math
from collections import defaultdict
from dataclasses import dataclass, field

MILLISECOND = 1_000_000

# Fields that a record must have, and those that it may have, beside kind, by and lease.
FIELDS = {
    "process": ((), ("id", "deadline")),
    "poll": (("sent", "answered", "isLeader"), ("leader", "token", "validForMs", "at")),
    "renewal": (("sent", "answered", "validFor"), ()),
    "began": (("at",), ()),
    "ended": (("at",), ()),
    "claim": (("from", "until"), ("token", "validUntil")),
    "release": (("at",), ("until",)),
    "stopped": (("from", "until"), ()),
    "exit": (("at",), ()),
    "acquired": (("at", "token"), ()),
    "revision": (("seen", "version"), ("uid", "holder", "session", "transitions")),
    "recorded": (("seen", "after"), ()),
    "fault": (("from", "until", "what"), ("outage",)),
}
OF_NOBODY = {"revision", "recorded", "fault"}  # they say nothing of a process
INTEGERS = {"sent", "answered", "at", "from", "until", "validUntil", "validFor", "validForMs", "deadline", "seen"}
TOKENS = {"token", "version", "after"}


class HistoryError(Exception):
    """A history that cannot be judged: a sentence that says where and why."""


@dataclass(frozen=True)
class Claim:
    """`by` leads, by its own word, from `start` until before `end`."""

    by: str
    start: int
    end: int
    token: int | None = None


@dataclass(frozen=True)
class Answer:
    """A poll that was answered, at some instant of [lo, hi]."""

    by: str
    sent: int
    lo: int
    hi: int
    leads: bool
    leader: str
    token: int | None
    valid_ms: int | None


@dataclass
class Term:
    """The yes answers of one process with one token, in the order in which they were sent."""

    by: str
    token: int
    answers: list = field(default_factory=list)

    @property
    def begun_by(self):
        """It had begun by this instant."""
        return min(answer.hi for answer in self.answers)

    @property
    def first_asked(self):
        """The first yes was given no earlier."""
        return min(answer.lo for answer in self.answers)


@dataclass
class Process:
    """What is known of one `by`."""

    name: str
    id: str
    deadline: int | None = None
    answers: list = field(default_factory=list)  # with a validity: they bind
    beliefs: list = field(default_factory=list)  # (from, until) of `began` to `ended`
    believing: list = field(default_factory=list)  # yes answers without a validity
    renewals: list = field(default_factory=list)  # (answered, sent + validFor)
    exact: list = field(default_factory=list)  # `claim` records
    releases: list = field(default_factory=list)  # (at, until)
    stops: list = field(default_factory=list)  # (from, until)
    terms: dict = field(default_factory=dict)  # token -> Term
    claims: list = field(default_factory=list)  # all of the above that binds, sorted


class History:
    """The records of one Lease."""

    def __init__(self, start):
        self.start = start
        self.processes = {}
        self.acquired = []  # (at, token, by)
        self.revisions = []  # in the order of arrival
        self.recorded = []  # (seen, after): from then on all versions above that one are among the revisions

    def process(self, name):
        if name not in self.processes:
            self.processes[name] = Process(name, name)
        return self.processes[name]

    def claims(self):
        return [claim for process in self.processes.values() for claim in process.claims]

    def terms(self):
        return [term for process in self.processes.values() for term in process.terms.values()]


def parse(line, where):
    """One record, checked. Raises HistoryError."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise HistoryError(f"{where}: not JSON: {error}") from error
    kind = record.get("kind") if isinstance(record, dict) else None
    if kind not in FIELDS:
        raise HistoryError(f"{where}: unknown kind of record {kind!r}; known are {', '.join(FIELDS)}")
    required, optional = FIELDS[kind]
    if not isinstance(record.get("by", "" if kind in OF_NOBODY else None), str):
        raise HistoryError(f"{where}: a {kind} without 'by'")
    for name in required:
        if name not in record:
            raise HistoryError(f"{where}: a {kind} without '{name}'")
    for name, value in record.items():
        if name not in (*required, *optional, "kind", "by", "lease"):
            raise HistoryError(f"{where}: a {kind} has no field '{name}'")
        if name in INTEGERS and (not isinstance(value, int) or isinstance(value, bool)):
            raise HistoryError(f"{where}: '{name}' must be an integer, not {value!r}")
        if name in TOKENS and value != "" and not str(value).isdecimal():
            raise HistoryError(f"{where}: '{name}' must be a decimal number, not {value!r}")
    for first, last in (("from", "until"), ("at", "until"), ("sent", "answered")):
        if first in record and last in record and record[first] > record[last]:
            raise HistoryError(f"{where}: '{first}' lies after '{last}'")
    return record


def read(paths):
    """The histories in these files: a dict from the Lease's name to a History."""
    return histories_of(load(paths))


def load(paths):
    """The records in these files, checked."""
    records = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            records += [parse(line, f"{path}:{number}") for number, line in enumerate(file, 1) if line.strip()]
    return records


def histories_of(records):
    """The histories in a list of records that parse() has checked."""
    of_lease = defaultdict(list)
    for record in records:
        if record["kind"] != "fault":  # they happen to the world, and excuse nothing
            of_lease[record.get("lease", "")].append(record)
    start = min((time for record in records for time in _times(record)), default=0)
    return {lease: build(of_lease[lease], start) for lease in sorted(of_lease)}


def _times(record):
    return [record[name] for name in ("sent", "answered", "at", "from", "until", "seen") if name in record]


def build(records, start):
    """The History of the records of one Lease; `start` is the instant that reports count from."""
    history = History(start)
    open_beliefs = defaultdict(list)
    for record in records:
        _add(history, record, open_beliefs)
    last = max((time for record in records for time in _times(record)), default=0)
    for process in history.processes.values():
        _close_beliefs(process, sorted(open_beliefs[process.name]), last)
        _collect_terms(process)
        process.claims = sorted(_claims_of(process), key=lambda claim: (claim.start, claim.end))
    return history


def _add(history, record, open_beliefs):
    kind = record["kind"]
    if kind == "revision":
        history.revisions.append(record)
        return
    if kind == "recorded":
        history.recorded.append((record["seen"], int(record["after"])))
        return
    process = history.process(record["by"])
    if kind == "process":
        process.id = record.get("id", process.id)
        process.deadline = record.get("deadline", process.deadline)
    elif kind == "poll":
        answer = _answer(record)
        if answer.valid_ms is not None:
            process.answers.append(answer)
        elif answer.leads:
            process.believing.append(answer)
    elif kind == "renewal":
        process.renewals.append((record["answered"], record["sent"] + record["validFor"]))
    elif kind in ("began", "ended", "exit"):
        open_beliefs[process.name].append((record["at"], kind))
    elif kind == "claim":
        process.exact.append(record)
    elif kind == "release":
        process.releases.append((record["at"], record.get("until", math.inf)))
    elif kind == "stopped":
        process.stops.append((record["from"], record["until"]))
    elif kind == "acquired":
        history.acquired.append((record["at"], int(record["token"]), process.name))


def _answer(record):
    token = record.get("token", "")
    return Answer(
        by=record["by"],
        sent=record["sent"],
        lo=min(max(record["sent"], record.get("at", 0)), record["answered"]),
        hi=record["answered"],
        leads=bool(record["isLeader"]),
        leader=record.get("leader", ""),
        token=int(token) if token != "" else None,
        valid_ms=record.get("validForMs"),
    )


def _close_beliefs(process, events, last):
    since = None
    for at, kind in events:
        if kind == "began":
            since = at if since is None else since
        elif since is not None:
            process.beliefs.append((since, at))
            since = None
    if since is not None:
        process.beliefs.append((since, last))


def _collect_terms(process):
    process.answers.sort(key=lambda answer: answer.sent)
    for answer in process.answers:
        if answer.leads and answer.token is not None:
            process.terms.setdefault(answer.token, Term(process.name, answer.token)).answers.append(answer)


def cut(start, end, releases):
    """What is left of a claim of [start, end) when it was given up: no word holds past a release."""
    for at, until in releases:
        if start < until:
            end = min(end, max(start, at))
    return end


def word_holds_until(answer, releases):
    """Until when the program that got this yes may rely on it."""
    return max(answer.lo, cut(answer.lo, answer.sent + answer.valid_ms * MILLISECOND, releases))


def _claims_of(process):
    claims = []
    for term in process.terms.values():
        end = max(word_holds_until(answer, process.releases) for answer in term.answers)
        claims.append(Claim(process.name, term.begun_by, end, term.token))
    for record in process.exact:
        token = record.get("token", "")
        claims.append(Claim(process.name, record["from"], record["until"], int(token) if token != "" else None))
    for start, end in _union((start, cut(start, end, process.releases)) for start, end in process.renewals):
        claims.append(Claim(process.name, start, end))
    return [claim for claim in claims if claim.start < claim.end]


def _union(intervals):
    merged = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged
