"""What is done to a troupe, and when: chosen by a seed alone, so that the same seed always chooses the same."""
import random
from dataclasses import dataclass, field

# Kind of fault -> for how long, in seconds; what it is done to; whether no API answers meanwhile.
KINDS = {
    "node cut off": ((3, 9), "node", False),
    "Pod cut off": ((3, 9), "lease", False),
    "requests lost": ((3, 8), "node", False),
    "answers lost": ((3, 8), "node", False),
    "packets lost at random": ((5, 10), "node", False),
    "delays": ((5, 12), "node", False),
    "API server killed": ((0, 4), "", True),
    "API server paused": ((1, 8), "", True),
    "etcd restarted": ((0, 3), "", True),
    "etcd paused": ((1, 8), "", True),
    "elector paused": ((1, 9), "lease", False),
    "kubelet paused": ((5, 12), "node", False),
    "container killed": ((0, 0), "lease", False),
    "Pod deleted": ((0, 0), "lease", False),
    "Lease deleted": ((0, 0), "lease", False),
    "wall clock set": ((1, 8), "lease", False),
}
OUTAGES = {kind for kind, (_, _, outage) in KINDS.items() if outage}
OF_THE_NETWORK = {"node cut off", "requests lost", "answers lost", "packets lost at random", "delays"}
# Milliseconds. An attempt may take 667: with some pairs every answer comes late, with some none in time.
DELAYS = (0, 50, 150, 300, 600)
TWO_AT_ONCE = 0.4  # of all steps
THE_LEADER = 0.75  # of all faults of one elector


@dataclass(frozen=True)
class Order:
    """One fault: its kind, what it is done to (a node or a Lease), for how long, and what else was drawn for it."""
    kind: str
    target: str
    seconds: float
    options: dict = field(default_factory=dict)

    @property
    def touches(self):
        """Two faults that touch one thing would undo each other."""
        if self.kind in OF_THE_NETWORK:
            return {f"network of {self.target}"}
        if self.kind in OUTAGES:
            return {"API"}
        if self.kind == "kubelet paused":
            return {f"kubelet of {self.target}"}
        if self.kind == "wall clock set":
            return {f"clock of {self.target}"}
        if self.kind in ("Pod deleted", "Lease deleted"):
            return {f"electors of {self.target}", "API"}
        return {f"electors of {self.target}"}

    def goes_with(self, other):
        # With --on-missing=create, a deletion is safe while its leader is connected and no process is new: alone.
        return "Lease deleted" not in (self.kind, other.kind) and not self.touches & other.touches


@dataclass(frozen=True)
class Step:
    """One fault, or two of which the second begins `lag` seconds after the first; then nothing for `quiet` seconds."""
    orders: tuple
    lag: float
    quiet: float

    @property
    def hides_the_api(self):
        """From the Pods of both nodes."""
        return len(self.orders) == 2 and all(order.kind in OF_THE_NETWORK for order in self.orders)


def plan(seed, nodes, leases):
    """Steps without end. Every kind comes once before any comes again."""
    dice = random.Random(seed)
    deck = []
    while True:
        if not deck:
            deck = list(KINDS)
            dice.shuffle(deck)
        orders = [_order(dice, deck.pop(), nodes, leases)]
        if dice.random() < TWO_AT_ONCE:
            second = _order(dice, dice.choice(list(KINDS)), nodes, leases)
            if second.goes_with(orders[0]):
                orders.append(second)
        yield Step(tuple(orders), round(dice.uniform(0, 2), 1), round(dice.uniform(0.5, 6), 1))


def _order(dice, kind, nodes, leases):
    (least, most), of, _ = KINDS[kind]
    target = dice.choice(nodes) if of == "node" else dice.choice(leases) if of == "lease" else ""
    return Order(kind, target, round(dice.uniform(least, most), 1), _options(dice, kind))


def _options(dice, kind):
    if kind in ("Pod cut off", "elector paused", "container killed", "Pod deleted", "wall clock set"):
        options = {"leader": dice.random() < THE_LEADER, "pick": dice.random()}
        if kind == "Pod deleted":
            options["force"] = dice.random() < 0.3
        if kind == "wall clock set":
            options["offset"] = dice.choice((-1, 1)) * dice.choice((1, 3, 10, 60, 3600, 86400))
        return options
    if kind == "packets lost at random":
        return {"out": round(dice.uniform(0, 0.4), 2), "in": round(dice.uniform(0, 0.4), 2)}
    if kind == "delays":
        return {"seed": dice.randrange(1 << 30), "out": dice.choice(DELAYS), "in": dice.choice(DELAYS),
                "stalls": round(dice.choice((0, 0.5, 2)), 1), "resets": round(dice.choice((0, 3, 8)), 1)}
    return {}
