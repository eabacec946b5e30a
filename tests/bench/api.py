"""How many programs can ask one elector who leads, and how long they wait for the answer."""
from candidate import KINDS, OURS, PEER, turns
from figures import Figure
from group import Group
from wrk import load

NEEDS_CONTROL_PLANE = True
CONNECTIONS = (32, 512)
TURNS, SECONDS, WARM_SECONDS = 5, 4, 1


def measure(bench):
    figures = []
    with Group(bench, OURS, "api", 1) as ours, Group(bench, PEER, "api", 1) as peer:
        groups = {OURS: ours, PEER: peer}
        ports = {kind: groups[kind].leader().port for kind in KINDS}
        for connections in CONNECTIONS:
            rates, latencies = {OURS: [], PEER: []}, {OURS: [], PEER: []}
            for kinds in turns(bench.repeated(TURNS)):
                for kind in kinds:
                    load(ports[kind], connections, WARM_SECONDS)
                    rate, latency = load(ports[kind], connections, SECONDS)
                    rates[kind].append(rate)
                    latencies[kind].append(latency)
            case = f"/api/leader on {connections} connections"
            bench.say(f"{case}: done")
            figures += [Figure("api", case, "answers a second", "", rates[OURS], rates[PEER], "at least", 2.0),
                        Figure("api", case, "p99", "ms", latencies[OURS], latencies[PEER], "at most", 0.3)]
    return figures
