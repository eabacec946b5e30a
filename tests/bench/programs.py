"""Builds what is measured, as it is shipped: ours in release mode, the peer without symbols, all stripped."""
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
GO = TOP / "tests" / "cluster" / "tools" / "go"


def build_ours(directory, *programs):
    """The paths of our programs, built with the Dockerfile's flags in a folder of its own."""
    build = TOP / "build" / "bench"
    subprocess.run(["cmake", "-S", TOP, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DELECTOR_WERROR=OFF",
                    "-DBUILD_TESTING=OFF"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", build, "--target", *programs], check=True, stdout=subprocess.DEVNULL)
    for program in programs:
        subprocess.run(["install", "-s", "-t", directory, next(build.glob(f"*/{program}"))], check=True)
    return [directory / program for program in programs]


def build_peer(directory):
    """The elector of tests/peer: client-go's own."""
    peer = directory / "peer"
    subprocess.run([GO, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", peer, "."],
                   cwd=TOP / "tests" / "peer", check=True)
    return peer
