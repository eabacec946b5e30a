"""The check of a cluster's histories finds an elector that breaks a rule."""
import pytest
from scene import CALM, NODES, cut_off_until_another_leads, records_of, two_leaders
from troupe import Part

pytestmark = pytest.mark.machine("the leader's Pod cut off")


def test_a_mutant_that_stays_too_long_is_caught(new_troupe):
    """mutant.patch: its terms last ten renew deadlines."""
    program = "leader-elector-mutant"
    troupe = new_troupe([Part(f"mutant-{number}", "mutant", NODES[number % 2], program=program, timing=CALM)
                         for number in range(3)])
    old = troupe.wait_for_agreement("mutant")
    cut_off_until_another_leads(troupe, "mutant", old)
    troupe.end()
    assert two_leaders(records_of(troupe), old), "two led, and nobody noticed"
