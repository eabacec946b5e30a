"""What an election that nothing happens in costs the API server: requests about the Lease, from its audit log."""
import contextlib
import time
from datetime import datetime, timedelta, timezone

from candidate import KINDS, OURS, PEER
from figures import Figure
from group import Group

NEEDS_CONTROL_PLANE = True
SIZES = {3: 0.4, 10: None, 50: 0.05}  # candidates, and the ratio that is wanted
WINDOWS, WINDOW = 3, timedelta(seconds=30)
QUIET_SECONDS = 5  # for the watches of those that came last
LOG_SECONDS = 2  # the log is written in batches
PER_MINUTE = timedelta(minutes=1) / WINDOW


def requests_of(plane, lease, since, until):
    """How many: each counted once, though a watch is noted when it begins and when it ends."""
    seen = set()
    for event in plane.audit():
        name = event.get("objectRef", {}).get("name", "")
        received = datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00"))
        if since <= received < until and (name == lease or f"metadata.name%3D{lease}&" in event["requestURI"] + "&"):
            seen.add(event["auditID"])
    return len(seen)


def measure(bench):
    with contextlib.ExitStack() as stack:
        groups = {(size, kind): stack.enter_context(Group(bench, kind, f"requests-{size}", size))
                  for size in SIZES for kind in KINDS}
        time.sleep(QUIET_SECONDS)
        begun = datetime.now(timezone.utc)
        count = bench.repeated(WINDOWS)
        bench.say(f"counting requests for {(WINDOW * count).seconds} s")
        time.sleep((WINDOW * count).total_seconds() + LOG_SECONDS)
    figures = []
    for size, ratio in SIZES.items():
        made = {kind: [requests_of(bench.plane, groups[size, kind].lease, begun + WINDOW * i, begun + WINDOW * (i + 1))
                       * PER_MINUTE for i in range(count)] for kind in KINDS}
        if not all(made[OURS]) or not all(made[PEER]):
            raise RuntimeError(f"the log shows no renewals of {size} candidates: {made}")
        figures.append(Figure("requests", f"{size} candidates", "Lease requests a minute", "", made[OURS], made[PEER],
                              "at most" if ratio else None, ratio))
    return figures
