#!/usr/bin/env python3
"""How many reviews a webhook answers, how fast, and in how much memory: ours beside a Go peer.

tests/bench/webhook.py --injector PATH [--seconds N] [--repeat N] [--only TEXT]

Each measurement is of a fresh process and its own load (wrk, over TLS, connections kept open, each with one review
under way at a time), ours and the peer in turn, so that what else the machine does meets both. The small review is
one that a kube-apiserver sent for a Pod of a Deployment; the large one is the same with environment variables that
bring the Pod to 1 MiB.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from webhook_servers import Webhook, build_peer, check_answer, make_certificate

HERE = Path(__file__).resolve().parent
MEBIBYTE = 1 << 20
CONNECTIONS = (1, 50, 500)
# By then a program is as it stays: ours gives back what only its start needed five seconds after it.
IDLE_SECONDS = 6.0
# And every ten seconds it gives back what it does not need any more.
AFTER_SECONDS = 11.0
# 500 large reviews are 500 MiB to send, and 500 handshakes take a second: it takes a while until all connections have had
# an answer, and longer until what their beginning took is no part of the 99th percentile any more.
MUCH_TAKES = 3  # times as long
SAMPLE_SECONDS = 0.1


def small_review():
    return (HERE / "webhook_review.json").read_bytes()


def large_review():
    """The small review, of a Pod of 1 MiB: a thousand environment variables of a kilobyte each."""
    review = json.loads(small_review())
    pod = review["request"]["object"]
    size = len(json.dumps(pod, separators=(",", ":")))
    variables = [{"name": f"SETTING_{i:04}", "value": "v" * 980} for i in range((MEBIBYTE - size) // 1020)]
    pod["spec"]["containers"][0]["env"] = variables
    return json.dumps(review, separators=(",", ":")).encode()


class Memory(threading.Thread):
    """The most memory of a process, sampled while it is under load."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self._server, self._over = server, threading.Event()
        self.most = server.memory()

    def run(self):
        while not self._over.wait(SAMPLE_SECONDS):
            now = self._server.memory()
            self.most = {name: max(value, now[name]) for name, value in self.most.items()}

    def stop(self):
        self._over.set()
        self.join()


def load(server, file, connections, seconds):
    """What wrk says. It has one thread: on two cores the other one is the webhook's."""
    command = ["wrk", "--threads", "1", "--connections", str(connections),
               "--duration", f"{seconds}s", "--timeout", "10s", "--script", HERE / "webhook.lua", server.url, "--", file]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    return json.loads(done.stdout.splitlines()[-1])


def measure_once(server, file, connections, seconds, sees_after):
    """One measurement of one server, which is idle before and, where that is looked at, after."""
    review = file.read_bytes()
    check_answer(*server.ask(review), review)
    time.sleep(IDLE_SECONDS)
    idle = server.memory()
    load(server, file, connections, 1)  # so that it is warm
    memory = Memory(server)
    memory.start()
    before = server.processor_seconds()
    said = load(server, file, connections, seconds)
    used = server.processor_seconds() - before
    memory.stop()
    check_answer(*server.ask(review), review)
    later = {}
    if sees_after:
        time.sleep(AFTER_SECONDS)
        later = {f"{name} after": value / 1024 for name, value in server.memory().items()}
    good = said["answers"] - said["refused"]
    assert good > 0, f"no review was answered: {said}"
    return {
        "reviews a second": good / (said["microseconds"] / 1e6),
        "p50": said["p50"] / 1000, "p99": said["p99"] / 1000, "max": said["max"] / 1000,
        "refused": said["refused"], "broken": said["broken"],
        "processor per review": used / good * 1e6,
        "resident idle": idle["resident"] / 1024, "anonymous idle": idle["anonymous"] / 1024,
        "resident under load": memory.most["resident"] / 1024, "anonymous under load": memory.most["anonymous"] / 1024,
        **later,
    }


# What is compared, in which unit, and what ours has to reach as a ratio to the peer's.
COMPARED = (
    ("reviews a second", "1/s", "at least", 2.0),
    ("p50", "ms", None, None),
    ("p99", "ms", "at most", 0.3),
    ("resident under load", "MiB", "at most", 0.4),
    ("anonymous under load", "MiB", None, None),
    ("resident idle", "MiB", None, None),
    ("anonymous idle", "MiB", None, None),
    ("resident after", "MiB", None, None),
    ("anonymous after", "MiB", None, None),
    ("processor per review", "us", None, None),
    ("refused", "", None, None),
    ("broken", "", None, None),
)


def cases():
    """Name, review, connections, and how many times as long as usual the load takes, of each."""
    for size, review in (("small", small_review()), ("1 MiB", large_review())):
        for connections in CONNECTIONS:
            times = MUCH_TAKES if connections == max(CONNECTIONS) or len(review) > MEBIBYTE // 2 else 1
            yield f"{size}, {connections} connection{'s' if connections > 1 else ''}", review, connections, times


def results_of(case, ours, peer):
    return [{"suite": "webhook", "case": f"webhook, {case}", "what": what, "unit": unit, "ours": [run[what] for run in ours if what in run],
             "peer": [run[what] for run in peer if what in run], "goal": goal, "ratio": ratio}
            for what, unit, goal, ratio in COMPARED]


def measure(bench):
    """All results. `bench` has: injector (our program), directory (for files), seconds, repeat, only, say(text)."""
    certificate, peer = make_certificate(bench.directory), build_peer(bench.directory)
    results = []
    with open(bench.directory / "servers.log", "ab") as log:
        for case, review, connections, times in cases():
            if bench.only not in case:
                continue
            file = bench.directory / "review.json"
            file.write_bytes(review)
            runs = {Webhook.ours: [], Webhook.peer: []}
            for turn in range(bench.repeat):
                for start, program in ((Webhook.ours, bench.injector), (Webhook.peer, peer)):
                    with start(program, certificate, log) as server:
                        runs[start].append(measure_once(server, file, connections, bench.seconds * times, turn == 0))
            results += results_of(case, runs[Webhook.ours], runs[Webhook.peer])
            bench.say(case)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--injector", type=Path, required=True, help="our program, built for release and stripped")
    parser.add_argument("--seconds", type=int, default=5, help="of load in each measurement (default 5)")
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--only", default="", help="cases with this in their name")
    bench = parser.parse_args()
    bench.say = lambda text: print(text, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="bench-webhook-") as directory:
        bench.directory = Path(directory)
        for result in measure(bench):
            ours, peer = statistics.median(result["ours"]), statistics.median(result["peer"])
            ratio = f"{ours / peer:8.3f}" if peer else "       -"
            goal = f"  ({result['goal']} {result['ratio']})" if result["goal"] else ""
            print(f"{result['case']:24} {result['what']:22} {ours:12.2f} {peer:12.2f} {result['unit']:4} {ratio}{goal}")


if __name__ == "__main__":
    main()
