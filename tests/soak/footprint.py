"""What a process occupies over time, and whether that is flat."""
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# What may differ between two medians of a process that leaks nothing: the allocator keeps what it once needed.
SLACK = {"memory": 256, "anonymous": 256, "threads": 0, "descriptors": 0}
UNITS = {"memory": " KiB", "anonymous": " KiB", "threads": "", "descriptors": ""}


@dataclass(frozen=True)
class Sample:
    memory: int  # KiB resident
    anonymous: int  # KiB of it that no file backs: heap and stacks
    threads: int
    descriptors: int


def sample(pid):
    """What the process occupies now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return Sample(memory=int(status["VmRSS"].split()[0]), anonymous=int(status["RssAnon"].split()[0]),
                  threads=int(status["Threads"]), descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())))


@dataclass(frozen=True)
class Growth:
    """The medians of one quantity in the second and in the last quarter of a run."""
    quantity: str
    early: float
    late: float

    @property
    def flat(self):
        return self.late - self.early <= SLACK[self.quantity]

    def __str__(self):
        unit = UNITS[self.quantity]
        return (f"{self.quantity} {self.early:g} -> {self.late:g}{unit}"
                + ("" if self.flat else f" (more than {SLACK[self.quantity]}{unit} of growth)"))


def growth(samples):
    """
    Of each quantity. The first quarter is left out, in which caches fill and each kind of event happens for the first time.
    Medians, since a connection that is being replaced counts twice for a moment.
    """
    assert len(samples) >= 20, f"{len(samples)} samples say nothing"
    quarter = len(samples) // 4
    early, late = samples[quarter:2 * quarter], samples[-quarter:]
    return [Growth(name, median(getattr(one, name) for one in early), median(getattr(one, name) for one in late))
            for name in SLACK]
