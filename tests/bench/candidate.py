"""One process that competes for a Lease, started as a container in a Pod would be."""
import itertools
import subprocess
import time
from pathlib import Path

import process
from asker import Asker

OURS, PEER = "ours", "peer"
KINDS = (OURS, PEER)
LEASE_SECONDS, RENEW_SECONDS, RETRY_SECONDS = 10, 5, 2
START_SECONDS = 30
_ports = itertools.count(20000)


def turns(count):
    """Both kinds, `count` times, each as often first as second."""
    for turn in range(count):
        yield KINDS if turn % 2 == 0 else KINDS[::-1]


class Candidate:
    """A process of one kind, and what the system says of it."""

    def __init__(self, bench, kind, lease, name):
        self.kind, self.name, self.port = kind, name, next(_ports)
        self._bench, self._lease = bench, lease
        self._process = None

    def start(self):
        log = self._bench.directory / f"{self._lease}-{self.name}.log"
        with open(log, "ab") as out:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                             env=self._bench.plane.pod_environment())

    def _command(self):
        common = [f"--id={self.name}", f"--lease-name={self._lease}", f"--namespace={self._bench.plane.NAMESPACE}",
                  f"--lease-duration={LEASE_SECONDS}s", f"--retry-period={RETRY_SECONDS}s",
                  f"--addr=127.0.0.1:{self.port}"]
        if self.kind == OURS:
            return [self._bench.elector, *common, f"--lease-renew-duration={RENEW_SECONDS}s",
                    f"--pod-uid=uid-{self._lease}-{self.name}"]
        return [self._bench.peer, *common, f"--renew-deadline={RENEW_SECONDS}s", "--history=/dev/null"]

    @property
    def pid(self):
        return self._process.pid

    def signal(self, how):
        self._process.send_signal(how)

    def wait(self):
        self._process.wait(20)

    def kill(self):
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def asker(self):
        """A connection to it, as soon as it can be had."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return Asker(self.port)
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.0005)

    def memory(self):
        """Resident, proportional and anonymous memory in KiB."""
        fields = {}
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
            name, value = line.split(":")
            fields[name] = int(value.split()[0])
        return {"resident": fields["Rss"], "proportional": fields["Pss"], "anonymous": fields["Anonymous"]}

    def processor_seconds(self):
        return process.processor_seconds(self.pid)
