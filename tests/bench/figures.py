"""What was measured of ours and of the peer, and how the two compare."""
import math
import statistics
from dataclasses import asdict, dataclass


def percentile(values, share):
    """The smallest value that at least `share` (0 to 1) of the values do not exceed: one that was measured."""
    if not values:
        raise ValueError("a percentile of nothing")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


STATISTICS = {
    "median": statistics.median,
    "p99": lambda values: percentile(values, 0.99),
    "max": max,
    "mean": statistics.fmean,
}


@dataclass(frozen=True)
class Figure:
    """
    One thing that was measured several times, in turn: `ours` and `peer` hold the values, the n-th of one beside the
    n-th of the other. `goal` says whether "at most" or "at least" `ratio` is wanted of ours to the peer's, or, where
    `limit` is given, of ours alone.
    """
    suite: str
    case: str
    what: str
    unit: str
    ours: list
    peer: list
    goal: str | None = None
    ratio: float | None = None
    limit: float | None = None
    statistic: str = "median"

    def __post_init__(self):
        if not self.ours:
            raise ValueError(f"{self.suite}, {self.case}, {self.what}: nothing was measured")

    @property
    def our_value(self):
        return STATISTICS[self.statistic](self.ours)

    @property
    def peer_value(self):
        """None where the peer has nothing of the kind."""
        return STATISTICS[self.statistic](self.peer) if self.peer else None

    @property
    def compared(self):
        """Ours as a ratio to the peer's; None where there is nothing to divide by."""
        return self.our_value / self.peer_value if self.peer_value else None

    @property
    def spread(self):
        """The smallest and the largest ratio of two values that were measured side by side; None where there is one."""
        pairs = [ours / peer for ours, peer in zip(self.ours, self.peer, strict=False) if peer]
        return (min(pairs), max(pairs)) if len(pairs) > 1 else None

    @property
    def wanted(self):
        return self.ratio if self.limit is None else self.limit

    @property
    def reached(self):
        """Whether the goal is; None where there is none."""
        value = self.compared if self.limit is None else self.our_value
        if self.goal is None or value is None:
            return None
        return value <= self.wanted if self.goal == "at most" else value >= self.wanted

    def to_json(self):
        return {**asdict(self), "compared": self.compared, "spread": self.spread, "reached": self.reached}

    @classmethod
    def from_json(cls, fields):
        return cls(**{name: value for name, value in fields.items() if name in cls.__dataclass_fields__})
