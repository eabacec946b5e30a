"""Clocks that run at other rates (drift.cpp), and wall clocks that are set (libfaketime), on the cluster."""
import pytest
from observation import SECOND, boottime, seconds_between
from scene import CALM, NODES, cut_off_until_another_leads, records_of, two_leaders, violations
from troupe import Part

pytestmark = pytest.mark.machine("the leader's Pod cut off")


def slow_leader(new_troupe, name, rate, others=1.0, **more):
    """A troupe whose leader's clock is slow, and that leader."""
    slow = Part(f"{name}-slow", name, NODES[0], rate=rate, timing=CALM, **more)
    troupe = new_troupe([slow, *(Part(f"{name}-{number}", name, NODES[number % 2], rate=others, timing=CALM)
                                 for number in (1, 2))], first=[slow])
    troupe.wait("the slow one leads", lambda: troupe.leader(name), 60)
    troupe.enter(*troupe.parts[1:])
    leader = troupe.wait_for_agreement(name)
    assert leader.part is slow
    return troupe, leader


def led_on(records, old):
    """For how many true seconds it said that it leads after its last renewal had landed."""
    renewed = [record["seen"] for record in records if record["kind"] == "revision" and record["holder"] == old.name]
    said = [record["answered"] for record in records
            if record["kind"] == "poll" and record["by"] == old.name and record["isLeader"]]
    return seconds_between(max(renewed), max(said))


def test_rates_inside_the_bound_hold(new_troupe):
    """The leader's four seconds are nearly seven, the others' eight little more than seven."""
    troupe, old = slow_leader(new_troupe, "inside", 0.6, others=1.1)
    cut_off_until_another_leads(troupe, "inside", old)
    troupe.end()
    records = records_of(troupe)
    assert not violations(records)
    assert led_on(records, old) > CALM.deadline, "its clock was slow indeed"


def test_rates_beyond_the_bound_are_caught(new_troupe):
    """The leader's four seconds are sixteen."""
    troupe, old = slow_leader(new_troupe, "beyond", 0.25)
    cut_off_until_another_leads(troupe, "beyond", old)
    troupe.end()
    assert two_leaders(records_of(troupe), old), "two led, and nobody noticed"


def test_a_right_wall_clock_guards_against_a_slow_clock_of_the_boot(new_troupe):
    troupe, old = slow_leader(new_troupe, "guarded", 0.25, wall_is_true=True)
    cut_off_until_another_leads(troupe, "guarded", old)
    troupe.end()
    records = records_of(troupe)
    assert not violations(records)
    assert led_on(records, old) <= CALM.deadline + 0.5


def test_wall_clocks_may_be_set(new_troupe):
    troupe = new_troupe([Part(f"wall-{number}", "wall", NODES[number % 2], wall_can_be_set=True, timing=CALM)
                         for number in range(3)])
    leader = troupe.wait_for_agreement("wall")
    token = troupe.answer(leader)["token"]
    followers = [elector for elector in troupe.of("wall") if elector != leader]
    # Back, or of a follower: nothing happens.
    for elector, offset in ((leader, -86400), (followers[0], 3600), (followers[1], -3600)):
        troupe.set_wall(elector, offset)
    since = boottime()
    troupe.wait("some renewals", lambda: boottime() - since > CALM.lease * SECOND, 60)
    assert troupe.wait_for_agreement("wall").name == leader.name
    assert troupe.answer(leader)["token"] == token
    # Forward: its term is over at once, since so much may have passed; somebody begins a new one.
    troupe.set_wall(leader, 3600)
    troupe.wait("the term is over", lambda: (troupe.answer(leader) or {"token": token})["token"] != token, 10)
    troupe.wait("a new term begins", lambda: troupe.leader("wall"), CALM.lease + CALM.retry + 10)
    troupe.wait_for_agreement("wall")
    troupe.end()
    assert not violations(records_of(troupe))
