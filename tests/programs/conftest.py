"""Electors among processes of this machine, and programs beside them."""
import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *[str(HERE.parent / part) for part in ("history", "lib")]]

from ports import free_port  # noqa: E402
from waiting import PATIENCE, eventually  # noqa: E402

ELECTOR = os.environ.get("ELECTOR", HERE.parents[1] / "build" / "elector" / "leader-elector")


def state_of(stat):
    """Of a thread, by its file below /proc."""
    return stat.read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0]


class Elector:
    """A running elector, whose Leases lie in a folder."""

    def __init__(self, folder, name, *flags):
        self.name, self.port = name, free_port()
        self.log = Path(folder) / f"{name}.log"
        lease = [] if any("--election=" in flag for flag in flags) else ["--lease-name=web"]
        command = [ELECTOR, f"--id={name}", *lease, f"--store=file:{folder}",
                   f"--addr=127.0.0.1:{self.port}"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*command, *flags], stdin=subprocess.DEVNULL, stderr=log)

    def get(self, path):
        """Status and body; None while nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionError:
            return None
        finally:
            connection.close()

    def state(self):
        answer = self.get("/api/leader")
        return json.loads(answer[1]) if answer else {"isLeader": False, "leader": None}

    def await_leading(self):
        """The token by which it does."""
        def token():
            state = self.state()
            return state["isLeader"] and state["fencingToken"]
        return eventually(f"{self.name} leads", token)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGSTOP, but not while it holds the lock of the folder, for which the others would wait."""
        def stops():
            self.signal(signal.SIGSTOP)
            eventually(f"{self.name} stops", lambda: all(
                state_of(stat) == "T" for stat in Path(f"/proc/{self.process.pid}/task").glob("*/stat")))
            if not any(line.split()[4] == str(self.process.pid) for line in Path("/proc/locks").read_text().splitlines()
                       if "->" not in line):
                return True
            self.signal(signal.SIGCONT)
            return False
        eventually(f"{self.name} stops without the lock", stops)

    def end(self):
        """SIGTERM, and its end."""
        self.signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.log.read_text()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def electors(tmp_path):
    """A function that starts an elector. All end with the test."""
    started = []

    def start(name, *flags):
        started.append(Elector(tmp_path, name, *flags))
        return started[-1]

    yield start
    for elector in started:
        elector.close()
