"""What the tests of single electors have in common: a leader that is cut off, and what was said meanwhile."""
import os
from pathlib import Path

import check
import claims
from faults import PodCutOff
from observation import Timing
from plan import Order

# Where cmake builds what runs beside the product.
BUILD = Path(os.environ.get("CHAOS_BUILD", Path(__file__).resolve().parents[3] / "build"))
NODES = ("node1", "node2")
# Longer than the other troupes': who leads stays so while a test gets ready, however busy the machine is.
CALM = Timing(lease=8, deadline=4, retry=0.5)


def cut_off_until_another_leads(troupe, lease, old):
    """Cuts the Pod of the leader `old` off, and returns who leads next."""
    fault = PodCutOff(troupe, Order("Pod cut off", lease, 0), old)
    try:
        fault.begin()
        return troupe.wait(f"another one than {old.name} leads {lease}", lambda: next((
            elector for elector in troupe.of(lease)
            if elector.name != old.name and (troupe.answer(elector) or {}).get("isLeader")), None), CALM.lease + 30)
    finally:
        fault.mend()


def records_of(troupe):
    return claims.load(troupe.histories())


def violations(records):
    return check.judge(claims.histories_of(records)).violations


def two_leaders(records, old):
    """The violations that tell of two leaders, one of them `old`."""
    found = [violation.text for violation in violations(records)
             if violation.rule == "S1" and "two leaders" in violation.text and old.name in violation.text]
    print("\n".join(found))
    return found
