"""The play that a nemesis disturbs: who takes part, how long it goes on, and what is said of it afterwards."""
import sys

import check
import claims
from figures import figures_of
from nemesis import Nemesis
from troupe import Part

NODES = ("node1", "node2")
# The slowest clock of a Lease runs at 0.75 of the fastest: the bound is D / L = 0.5. A drain on the fastest still lasts
# for more than D of true time, in which the last word given runs out.
CAST = (
    Part("alpha-1", "alpha", "node1", wall_can_be_set=True),
    Part("alpha-2", "alpha", "node2", rate=0.75),
    Part("alpha-3", "alpha", "node2", wall_can_be_set=True),
    Part("beta-1", "beta", "node1", ("--on-missing=wait", "--drain=3s"), rate=1.3),
    Part("beta-2", "beta", "node2", ("--on-missing=wait", "--drain=3s"), wall_can_be_set=True),
    Part("beta-3", "beta", "node1", ("--on-missing=wait", "--drain=3s"), wall_can_be_set=True),
)


def perform(troupe, seed, seconds, out=sys.stdout):
    """Returns the Verdict and the Figures, printed; what happened around violations, too."""
    for lease in troupe.leases:
        troupe.wait_for_agreement(lease)
    nemesis, failure = Nemesis(troupe, seed, NODES, out), None
    try:
        took = nemesis.rage(seconds)
    except AssertionError as error:  # raised once all is judged
        took, failure = {}, error
    finally:
        troupe.end()
    records = claims.load([*troupe.histories(), str(nemesis.history)])
    histories = claims.histories_of(records)
    verdict, figures = check.judge(histories), figures_of(histories, records)
    print(f"{len(nemesis.done)} faults of {len(set(nemesis.done))} kinds with seed {seed}", file=out)
    for lease, waited in took.items():
        print(f"after the last, somebody led {lease} within {waited:.1f} s", file=out)
    for line in figures.lines():
        print(line, file=out)
    check.report(verdict, histories, out)
    check.show_neighbourhoods(verdict, records, histories, out)
    if failure:
        raise failure
    return verdict, figures
