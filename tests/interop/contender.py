"""One process that competes for the Lease: ours or client-go's."""

import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from recorder import Poller, boottime

OURS, PEER = "ours", "client-go"


@dataclass(frozen=True)
class Timing:
    """The durations that both kinds are given, in milliseconds.

    client-go keeps the times of a record in whole seconds, so it overlooks renewals within one second and may take over
    a second before the lease has run out. Beside it, lease - renew must be more than that.
    """

    lease: int = 3000
    renew: int = 1500
    retry: int = 300


@dataclass(frozen=True)
class Arena:
    """What all contenders of one election share."""

    elector: Path
    peer: Path
    kubeconfig: Path
    namespace: str
    lease: str
    timing: Timing
    directory: Path  # histories and logs
    recording: object


class Contender:
    """A running process, polled as long as it lives. Not for several threads."""

    def __init__(self, arena, kind, number, port):
        self.kind, self.name, self._arena = kind, f"{'elector' if kind == OURS else 'peer'}-{number}", arena
        self.log = arena.directory / f"{self.name}.log"
        self._ended_as = None  # the exit code that was asked for, once it was asked for
        self._stopped_at = None
        if kind == OURS:
            arena.recording.write("process", by=self.name, id=self.name, deadline=arena.timing.renew * 1_000_000)
        with open(self.log, "wb") as log:
            # setpriv: should this driver be killed, then so is what it started.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self._command(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.poller = Poller(arena.recording, self.name, "127.0.0.1", port)
        self.poller.start()

    def _command(self, port):
        arena, timing = self._arena, self._arena.timing
        command = [
            f"--id={self.name}",
            f"--lease-name={arena.lease}",
            f"--namespace={arena.namespace}",
            f"--lease-duration={timing.lease}ms",
            f"--retry-period={timing.retry}ms",
            f"--kubeconfig={arena.kubeconfig}",
            f"--addr=127.0.0.1:{port}",
        ]
        if self.kind == OURS:
            return [
                arena.elector,
                *command,
                f"--lease-renew-duration={timing.renew}ms",
                f"--pod-uid=uid-of-{self.name}",
                "--log-format=json",
            ]
        return [
            arena.peer,
            *command,
            f"--renew-deadline={timing.renew}ms",
            f"--history={arena.directory / (self.name + '.history')}",
        ]

    # What it says

    def answer(self):
        """The fields of its last answer; None while it does not answer."""
        latest = self.poller.latest
        return latest[1] if latest else None

    def leads(self):
        answer = self.answer()
        return bool(answer and answer["isLeader"])

    def complaints(self, pattern):
        """Lines of its log in which it is at odds with what it read."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if re.search(pattern, line)]

    # What is done to it

    def alive(self):
        return self.process.poll() is None

    def stopped(self):
        return self._stopped_at is not None

    def terminate(self):
        """SIGTERM; the exit code is judged by fault()."""
        if self.kind == OURS:  # without --drain its word ends here; client-go's elector records its release itself
            self._arena.recording.write("release", by=self.name, at=boottime())
        self._end(signal.SIGTERM, 0)

    def kill(self):
        """SIGKILL. What it said so far still binds."""
        self._arena.recording.write("exit", by=self.name, at=boottime())
        self._end(signal.SIGKILL, -signal.SIGKILL)

    def _end(self, how, code):
        self._ended_as = code
        self.process.send_signal(how)

    def stop(self):
        """SIGSTOP; returns once no thread of it runs."""
        self.process.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + 5
        while not self._all_threads_stopped():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} does not stop")
            time.sleep(0.001)
        self._stopped_at = boottime()

    def resume(self):
        """SIGCONT; returns the instant before it."""
        until = boottime()
        self._arena.recording.write("stopped", by=self.name, **{"from": self._stopped_at, "until": until})
        self._stopped_at = None
        self.process.send_signal(signal.SIGCONT)
        return until

    def _all_threads_stopped(self):
        for stat in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            if stat.read_text().rsplit(")", 1)[1].split()[0] != "T":
                return False
        return True

    def close(self):
        """Leaves no process and no thread behind, whatever state it is in."""
        if self.alive():
            if self.stopped():
                self.resume()
            self.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.poller.stop()

    def fault(self):
        """How its end differs from what was asked for; None if it does not."""
        code = self.process.returncode
        if code is None or code == self._ended_as:
            return None
        asked = "nobody asked it to end" if self._ended_as is None else f"{self._ended_as} was expected"
        return f"{self.name} ended with {code}, {asked}; see {self.log}"
