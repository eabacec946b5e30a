#!/usr/bin/env python3
"""Judges histories: S1 at most one leader, S2 answers expire by themselves, S3 tokens only grow.

    python3 check.py FILES...

Prints what was said and done around the first violations. README.md beside this file has the format, the sums and what
counts as a violation. As a module: judge(read(FILES)), read() being that of claims.py.
Exit code 0: legal; 1: violated; 2: nothing that could be judged.
"""

import argparse
import bisect
import itertools
import math
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import neighbourhood  # noqa: E402
from claims import MILLISECOND, HistoryError, histories_of, load  # noqa: E402

SECOND = 1_000_000_000
MOST_SHOWN = 3  # violations whose neighbourhood is printed: the first ones explain the rest


@dataclass(frozen=True)
class Violation:
    rule: str
    at: int
    text: str
    lease: str = ""


@dataclass(frozen=True)
class Beyond:
    """A belief to lead, past all validity, while another one's claim held."""

    by: str
    other: str
    start: int
    end: int
    awake: int  # nanoseconds of it in which the process was not stopped
    answers: int  # polls in that time that were answered with yes, certainly inside the other's claim


@dataclass
class Verdict:
    violations: list = field(default_factory=list)
    beyond: list = field(default_factory=list)
    processes: int = 0
    claims: int = 0
    answers: int = 0
    unrecorded: int = 0  # terms that could not be held against the Lease's revisions, which were not recorded

    def add(self, other):
        self.violations += other.violations
        self.beyond += other.beyond
        self.processes += other.processes
        self.claims += other.claims
        self.answers += other.answers
        self.unrecorded += other.unrecorded


