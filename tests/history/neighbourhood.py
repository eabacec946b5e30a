"""What a history says around an instant: answers in runs that are alike, states of the Lease, faults."""

SECOND = 1_000_000_000
SPAN = 3 * SECOND  # shown on both sides of the instant


def around(records, at, start, lease=""):
    """Lines, in the order of time, in seconds from `start`; of all Leases if `lease` is empty."""
    near = [record for record in records if _touches(record, at - SPAN, at + SPAN)
            and (not lease or record.get("lease", lease) == lease)]
    entries = _runs_of_polls([record for record in near if record["kind"] == "poll"])
    entries += [(_begin(record), _text(record)) for record in near if record["kind"] != "poll"]
    return [f"{(begin - start) / SECOND:12.6f}  {text(start) if callable(text) else text}"
            for begin, text in sorted(entries, key=lambda entry: entry[0])]


def _begin(record):
    return next(record[name] for name in ("sent", "at", "from", "seen") if name in record)


def _touches(record, first, last):
    if not any(name in record for name in ("sent", "at", "from", "seen")):
        return False
    end = next((record[name] for name in ("answered", "until") if name in record), _begin(record))
    return _begin(record) <= last and end >= first


def _text(record):
    kind = record["kind"]
    if kind == "fault":
        return lambda start: f"FAULT {record['what']}, until {(record['until'] - start) / SECOND:.6f}"
    if kind == "revision":
        return f"Lease {record['version']}: held by '{record.get('holder', '')}' session '{record.get('session', '')}'"
    shown = {name: value for name, value in record.items() if name not in ("kind", "by", "lease", "at", "seen", "from")}
    return " ".join([kind, record.get("by", ""), *(f"{name}={value}" for name, value in shown.items())])


def _runs_of_polls(polls):
    """Consecutive answers of one process that say the same become one entry."""
    runs, open_runs = [], {}
    for poll in sorted(polls, key=lambda record: record["sent"]):
        said = (poll["isLeader"], poll.get("leader", ""), poll.get("token", ""))
        run = open_runs.get(poll["by"])
        if run is None or run["said"] != said:
            run = open_runs[poll["by"]] = {"said": said, "polls": []}
            runs.append(run)
        run["polls"].append(poll)
    return [(run["polls"][0]["sent"], _shown_run(run)) for run in runs]


def _shown_run(run):
    first, last = run["polls"][0], run["polls"][-1]
    leads, leader, token = run["said"]
    says = f"I LEAD (token {token})" if leads else f"no, '{leader}' leads" if leader else "nobody leads"

    def shown(start):
        until = f"{(last['answered'] - start) / SECOND:.6f}"
        return (f"{first['by']} says {len(run['polls'])} times, until {until}: {says}, "
                f"valid for {first.get('validForMs')} ms, at last {last.get('validForMs')} ms")

    return shown
