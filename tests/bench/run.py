#!/usr/bin/env python3
"""Measures our programs beside a peer, in turn and in one run, and shows the ratios.

tests/bench/run.py [--only SUITE...] [--runs FACTOR] [--out DIR] [--docs]

Peers: for the elector one made with client-go (tests/peer) with the same durations, for the webhook one on net/http.
Starts an etcd and a kube-apiserver of its own (needs root; tests/setup.sh installs what is needed). Writes
DIR/figures.json, DIR/table.md and DIR/ratios.svg. The exit code is 0 when everything could be measured, whether or not
the goals are reached.
"""
import argparse
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure
from plane import Outside, Plane
from plot import draw
from programs import TOP, build_ours, build_peer
from table import render, replace_in

# In the order in which they run. Those that need a control plane say so (NEEDS_CONTROL_PLANE).
SUITES = ("image", "webhook", "start", "memory", "requests", "api", "takeover", "push", "operator")
# Only when asked for: it takes as long as all others together.
LONG = ("growth",)
OF_THE_INJECTOR = ("webhook", "operator", "growth")
MODULES = {"requests": "lease_requests", "operator": "operator_reconciles"}


class Bench:
    """What a suite is given: the programs, a folder, and how often to measure."""

    def __init__(self, directory, runs, plane=None):
        self.directory, self.runs, self.plane = directory, runs, plane
        # Of the webhook: the length of each load, how often, and which cases (all).
        self.seconds, self.repeat, self.only = 3, self.repeated(3), ""
        self.elector, self.injector, self.peer = (
            directory / name for name in ("leader-elector", "leader-elector-injector", "peer"))
        self._begun = time.monotonic()

    def repeated(self, count):
        """How often to do what by default is done `count` times."""
        return max(1, round(count * self.runs))

    def say(self, text):
        print(f"[{time.monotonic() - self._begun:5.0f} s] {text}", flush=True)


def load(suite):
    return importlib.import_module(MODULES.get(suite, suite))


def measure(bench, suites):
    figures = []
    for suite in suites:
        bench.say(f"== {suite}")
        for figure in load(suite).measure(bench):
            figures.append(figure if isinstance(figure, Figure) else Figure.from_json(figure))
    return figures


def write(path, figures):
    path.write_text(json.dumps([figure.to_json() for figure in figures], indent=1) + "\n", encoding="utf-8")


def read(path):
    return [Figure.from_json(fields) for fields in json.loads(path.read_text(encoding="utf-8"))]


def measure_inside(directory, runs, suites):
    """What `run_inside` starts."""
    figures = measure(Bench(directory, runs, Plane(directory / "bench-plane")), suites)
    write(directory / "inside.json", figures)


def measure_all(directory, runs, suites):
    bench = Bench(directory, runs)
    bench.say("building")
    injector = ["leader-elector-injector"] if set(suites) & set(OF_THE_INJECTOR) else []
    build_ours(directory, "leader-elector", *injector)
    build_peer(directory)
    inside = [suite for suite in suites if getattr(load(suite), "NEEDS_CONTROL_PLANE", False)]
    figures = measure(bench, [suite for suite in suites if suite not in inside])
    if inside:
        # The folder's last part names the network namespaces.
        with Outside(directory / f"bench{os.getpid()}") as outside:
            (directory / "bench-plane").symlink_to(outside.directory)
            code = outside.run_inside(Path(__file__).resolve(), "--inside", directory, "--runs", str(runs), "--only",
                                      *inside)
        if code != 0:
            raise RuntimeError("not everything could be measured; see above")
        figures += read(directory / "inside.json")
    return figures


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUITES + LONG, default=SUITES, metavar="SUITE",
                        help=f"of {', '.join(SUITES + LONG)} (default: all but {', '.join(LONG)})")
    parser.add_argument("--runs", type=float, default=1.0, metavar="FACTOR",
                        help="how often each measurement is repeated, as a multiple of the usual number (default 1)")
    parser.add_argument("--out", type=Path, default=TOP / "build" / "results" / "bench",
                        help="folder of the results (default build/results/bench)")
    parser.add_argument("--docs", action="store_true", help="put table and drawing into docs/performance.md, too")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, interrupt)
    suites = [suite for suite in SUITES + LONG if suite in arguments.only]
    if arguments.inside:
        measure_inside(arguments.inside, arguments.runs, suites)
        return
    directory = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        figures = measure_all(directory, arguments.runs, suites)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write(arguments.out / "figures.json", figures)
    (arguments.out / "table.md").write_text(render(figures) + "\n", encoding="utf-8")
    (arguments.out / "ratios.svg").write_text(draw(figures), encoding="utf-8")
    if arguments.docs:
        replace_in(TOP / "docs" / "performance.md", figures)
        (TOP / "docs" / "performance.svg").write_text(draw(figures), encoding="utf-8")
    print(render(figures))


if __name__ == "__main__":
    main()
