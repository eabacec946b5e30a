"""How long nobody leads: from the signal that ends a leader to the first survivor that names another."""
import contextlib
import random
import signal
import time
from datetime import datetime

from candidate import LEASE_SECONDS, OURS, PEER, RETRY_SECONDS, turns
from figures import Figure
from group import Group

NEEDS_CONTROL_PLANE = True
GRACEFUL_TURNS, CRASH_TURNS = 30, 16
POLL_SECONDS = 0.001
PATIENCE_SECONDS = 3 * LEASE_SECONDS
# By which a take-over after a crash may exceed the lease, from the last renewal.
CRASH_ALLOWANCE_MS = 100


def wall_ms(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def watch_survivors(askers, old, begun):
    """
    Milliseconds until one of them names another leader than `old`, and since the last renewal by `old` that any of
    them knows of (None of a kind that does not say).
    """
    renewed = None
    while time.monotonic() < begun + PATIENCE_SECONDS:
        round_begun = time.monotonic()
        for asker in askers:
            answer = asker.ask()
            if answer["leader"] not in ("", old):
                since = time.time() * 1000 - renewed if renewed else None
                return (time.monotonic() - begun) * 1000, since
            if answer["leader"] == old and answer.get("renewTime"):
                renewed = max(renewed or 0, wall_ms(answer["renewTime"]))
        time.sleep(max(0, round_begun + POLL_SECONDS - time.monotonic()))
    raise TimeoutError(f"nobody took over from {old} within {PATIENCE_SECONDS} s")


def take_over(group, how):
    """One take-over, at a moment that does not depend on the renewals; the group is whole again afterwards."""
    leader = group.leader()
    with contextlib.ExitStack() as stack:
        askers = [stack.enter_context(survivor.asker()) for survivor in group.others(leader)]
        time.sleep(random.uniform(0, RETRY_SECONDS))
        begun = time.monotonic()
        leader.signal(how)
        took = watch_survivors(askers, leader.name, begun)
    leader.wait()
    leader.start()
    return took


def figures_of(case, times, goals):
    """The distribution: `goals` are ratios by statistic."""
    for statistic, name in (("median", "p50"), ("p99", "p99"), ("max", "max")):
        goal = "at most" if statistic in goals else None
        yield Figure("takeover", case, name, "ms", times[OURS], times[PEER], goal, goals.get(statistic),
                     statistic=statistic)


def measure(bench):
    figures = []
    for case, how, count, goals in (
            ("graceful take-over", signal.SIGTERM, GRACEFUL_TURNS, {"p99": 0.1}),
            ("take-over after a crash", signal.SIGKILL, CRASH_TURNS, {"median": 0.85})):
        times, since_renewal = {OURS: [], PEER: []}, []
        with Group(bench, OURS, f"takeover-{how.name.lower()}", 3) as ours, \
                Group(bench, PEER, f"takeover-{how.name.lower()}", 3) as peer:
            for kinds in turns(bench.repeated(count)):
                for kind in kinds:
                    took, since = take_over(ours if kind == OURS else peer, how)
                    times[kind].append(took)
                    if since is not None:
                        since_renewal.append(since)
                bench.say(f"{case}: ours {times[OURS][-1]:.0f} ms, peer {times[PEER][-1]:.0f} ms")
        figures += figures_of(case, times, goals)
        if how == signal.SIGKILL:
            latest = LEASE_SECONDS * 1000 + CRASH_ALLOWANCE_MS
            for statistic, goal, limit in (("median", None, None), ("p99", "at most", latest), ("max", None, None)):
                figures.append(Figure("takeover", case, f"since the last renewal, {statistic}", "ms", since_renewal, [],
                                      goal, limit=limit, statistic=statistic))
    return figures
