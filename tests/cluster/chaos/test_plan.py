"""The faults are chosen by the seed alone, and never undo each other."""
import itertools

from plan import KINDS, OF_THE_NETWORK, Order, plan

NODES, LEASES = ("node1", "node2"), ("alpha", "beta")


def steps(seed, count=400):
    return list(itertools.islice(plan(seed, NODES, LEASES), count))


def test_a_seed_chooses_the_same_faults_every_time():
    assert steps(7) == steps(7)


def test_another_seed_chooses_others():
    assert steps(7) != steps(8)


def test_every_kind_comes_before_any_comes_again():
    first = [step.orders[0].kind for step in steps(3)]
    assert sorted(first[:len(KINDS)]) == sorted(KINDS)
    assert sorted(first[len(KINDS):2 * len(KINDS)]) == sorted(KINDS)


def test_sometimes_two_are_at_once_and_touch_different_things():
    pairs = [step.orders for step in steps(5) if len(step.orders) == 2]
    assert 50 < len(pairs) < 250
    assert all(not first.touches & second.touches for first, second in pairs)


def test_a_lease_is_deleted_while_nothing_else_is_wrong():
    with_deletion = [step for step in steps(9) if any(order.kind == "Lease deleted" for order in step.orders)]
    assert with_deletion and all(len(step.orders) == 1 for step in with_deletion)


def test_one_thing_is_not_hurt_twice():
    assert not Order("API server killed", "", 1).goes_with(Order("etcd paused", "", 1))
    assert not Order("delays", "node1", 1).goes_with(Order("node cut off", "node1", 1))
    assert Order("delays", "node2", 1).goes_with(Order("node cut off", "node1", 1))
    assert not Order("Pod deleted", "alpha", 1).goes_with(Order("API server paused", "", 1))


def test_what_is_drawn_lies_within_what_is_told():
    for order in itertools.chain.from_iterable(step.orders for step in steps(11)):
        (least, most), of, _ = KINDS[order.kind]
        assert least <= order.seconds <= most
        assert order.target in {"node": NODES, "lease": LEASES, "": ("",)}[of]


def test_faults_of_both_nodes_networks_hide_the_api():
    for step in steps(13):
        of_nodes = {order.target for order in step.orders if order.kind in OF_THE_NETWORK}
        assert step.hides_the_api == (of_nodes == set(NODES))
