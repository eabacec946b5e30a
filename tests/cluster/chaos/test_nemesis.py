"""What was broken is mended, whatever happens."""
import io
import json

import nemesis
import pytest
from faults import Impossible
from plan import Order, Step


class Fault:
    """Notes what is done to it; `fails` says at what."""

    deeds = []

    def __init__(self, _troupe, order):
        self.order, self.what, self.outage = order, order.kind, False
        self._fails = order.options.get("fails")

    def begin(self):
        self._do("begin")

    def mend(self):
        self._do("mend")

    def _do(self, deed):
        self.deeds.append((deed, self.order.kind))
        if self._fails == deed:
            raise self.order.options["error"]


class Troupe:
    leases = ()

    def __init__(self, directory):
        self.directory = directory


@pytest.fixture
def rage(tmp_path, monkeypatch):
    """Carries out these steps once, without a cluster; what was done, the history, and what was printed."""
    def carry_out(*steps):
        Fault.deeds = []
        monkeypatch.setattr(nemesis, "fault_of", Fault)
        monkeypatch.setattr(nemesis, "plan", lambda *_: iter(steps))
        monkeypatch.setattr(nemesis.Nemesis, "_recover", lambda self: {})
        out = io.StringIO()
        one = nemesis.Nemesis(Troupe(tmp_path), 1, ("node1", "node2"), out)
        try:
            one.rage(60)
        finally:
            one.records = [json.loads(line) for line in one.history.read_text().splitlines()]
            one.printed = out.getvalue()
            carry_out.last = one
        return one

    return carry_out


def order(kind, seconds=0.0, fails=None, error=None):
    return Order(kind, "", seconds, {"fails": fails, "error": error})


def test_each_fault_is_mended_after_its_own_time(rage):
    one = rage(Step((order("long", 0.2), order("short", 0.05)), 0.05, 0))
    assert Fault.deeds == [("begin", "long"), ("begin", "short"), ("mend", "short"), ("mend", "long")]
    assert [record["what"] for record in one.records] == ["short", "long"]
    assert one.done == ["long", "short"]


def test_what_is_impossible_is_left_out_and_told(rage):
    one = rage(Step((order("impossible", 0.05, "begin", Impossible("nobody is there")),), 0, 0),
               Step((order("next"),), 0, 0))
    assert Fault.deeds == [("begin", "impossible"), ("begin", "next"), ("mend", "next")]
    assert one.done == ["next"]
    assert "nobody is there" in one.printed


def test_all_is_mended_though_a_fault_fails(rage):
    with pytest.raises(RuntimeError, match="broken"):
        rage(Step((order("first", 10), order("second", 10, "begin", RuntimeError("broken"))), 0, 0))
    assert Fault.deeds == [("begin", "first"), ("begin", "second"), ("mend", "second"), ("mend", "first")]


def test_all_is_mended_though_mending_fails(rage):
    with pytest.raises(RuntimeError, match="broken"):
        rage(Step((order("first", 10), order("second", 0, "mend", RuntimeError("broken"))), 0, 0))
    assert Fault.deeds[-1] == ("mend", "first")
    assert [record["what"] for record in rage.last.records] == ["second", "first"]


def test_faults_of_both_nodes_networks_count_as_an_outage(rage):
    one = rage(Step((Order("delays", "node1", 0), Order("node cut off", "node2", 0)), 0, 0),
               Step((Order("delays", "node1", 0),), 0, 0))
    assert [record.get("outage", False) for record in one.records] == [True, True, False]
