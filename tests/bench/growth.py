"""
How cost grows with the number of electors: real ones on a real kube-apiserver, all candidates for one Lease, or each
the only one for a Lease of its own; and what that comes to for 10,000, by the straight line through what was measured.

What the API server does is read from its own metrics, over a time in which nothing happens but renewals, and less what
it does with no electors at all. How long a change of a Lease takes to its watchers is seen by probes: watches like an
elector's, of which each notes when it hears of a change made for the purpose. And the operator, with ten times the Pods.
"""
import http.client
import json
import ssl
import statistics
import threading
import time
from dataclasses import dataclass

import operator_reconciles
from candidate import OURS, Candidate
from figures import Figure
from growth_api import Administrator
from plane import ADDRESS, PORT

NEEDS_CONTROL_PLANE = True
SIZES = (100, 300, 1000)
PODS = 10_000
EXTRAPOLATED = 10_000
WINDOW_SECONDS, QUIET_SECONDS, PATIENCE_SECONDS = 30, 10, 600
STARTED_TOGETHER, START_PAUSE_SECONDS = 10, 0.5
PROBES, CHANGES, CHANGE_SECONDS, PROBE_SECONDS = 50, 10, 1, 20
LEASES = "/apis/coordination.k8s.io/v1/namespaces/bench/leases"


