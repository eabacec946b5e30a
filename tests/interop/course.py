"""The course of the Lease: every state that it went through, in order."""

from contest import FOREIGN

SESSION = "leader-elector.io/session"
VACANT = "leader-elector.io/vacant"


def transitions_of(lease):
    return lease["spec"].get("leaseTransitions") or 0


def version_of(lease):
    return lease["metadata"]["resourceVersion"]


def falls(leases):
    """Where leaseTransitions became smaller."""
    return [
        version_of(after)
        for before, after in zip(leases, leases[1:], strict=False)
        if transitions_of(after) < transitions_of(before)
    ]


def unraised(leases):
    """Where another holder came in and leaseTransitions stayed."""
    held = [lease for lease in leases if lease["spec"].get("holderIdentity") not in (None, "", VACANT)]
    return [
        version_of(after)
        for before, after in zip(held, held[1:], strict=False)
        if after["spec"]["holderIdentity"] != before["spec"]["holderIdentity"]
        and transitions_of(after) <= transitions_of(before)
    ]


def is_foreign_kept(lease):
    return all(
        lease["metadata"].get(kind, {}).get(name) == value
        for kind, fields in FOREIGN.items()
        for name, value in fields.items()
    )


def check_course(tally, recorder):
    leases = recorder.leases
    tally.check(
        "every revision of the Lease was seen", recorder.error is None and leases, recorder.error or "none came"
    )
    if not leases:
        return
    tally.check(
        f"leaseTransitions never falls ({transitions_of(leases[-1])} in the end)", not falls(leases), falls(leases)
    )
    tally.check("leaseTransitions grows with every change of the holder", not unraised(leases), unraised(leases))
    kept = [is_foreign_kept(lease) for lease in leases]
    lost = kept.index(False, kept.index(True)) if True in kept and False in kept[kept.index(True) :] else None
    tally.check(
        f"labels and annotations of others stay, in all of {len(leases)} revisions",
        True in kept and lost is None,
        f"lost in {version_of(leases[lost])}" if lost is not None else "never set",
    )
    sessions = {lease["metadata"].get("annotations", {}).get(SESSION) for lease in leases} - {None}
    tally.check(f"the Lease carried {len(sessions)} sessions of ours", len(sessions) > 1, sessions)
