"""What the system says of a process."""
import os
from pathlib import Path

FIELDS = {"resident": "VmRSS", "anonymous": "RssAnon", "most resident": "VmHWM"}


def memory(pid):
    """In KiB: what is resident, the part of it that no file backs, and the most that ever was resident."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return {what: int(fields[name].split()[0]) for what, name in FIELDS.items()}


def processor_seconds(pid):
    """What its threads have run so far, to the nanosecond: a tick would be too coarse for a process that idles."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((tasks / task / "schedstat").read_text(encoding="ascii").split()[0])
               for task in os.listdir(tasks)) / 1e9