@dataclass(frozen=True)
class Line:
    """The straight line nearest to some points (least squares), and the share of their variance that it explains."""
    base: float
    slope: float
    explained: float

    @classmethod
    def through(cls, xs, ys):
        slope, base = statistics.linear_regression(xs, ys)
        rest = sum((y - base - slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
        all_of_it = sum((y - statistics.fmean(ys)) ** 2 for y in ys)
        return cls(base, slope, 1 - rest / all_of_it if all_of_it else 1.0)

    def at(self, x):
        return self.base + self.slope * x


class Crowd:
    """Many electors: of one Lease, or of one each. A context manager: all of them run inside it, and none after it."""

    def __init__(self, bench, administrator, name, size, shares_lease):
        self._administrator, self.lease = administrator, f"{name}-{size}"
        leases = [self.lease if shares_lease else f"{self.lease}-{i}" for i in range(size)]
        self._held = 1 if shares_lease else size
        self.candidates = [Candidate(bench, OURS, lease, f"elector-{i}") for i, lease in enumerate(leases)]

    def __enter__(self):
        try:
            for start in range(0, len(self.candidates), STARTED_TOGETHER):
                for candidate in self.candidates[start:start + STARTED_TOGETHER]:
                    candidate.start()
                time.sleep(START_PAUSE_SECONDS)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not self.is_settled():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.lease}: not all electors watch, or not all Leases are held")
                time.sleep(2)
            time.sleep(QUIET_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for candidate in self.candidates:
            candidate.kill()
        for lease in self._leases():
            self._administrator.call("DELETE", f"{LEASES}/{lease['metadata']['name']}")

    def _leases(self):
        listed = self._administrator.call("GET", LEASES)["items"]
        return [lease for lease in listed if lease["metadata"]["name"].startswith(self.lease)]

    def is_settled(self):
        held = sum(bool(lease["spec"].get("holderIdentity")) for lease in self._leases())
        return held == self._held and watches(self._administrator.metrics()) >= len(self.candidates)

    def transitions(self):
        """How often the Leases changed hands so far."""
        return sum(lease["spec"].get("leaseTransitions") or 0 for lease in self._leases())


class Probe(threading.Thread):
    """A watch on one Lease, which notes when each version came."""

    def __init__(self, administrator, tls, token, lease):
        super().__init__(daemon=True)
        version = administrator.call("GET", f"{LEASES}/{lease}")["metadata"]["resourceVersion"]
        self._connection = http.client.HTTPSConnection(ADDRESS, int(PORT), timeout=120, context=tls)
        self._connection.request("GET", f"{LEASES}?watch=1&allowWatchBookmarks=true&resourceVersion={version}"
                                        f"&timeoutSeconds={PROBE_SECONDS}&fieldSelector=metadata.name%3D{lease}",
                                 headers={"Authorization": f"Bearer {token}"})
        self._answer = self._connection.getresponse()
        self.heard = {}

    def run(self):
        while line := self._answer.readline():
            now = time.monotonic()
            self.heard.setdefault(json.loads(line)["object"]["metadata"]["resourceVersion"], now)


def delays(bench, administrator, lease):
    """For each of some changes, in ms: from the moment it is sent until half of the probes and the last have heard."""
    tls = ssl.create_default_context(cafile=str(bench.plane.directory / "pki" / "ca.crt"))
    token = administrator.token("candidate", "bench")
    probes = [Probe(administrator, tls, token, lease) for _ in range(PROBES)]
    for probe in probes:
        probe.start()
    half, last = [], []
    sent = {}
    for change in range(CHANGES):
        begun = time.monotonic()
        changed = administrator.call("PATCH", f"{LEASES}/{lease}", {"metadata": {"annotations": {"probe": str(change)}}},
                                     "application/merge-patch+json")
        sent[changed["metadata"]["resourceVersion"]] = begun
        time.sleep(CHANGE_SECONDS)
    for version, begun in sent.items():
        heard = sorted(probe.heard[version] - begun for probe in probes if version in probe.heard)
        if len(heard) < PROBES:
            raise RuntimeError(f"of {PROBES} probes {len(heard)} heard of a change within {CHANGE_SECONDS} s")
        half.append(heard[PROBES // 2] * 1000)
        last.append(heard[-1] * 1000)
    for probe in probes:
        probe.join()
    return half, last


def watches(metrics):
    return metrics.sum("apiserver_longrunning_requests", resource="leases", verb="WATCH")


def observe(administrator):
    """What the API server does a second, and what it occupies."""
    before, begun = administrator.metrics(), time.monotonic()
    time.sleep(WINDOW_SECONDS)
    after = administrator.metrics()
    seconds = time.monotonic() - begun

    def rate(name, **labels):
        return (after.sum(name, **labels) - before.sum(name, **labels)) / seconds

    return {
        "writes a second": rate("apiserver_request_total", resource="leases", verb="PUT"),
        "requests a second": sum(rate("apiserver_request_total", resource="leases", verb=verb)
                                 for verb in ("GET", "LIST", "POST", "PUT", "PATCH", "WATCH")),
        "watch events a second": rate("apiserver_watch_events_total", resource="leases"),
        "API server's CPU": rate("process_cpu_seconds_total"),
        "API server's memory": after.sum("process_resident_memory_bytes") / (1 << 20),
    }


UNITS = {"writes a second": "1/s", "requests a second": "1/s", "watch events a second": "1/s", "API server's CPU": "cores",
         "API server's memory": "MiB", "electors' CPU": "cores", "an elector's memory": "MiB", "leaders lost": ""}
# What grows with the electors.
GROWING = ("requests a second", "watch events a second", "API server's CPU", "API server's memory")


def observe_crowd(administrator, crowd):
    before, begun, changes = [candidate.processor_seconds() for candidate in crowd.candidates], time.monotonic(), \
        crowd.transitions()
    seen = observe(administrator)
    used = sum(candidate.processor_seconds() for candidate in crowd.candidates) - sum(before)
    seen["electors' CPU"] = used / (time.monotonic() - begun)
    sample = crowd.candidates[::max(1, len(crowd.candidates) // 20)]
    seen["an elector's memory"] = statistics.median(each.memory()["proportional"] for each in sample) / 1024
    seen["leaders lost"] = crowd.transitions() - changes
    return seen


def figures_of(case, values, units):
    return [Figure("growth", case, what, unit, values[what] if isinstance(values[what], list) else [values[what]], [])
            for what, unit in units.items() if what in values]


def lines(kind, seen):
    """What was measured as lines over the number of electors, and where those lead."""
    for what in GROWING:
        unit, sizes = UNITS[what], list(seen)
        line = Line.through(sizes, [seen[size][what] for size in sizes])
        yield Figure("growth", f"{kind}, line", f"{what}: without electors", unit, [line.base], [])
        yield Figure("growth", f"{kind}, line", f"{what}: of a thousand electors", unit, [line.slope * 1000], [])
        yield Figure("growth", f"{kind}, line", f"{what}: share of the variance explained", "", [line.explained], [])
        yield Figure("growth", f"{kind}, {EXTRAPOLATED:,} electors by the line", what, unit, [line.at(EXTRAPOLATED)], [])


def measure(bench, sizes=SIZES):
    """`sizes`: so many electors of each kind."""
    administrator = Administrator(bench.plane.directory)
    nothing = observe(administrator)
    figures = figures_of("no electors", nothing, UNITS)
    for kind, shares_lease in (("one Lease", True), ("a Lease each", False)):
        seen = {}
        for size in sizes:
            bench.say(f"growth: {size} electors, {kind}")
            with Crowd(bench, administrator, f"growth-{'one' if shares_lease else 'each'}", size, shares_lease) as crowd:
                seen[size] = observe_crowd(administrator, crowd)
                case = f"{kind}, {size:,} electors"
                bench.say(", ".join(f"{what} {value:.4g}" for what, value in seen[size].items()))
                figures += figures_of(case, seen[size], UNITS)
                if shares_lease:
                    half, last = delays(bench, administrator, crowd.lease)
                    figures += figures_of(case, {"a change reaches half of the watches": half,
                                                 "a change reaches the last watch": last},
                                          {"a change reaches half of the watches": "ms",
                                           "a change reaches the last watch": "ms"})
        figures += lines(kind, seen)
    return figures + operator_reconciles.measure(bench, PODS)
