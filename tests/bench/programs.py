"""Builds what is measured as it is shipped: ours with the image's flags, the peer without symbols, all stripped."""
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
GO = TOP / "tests" / "cluster" / "tools" / "go"


def build_ours(directory, *programs):
    """The paths of our programs, built in a folder of its own."""
    build = TOP / "build" / "bench"
    # Paths below the source are hashed relative to it, so that ccache finds what another folder has compiled.
    environment = {**os.environ, "CCACHE_BASEDIR": str(TOP), "CCACHE_NOHASHDIR": "true"}
    for command in (["cmake", "-S", TOP, "-B", build, "-G", "Ninja", "-DELECTOR_WERROR=ON",
                     "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"],
                    ["cmake", "--build", build, "--target", *programs]):
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    for program in programs:
        subprocess.run(["install", "-s", "-t", directory, next(build.glob(f"*/{program}"))], check=True)
    return [directory / program for program in programs]


def build_peer(directory):
    """The elector of tests/peer: client-go's own."""
    peer = directory / "peer"
    subprocess.run([GO, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", peer, "."],
                   cwd=TOP / "tests" / "peer", check=True)
    return peer
