"""What counts as flat."""
import os
import threading

import pytest
from footprint import Sample, growth, sample


def run_of(change):
    """100 samples; change(i) says which fields of the i-th differ."""
    return [Sample(**{"memory": 9000, "anonymous": 2000, "threads": 4, "descriptors": 12, **change(i)}) for i in range(100)]


def grown(samples):
    return [one.quantity for one in growth(samples) if not one.flat]


def test_what_does_not_change_is_flat():
    assert not grown(run_of(lambda i: {}))


def test_what_is_taken_in_the_first_quarter_is_no_growth():
    assert not grown(run_of(lambda i: {"memory": 7000 + 80 * min(i, 25), "threads": 3 + (i > 5)}))


def test_a_moment_is_no_growth():
    assert not grown(run_of(lambda i: {"descriptors": 12 + (i % 10 == 0), "threads": 4 + (i == 90)}))


@pytest.mark.parametrize("quantity,leak", [("memory", 8), ("anonymous", 8), ("threads", 0.05), ("descriptors", 0.05)])
def test_a_slow_leak_is_noticed(quantity, leak):
    base = {"memory": 9000, "anonymous": 2000, "threads": 4, "descriptors": 12}[quantity]
    assert grown(run_of(lambda i: {quantity: base + int(i * leak)})) == [quantity]


def test_too_few_samples_are_refused():
    with pytest.raises(AssertionError, match="19 samples"):
        growth(run_of(lambda i: {})[:19])


def test_a_sample_counts_threads_and_descriptors():
    before = sample(os.getpid())
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    with open("/dev/null", "rb"):
        during = sample(os.getpid())
    ended.set()
    thread.join()
    assert during.threads == before.threads + 1
    assert during.descriptors == before.descriptors + 1
    assert during.memory >= during.anonymous > 0
