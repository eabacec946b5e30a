#!/usr/bin/env python3
"""Disturbs electors on a real cluster for as long as one likes, and judges what they said.

    run.py [--minutes N] [--seed S] [--keep DIR] [--build DIR]

Makes a cluster of its own (tests/cluster/cluster) and the image, and takes both away. docs/chaos.md tells what is done
and how it is judged. The histories stay in DIR (default: build/chaos-histories). Exit code 0: nothing violated. Needs
root, and what tests/setup.sh installs for the tier "cluster". The build is one with BUILD_TESTING (default: build).
"""
import argparse
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), *[str(HERE.parents[1] / part) for part in ("history", "lib")]]

from machine import OwnCluster, run  # noqa: E402
from play import CAST, perform  # noqa: E402
from scene import BUILD  # noqa: E402
from troupe import Troupe  # noqa: E402


def emptied(directory):
    """The folder without the histories of an earlier run."""
    directory.mkdir(parents=True, exist_ok=True)
    for history in directory.glob("*.history"):
        history.unlink()
    return directory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep", type=Path, default=BUILD / "chaos-histories")
    parser.add_argument("--build", type=Path, default=BUILD)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # taking all away before
    with tempfile.TemporaryDirectory(prefix="elector-") as directory:
        run([HERE.parent / "image.sh", directory, options.build], timeout=1800)
        cluster = OwnCluster(Path(directory, "chaos-" + Path(directory).name))
        try:
            cluster.up(2)
            cluster.tool("load", str(Path(directory, "chaos.tar")))
            troupe = Troupe(cluster, f"chaos-{os.getpid()}", CAST, emptied(options.keep))
            troupe.begin()
            verdict, _ = perform(troupe, options.seed, 60 * options.minutes)
        finally:
            cluster.down()
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
