"""What histories of electors tell of take-overs: how many, of what kinds, and for how long nobody led."""
import math
from collections import Counter
from dataclasses import dataclass

SECOND = 1_000_000_000
VACANT = "leader-elector.io/vacant"


@dataclass(frozen=True)
class TakeOver:
    """From the last answer "I lead" of one term to the first of the next."""
    lease: str
    before: str  # the process that led
    after: str
    kind: str
    begin: int
    end: int
    outage: bool  # no elector could reach the API for a part of it

    @property
    def leaderless(self):
        return max(0, self.end - self.begin)


def take_overs(lease, history, outages):
    """Those of one Lease, in the order of time; outages are (from, until)."""
    terms = sorted(history.terms(), key=lambda term: term.begun_by)
    holders = [(int(revision["version"]), revision.get("holder", "")) for revision in history.revisions]
    found = []
    for old, new in zip(terms, terms[1:]):
        begin, end = max(answer.hi for answer in old.answers), new.begun_by
        outage = any(since < end and until > begin for since, until in outages)
        found.append(TakeOver(lease, old.by, new.by, kind_of(new, old.by == new.by, holders), begin, end, outage))
    return found


def kind_of(term, by_the_same, holders):
    """Told by the state of the Lease over which the term's first write went."""
    below = [(version, holder) for version, holder in holders if version < term.token]
    holder = max(below)[1] if below else None
    if holder is None:
        return "unknown"
    if holder == VACANT:
        return "of a Lease that was missing"
    if holder == "":
        return "after a release"
    return "anew by the same" if by_the_same else "by expiry"


def percentile(values, share):
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def distribution(values):
    """In a line, in seconds."""
    if not values:
        return "none"
    seconds = [value / SECOND for value in values]
    named = [("min", min(seconds)), ("median", percentile(seconds, 0.5)), ("p90", percentile(seconds, 0.9)),
             ("p99", percentile(seconds, 0.99)), ("max", max(seconds))]
    return f"{len(seconds)} times: " + ", ".join(f"{name} {value:.2f} s" for name, value in named)


@dataclass(frozen=True)
class Figures:
    take_overs: list
    answers: int
    revisions: int

    def lines(self):
        kinds = Counter(take_over.kind for take_over in self.take_overs)
        outside = [take_over.leaderless for take_over in self.take_overs if not take_over.outage]
        inside = [take_over.leaderless for take_over in self.take_overs if take_over.outage]
        others = sum(take_over.before != take_over.after for take_over in self.take_overs)
        yield f"{len(self.take_overs)} take-overs, {others} of them by another Pod: " + (
            ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none")
        yield f"leaderless, while the API could be reached throughout: {distribution(outside)}"
        yield f"leaderless, while nobody reached it for a part:        {distribution(inside)}"
        yield f"{self.answers} answers polled, {self.revisions} states of the Leases recorded"


def figures_of(histories, records):
    """Of histories as claims.histories_of() makes them, and the records that they were made of, for the outages."""
    outages = [(record["from"], record["until"]) for record in records if record.get("outage")]
    found = [take_over for lease, history in histories.items() for take_over in take_overs(lease, history, outages)]
    processes = [process for history in histories.values() for process in history.processes.values()]
    return Figures(found, sum(len(process.answers) for process in processes),
                   sum(len(history.revisions) for history in histories.values()))