class Judge:
    """Judges the History of one Lease."""

    def __init__(self, lease, history):
        self.lease = lease
        self.history = history
        self.verdict = Verdict(
            processes=len(history.processes),
            claims=len(history.claims()),
            answers=sum(len(process.answers) for process in history.processes.values()),
        )

    def judge(self):
        claims = sorted(self.history.claims(), key=lambda claim: (claim.start, claim.end))
        overlapping = self.check_claims(claims)
        self.check_answers(claims, overlapping)
        self.check_expiry()
        self.check_tokens()
        self.check_revisions()
        self.find_beyond(claims)
        self.verdict.violations.sort(key=lambda violation: violation.at)
        return self.verdict

    def violate(self, rule, at, text):
        where = f"{self.lease}: " if self.lease else ""
        self.verdict.violations.append(Violation(rule, at, f"{rule} at {self.clock(at)}: {where}{text}", self.lease))

    def clock(self, at):
        return f"{(at - self.history.start) / SECOND:.6f} s"

    def describe(self, claim):
        token = f" (token {claim.token})" if claim.token is not None else ""
        return f"{claim.by}{token} from {self.clock(claim.start)} until {self.clock(claim.end)}"

    # S1

    def check_claims(self, claims):
        """Reports each pair of claims that overlap; returns them."""
        overlapping = set()
        active = []
        for claim in claims:
            active = [other for other in active if other.end > claim.start]
            for other in active:
                if other.by != claim.by:
                    overlapping.add((other, claim))
                    shared = min(other.end, claim.end) - claim.start
                    self.violate(
                        "S1",
                        claim.start,
                        f"two leaders for {shared / MILLISECOND:.3f} ms: "
                        f"{self.describe(other)}, and {self.describe(claim)}",
                    )
            active.append(claim)
        return overlapping

    def check_answers(self, claims, overlapping):
        """Each yes was given at one instant: all of its window inside another's claim is an overlap."""
        found = defaultdict(list)
        index = ClaimIndex(claims)
        pairs = {(a.by, a.token, b.by, b.token) for a, b in overlapping}
        for process in self.history.processes.values():
            for answer in process.answers:
                if answer.leads:
                    for claim in index.holding(answer.lo, answer.hi, process.name):
                        key = (answer.by, answer.token, claim.by, claim.token)
                        if key not in pairs and (*key[2:], *key[:2]) not in pairs:
                            found[answer.by, answer.token, claim].append(answer)
                elif answer.leader == process.id and answer.leader:
                    self.violate("S1", answer.lo, f"{process.name} does not lead, yet names itself as the leader")
        for (by, token, claim), answers in found.items():
            self.violate(
                "S1",
                answers[0].lo,
                f"{len(answers)} answers 'I lead' of {by} (token {token}) "
                f"inside the claim of {self.describe(claim)}",
            )

    # S2

    def check_expiry(self):
        for process in self.history.processes.values():
            for answer in process.answers:
                if answer.leads:
                    self.check_validity(process, answer)
            for record in process.exact:
                if record["until"] > record.get("validUntil", record["until"]):
                    self.violate(
                        "S2",
                        record["validUntil"],
                        f"{process.name} claims for "
                        f"{(record['until'] - record['validUntil']) / MILLISECOND:.3f} ms past its validity",
                    )
            for term in process.terms.values():
                self.check_stops(process, term)
                self.check_revival(process, term)

    def check_validity(self, process, answer):
        if answer.valid_ms < 0:
            self.violate("S2", answer.lo, f"{process.name} answers 'I lead' {-answer.valid_ms} ms past its validity")
        if process.deadline is not None and answer.valid_ms * MILLISECOND > process.deadline:
            self.violate(
                "S2",
                answer.lo,
                f"{process.name} promises {answer.valid_ms} ms, "
                f"more than its deadline of {process.deadline / MILLISECOND:.0f} ms",
            )

    def check_stops(self, process, term):
        """No renewal was sent while stopped, so a stop of a whole deadline outlasts every validity."""
        for start, end in process.stops:
            if process.deadline is None or end - start < process.deadline or term.begun_by > start:
                continue
            late = [answer for answer in term.answers if answer.lo >= end]
            if late:
                self.violate(
                    "S2",
                    late[0].lo,
                    f"{process.name} was stopped for {(end - start) / SECOND:.3f} s, and gave "
                    f"{len(late)} answers 'I lead' of the term before (token {term.token})",
                )

    def check_revival(self, process, term):
        last = max(answer.lo for answer in term.answers)
        first = bisect.bisect_right(process.answers, term.begun_by, key=lambda answer: answer.lo)
        for answer in itertools.islice(process.answers, first, None):
            if answer.lo > last:
                return
            if not answer.leads and answer.hi < last:
                self.violate(
                    "S2",
                    answer.lo,
                    f"{process.name} said no, and later yes again " f"for the same term (token {term.token})",
                )
                return

    # S3

    def check_tokens(self):
        begun = sorted(self.history.acquired)
        for (_, token, by), (at, later_token, later_by) in zip(begun, begun[1:], strict=False):
            if later_token <= token:
                self.violate("S3", at, f"{later_by} acquired with token {later_token} after {by} had with {token}")
        self.check_order(
            [(term.begun_by, term.first_asked, term.token, term.by) for term in self.history.terms()]
            + [
                (claim["from"], claim["from"], int(claim["token"]), process.name)
                for process in self.history.processes.values()
                for claim in process.exact
                if "token" in claim
            ]
        )
        for process in self.history.processes.values():
            for answer in process.answers:
                if answer.leads and answer.token is None:
                    self.violate("S3", answer.lo, f"{process.name} answers 'I lead' without a fencing token")
                    break

    def check_order(self, terms):
        """Of two terms of which one had begun before the other's first yes was asked, that one's token is smaller."""
        owners = {}
        for _, asked, token, by in sorted(terms, key=lambda term: term[1]):
            if owners.setdefault(token, by) != by:
                self.violate("S3", asked, f"{by} and {owners[token]} both lead with token {token}")
        by_begin = sorted(terms)
        greatest, position = None, 0
        for _, asked, token, by in sorted(terms, key=lambda term: term[1]):
            while position < len(by_begin) and by_begin[position][0] < asked:
                if greatest is None or by_begin[position][2] > greatest[2]:
                    greatest = by_begin[position]
                position += 1
            if greatest is not None and token < greatest[2]:
                self.violate("S3", asked, f"{by} leads with token {token} after {greatest[3]} had with {greatest[2]}")

    def check_revisions(self):
        """A token is the version of a state of the Lease in which that process is the holder."""
        holders = {int(revision["version"]): revision.get("holder", "") for revision in self.history.revisions}
        gaps = self.gaps()
        for term in self.history.terms():
            holder = holders.get(term.token)
            if holder is None and any(after < term.token <= until for after, until in gaps):
                self.verdict.unrecorded += 1
            elif holder is None:
                self.violate(
                    "S3",
                    term.first_asked,
                    f"{term.by} leads with token {term.token}, which is no revision of the Lease",
                )
            elif holder != self.history.processes[term.by].id:
                self.violate(
                    "S3",
                    term.first_asked,
                    f"{term.by} leads with token {term.token}, " f"a revision in which '{holder}' is the holder",
                )

    def gaps(self):
        """The versions that were not recorded, as pairs: those above the first, up to the second."""
        if not self.history.revisions and not self.history.recorded:
            return [(-math.inf, math.inf)]
        gaps, last = [], -math.inf
        revisions = [(revision["seen"], 1, int(revision["version"])) for revision in self.history.revisions]
        for _, is_revision, version in sorted([(seen, 0, after) for seen, after in self.history.recorded] + revisions):
            if not is_revision and last < version:
                gaps.append((last, version))
            last = max(last, version)
        return gaps

    # Beyond the deadline

    def find_beyond(self, claims):
        index = ClaimIndex(claims)
        for process in self.history.processes.values():
            for start, end in process.beliefs:
                for gap_start, gap_end in subtract((start, end), process.claims):
                    for claim in index.touching(gap_start, gap_end, process.name):
                        self.add_beyond(process, claim, max(gap_start, claim.start), min(gap_end, claim.end))

    def add_beyond(self, process, claim, start, end):
        asleep = sum(max(0, min(end, until) - max(start, since)) for since, until in process.stops)
        answers = sum(start <= answer.lo and answer.hi <= end for answer in process.believing)
        self.verdict.beyond.append(Beyond(process.name, claim.by, start, end, end - start - asleep, answers))


