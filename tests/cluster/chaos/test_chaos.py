"""A short run of what run.py does for longer."""
import os
import subprocess

import pytest
from play import CAST, perform
from troupe import Troupe

SECONDS = 150
TAKE_OVERS = 4  # a run of this length sees three times as many
ANSWERS = 10_000


def seed():
    """Of each commit its own, so that the same commit always meets the same faults; SEED asks for another."""
    said = os.environ.get("SEED")
    if said:
        return int(said)
    commit = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], capture_output=True, text=True, check=False,
                            cwd=os.path.dirname(__file__)).stdout.strip()
    return int(commit or "0", 16)


@pytest.mark.machine("every fault there is")
def test_nobody_leads_beside_another_whatever_happens(cluster, chaos_image, tmp_path, capsys):
    troupe = Troupe(cluster, f"chaos-{os.getpid()}", CAST, tmp_path)
    try:
        troupe.begin()
        with capsys.disabled():
            print()
            verdict, figures = perform(troupe, seed(), SECONDS)
    finally:
        troupe.end()
        troupe.delete()
    assert not verdict.violations
    assert verdict.unrecorded == 0, "a token that no recorded state of the Lease proves"
    assert len(figures.take_overs) >= TAKE_OVERS
    assert figures.answers >= ANSWERS
