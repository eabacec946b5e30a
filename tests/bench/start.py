"""How long a candidate takes from exec to its first answer, and to the first that names the leader of its Lease."""
import time

from candidate import KINDS, OURS, PEER, Candidate, turns
from figures import Figure
from group import Group

NEEDS_CONTROL_PLANE = True
TURNS = 15
PATIENCE_SECONDS = 30
POLL_SECONDS = 0.0005
LIMIT_MS = 50


def start_once(bench, group, number):
    """Milliseconds to the first answer and to the first that names a leader, of one more candidate."""
    candidate = Candidate(bench, group.kind, group.lease, f"{group.kind}-late-{number}")
    begun = time.monotonic()
    candidate.start()
    try:
        with candidate.asker() as asker:
            answer = asker.ask()
            first = time.monotonic()
            while not answer["leader"]:
                if time.monotonic() > begun + PATIENCE_SECONDS:
                    raise TimeoutError(f"{candidate.name} names no leader after {PATIENCE_SECONDS} s")
                time.sleep(POLL_SECONDS)
                answer = asker.ask()
            return (first - begun) * 1000, (time.monotonic() - begun) * 1000
    finally:
        candidate.kill()


def measure(bench):
    first, named = {OURS: [], PEER: []}, {OURS: [], PEER: []}
    with Group(bench, OURS, "start", 1) as ours, Group(bench, PEER, "start", 1) as peer:
        groups = {OURS: ours, PEER: peer}
        for number, kinds in enumerate(turns(bench.repeated(TURNS))):
            for kind in kinds:
                took = start_once(bench, groups[kind], number)
                first[kind].append(took[0])
                named[kind].append(took[1])
    bench.say("start: " + ", ".join(f"{kind} {min(first[kind]):.0f} to {max(first[kind]):.0f} ms" for kind in KINDS))
    return [Figure("start", "start", "to the first answer", "ms", first[OURS], first[PEER], "at most", limit=LIMIT_MS),
            Figure("start", "start", "to the first that names the leader", "ms", named[OURS], named[PEER])]