class ClaimIndex:
    """Finds the claims of others around an interval. Claims of one process may overlap each other."""

    def __init__(self, claims):
        self.of = defaultdict(list)
        for claim in claims:
            self.of[claim.by].append(claim)
        self.starts = {by: [claim.start for claim in own] for by, own in self.of.items()}
        self.reach = {}  # the greatest end of all claims up to each position
        for by, own in self.of.items():
            reach, greatest = [], 0
            for claim in own:
                greatest = max(greatest, claim.end)
                reach.append(greatest)
            self.reach[by] = reach

    def touching(self, start, end, but):
        """Claims of all but `but` that share more than an instant with [start, end], or hold it if it is one."""
        for by, own in self.of.items():
            if by == but:
                continue
            index = bisect.bisect_right(self.starts[by], end) - 1
            while index >= 0 and self.reach[by][index] > start:
                if own[index].end > start and (own[index].start < end or own[index].start == start):
                    yield own[index]
                index -= 1

    def holding(self, start, end, but):
        """Claims of all but `but` that hold all of [start, end]."""
        return (claim for claim in self.touching(start, end, but) if claim.start <= start and end < claim.end)


def subtract(interval, claims):
    """The parts of an interval that no claim covers; claims sorted by start."""
    start, end = interval
    for claim in claims:
        if claim.start >= end:
            break
        if claim.start > start:
            yield start, claim.start
        start = max(start, claim.end)
    if start < end:
        yield start, end


def judge(histories):
    """The Verdict on histories as claims.read() returns them."""
    verdict = Verdict()
    for lease, history in histories.items():
        verdict.add(Judge(lease, history).judge())
    return verdict


def report(verdict, histories, out=None):
    start = min((history.start for history in histories.values()), default=0)
    for beyond in verdict.beyond:
        print(
            f"beyond its deadline: {beyond.by} believed to lead from {(beyond.start - start) / SECOND:.3f} s until "
            f"{(beyond.end - start) / SECOND:.3f} s, awake for {beyond.awake / SECOND:.3f} s of it "
            f"with {beyond.answers} answers 'I lead', while {beyond.other} led",
            file=out,
        )
    for violation in verdict.violations:
        print(f"VIOLATION {violation.text}", file=out)
    if verdict.unrecorded:
        print(
            f"{verdict.unrecorded} terms were not held against the Lease's revisions, which were not recorded then",
            file=out,
        )
    print(
        f"{verdict.processes} processes, {verdict.claims} claims, {verdict.answers} answers: "
        f"{len(verdict.violations)} violations, {len(verdict.beyond)} beliefs beyond a deadline",
        file=out,
    )


def show_neighbourhoods(verdict, records, histories, out=None):
    """What was said and done around the first violations."""
    start = min((history.start for history in histories.values()), default=0)
    for violation in verdict.violations[:MOST_SHOWN]:
        print(f"around {violation.text}", file=out)
        for line in neighbourhood.around(records, violation.at, start, violation.lease):
            print(f"    {line}", file=out)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Judges histories of leadership.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    try:
        records = load(parser.parse_args(arguments).files)
        histories = histories_of(records)
    except (HistoryError, OSError) as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    verdict = judge(histories)
    if verdict.claims == 0:
        print("check: nobody claims to lead in this history, so nothing can be judged", file=sys.stderr)
        return 2
    report(verdict, histories)
    show_neighbourhoods(verdict, records, histories)
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
