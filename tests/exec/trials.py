"""Trials of exec: two wrappers compete, something happens to the one whose program runs, and all that its program began
is dead before the term's validity ends; then the other one's program runs. tests/history judges what was written down.
"""
import concurrent.futures
import contextlib
import fcntl
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / part) for part in ("history", "lib")]

import check  # noqa: E402
import claims  # noqa: E402
from waiting import PATIENCE, eventually  # noqa: E402

ELECTOR = os.environ.get("ELECTOR", "build/elector/leader-elector")
LEASE, DEADLINE, RETRY, GRACE = 2, 1.5, 0.3, 0.4
ROLES = ("daemon", "first", "stubborn")
SECOND = 1_000_000_000


def boottime():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Trial:
    """Two wrappers, a and b, each with its own way to the Leases of one folder."""

    def __init__(self, folder, asks=False):
        self.folder = Path(folder)
        self.processes = {}
        (self.folder / "store").mkdir(parents=True)
        (self.folder / "beats").mkdir()
        self.asks = asks
        self.valid = None  # until when a's term was last seen to last

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()
        for pid in self.living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def living(self):
        """What runs of this trial, by its command line."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdecimal() and f"{self.folder}/".encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def spawn(self, name, *arguments):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen([ELECTOR, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self.processes[name]

    def durations(self):
        return [f"--lease-duration={LEASE}s", f"--lease-renew-duration={DEADLINE}s", f"--retry-period={RETRY}s",
                f"--term-grace={GRACE}s", "--log-format=text"]

    def campaign(self, name, port=0):
        if not (self.folder / name).exists():
            (self.folder / name).symlink_to("store")
        return ["--lease-name=web", f"--id={name}", f"--store=file:{self.folder / name}", f"--addr=127.0.0.1:{port}",
                *self.durations()]

    def start(self, name, *flags, program=None):
        """A wrapper; with `asks` the first one asks an elector of its own."""
        program = program or [sys.executable, "-S", "-E", str(HERE / "program.py"), str(self.folder / "beats"), name]
        if not self.asks or name != "a":
            return self.spawn(name, "exec", *self.campaign(name), *flags, "--", *program)
        if "elector" not in self.processes:
            self.spawn("elector", *self.campaign(name))
        port = eventually("the elector's port", lambda: re.search(r" port=(\d+)", self.log("elector")))[1]
        return self.spawn(name, "exec", f"--elector=127.0.0.1:{port}", *self.durations(), *flags, "--", *program)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def beats(self, name):
        """(token, role, pid) -> (first, last) of each process that began."""
        found = {}
        for path in (self.folder / "beats").glob(f"{name}-*-*-*"):
            if path.suffix != ".new":
                _, token, role, pid = path.name.split("-")
                found[int(token), role, int(pid)] = struct.unpack("qq", path.read_bytes())
        return found

    def await_program(self, name):
        return eventually(f"the program of {name}", lambda: len(self.beats(name)) >= len(ROLES) and self.beats(name))

    def guard(self, name):
        pid = self.processes[name].pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()[0])

    def look(self):
        """At the record of the Lease, while a holds it."""
        try:
            record = json.loads((self.folder / "store/default/web/lease.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        spec = record["spec"]
        if spec.get("holderIdentity") != "a":
            return
        renewed = datetime.strptime(spec["renewTime"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        microseconds = round(renewed.timestamp() * 1_000_000)
        self.valid = microseconds * 1000 - time.clock_gettime_ns(time.CLOCK_REALTIME) + boottime() + int(DEADLINE * SECOND)

    def claims(self, name, lease, valid=None):
        """Of each term, from its first instant to the last one of any process."""
        terms = {}
        for (token, _, _), (first, last) in self.beats(name).items():
            start, end = terms.get(token, (first, last))
            terms[token] = (min(start, first), max(end, last))
        return [{"kind": "claim", "by": name, "lease": lease, "token": str(token), "from": start, "until": end,
                 **({"validUntil": valid} if valid else {})} for token, (start, end) in terms.items()]


def thread_states(pid):
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        yield stat.read_text(encoding="utf-8").rpartition(") ")[2][0]


def freeze(trial, name):
    """Stops a process, though not where it holds the lock of the folder: nobody could take over then."""
    process = trial.processes[name]
    with open(trial.folder / "store/.lock", "rb") as lock:
        while True:
            process.send_signal(signal.SIGSTOP)
            eventually("its stop", lambda: all(state == "T" for state in thread_states(process.pid)))
            for _ in range(10):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    trial.look()  # it may have renewed since
                    return fcntl.flock(lock, fcntl.LOCK_UN)
                except BlockingIOError:
                    time.sleep(0.005)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.005)


def stop(trial):
    freeze(trial, "a")


def kill(trial):
    trial.processes["a"].kill()


def cut(trial):
    """From here on each of a's requests fails."""
    (trial.folder / "gone").symlink_to("/dev/null")
    (trial.folder / "gone").rename(trial.folder / "a")


def stop_elector(trial):
    freeze(trial, "elector")


def stop_guard(trial):
    """And no renewal lands: the wrapper alone is left to kill."""
    os.kill(trial.guard("a"), signal.SIGSTOP)
    cut(trial)


def kill_guard(trial):
    os.kill(trial.guard("a"), signal.SIGKILL)


def kill_both(trial):
    """What exec cannot help: nobody is left to kill the program's other processes."""
    guard = trial.guard("a")
    trial.processes["a"].send_signal(signal.SIGSTOP)
    os.kill(guard, signal.SIGKILL)
    kill(trial)


def trial_of(fault, folder, seed):
    """Runs one: a's exit code and the history. Nothing where a's term ended before anything happened to it."""
    name = Path(folder).name
    with Trial(folder, asks=fault is stop_elector) as trial:
        wrapper = trial.start("a", "--on-loss=exit")
        eventually("a's program", lambda: len(trial.beats("a")) >= len(ROLES) or wrapper.poll() is not None)
        trial.start("b")
        eventually("b's start", lambda: "campaigning" in trial.log("b"))
        time.sleep(random.Random(seed).uniform(0, 2 * RETRY))  # somewhere between two renewals
        trial.look()
        if trial.valid is None or wrapper.poll() is not None:
            return None  # a machine too busy to renew in time
        fault(trial)

        def taken():
            trial.look()
            return len(trial.beats("b")) >= len(ROLES)

        eventually("b's program", taken)
        if fault is not kill_both:
            # Whatever continues finds its program dead.
            for process in trial.processes.values():
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
            if fault is not stop_guard:
                trial.processes["a"].wait(PATIENCE)
        trial.processes["b"].send_signal(signal.SIGTERM)
        trial.processes["b"].wait(PATIENCE)
        code = trial.processes["a"].poll()
        return code, trial.claims("a", name, trial.valid) + trial.claims("b", name)


def run(fault, folder, count, parallel=5):
    """Runs `count` trials; the exit codes of a, the verdict, and how much before its end a program was dead."""
    codes, records = [], []
    with concurrent.futures.ThreadPoolExecutor(min(count, parallel)) as pool:
        trials = [pool.submit(trial_of, fault, f"{folder}/{fault.__name__}-{i}", i) for i in range(count)]
        for trial in trials:
            if result := trial.result():
                codes.append(result[0])
                records += result[1]
    path = Path(folder, f"{fault.__name__}.history")
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    ahead = [(record["validUntil"] - record["until"]) / 1e6 for record in records if "validUntil" in record]
    return codes, check.judge(claims.read([path])), ahead
