"""The examples of docs/examples act while they lead, and not by a "yes" that they have read too late."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from conftest import HERE
from valve import Valve
from waiting import PATIENCE, eventually

EXAMPLES = HERE.parents[1] / "docs" / "examples"
LEASE = 2.0  # L, in seconds
FLAGS = ("--lease-duration=2s", "--lease-renew-duration=1500ms", "--retry-period=200ms")
LONGEST = 25  # lines of an example

# How each is run, and what makes of it a program that compares no deadline (and that, having been stopped for so long,
# does not take the answer for one that never came).
PROGRAMS = {
    "ask.py": (["python3", "ask.py"],
               {'time.monotonic() * 1000 < state["validUntilMonotonicMs"]': 'state["isLeader"]',
                "timeout=1": "timeout=60"}),
    "stream.py": (["python3", "stream.py"],
                  {'time.monotonic() * 1000 < state["validUntilMonotonicMs"]': 'state["isLeader"]'}),
    "leader.go": (["./leader"], {"time.Now().Before(deadline)": "!deadline.IsZero()",
                                 "Timeout: time.Second": "Timeout: time.Minute"}),
    "leader.mjs": (["node", "leader.mjs"], {"now() < state.validUntilMonotonicMs": "state.isLeader",
                                            "timeout(1000)": "timeout(60000)"}),
    "Leader.java": (["java", "-XX:TieredStopAtLevel=1", "Leader.java"],
                    {" && System.nanoTime() / 1_000_000 < Long.parseLong(state.group(2))": "",
                     "ofSeconds(1)": "ofSeconds(60)"}),
    "leader.sh": (["./leader.sh"], {'"$(now)" -lt "${deadline:-0}"': '"${deadline:-0}" -gt 0',
                                    "--max-time 1": "--max-time 60"}),
}
ASKING = sorted(set(PROGRAMS) - {"stream.py"})


class Program:
    """A running example. What it prints goes into a file; it and all that it starts are one process group."""

    def __init__(self, name, folder, elector, heeds_deadline):
        command, without = PROGRAMS[name]
        source = (EXAMPLES / name).read_text(encoding="utf-8")
        if not heeds_deadline:
            for old, new in without.items():
                assert source.count(old) == 1, f"{name} has no longer {old!r}"
                source = source.replace(old, new)
        folder.mkdir()
        (folder / name).write_text(source, encoding="utf-8")
        (folder / name).chmod(0o755)
        if name.endswith(".go"):
            go = HERE.parent / "cluster" / "tools" / "go"
            subprocess.run([go, "build", "-o", "leader", name], cwd=folder, check=True)
        self.name, self._out = name, folder / "out"
        self.valve = Valve(elector.port, self.stop)
        with open(self._out, "wb") as out, open(folder / "error", "wb") as error:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=error,
                                            env={**os.environ, "LEADER_ELECTOR_URL": self.valve.url},
                                            start_new_session=True)

    def acts(self):
        """The tokens by which it acted."""
        return [int(token) for token in re.findall(r"^acted (\d+)$", self._out.read_text(encoding="ascii"), re.M)]

    def stop(self):
        os.killpg(self.process.pid, signal.SIGSTOP)
        eventually(f"{self.name} stops", self._is_stopped)

    def go_on(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.valve.shutdown()

    def _is_stopped(self):
        """All processes of its group, with all their threads."""
        for stat in Path("/proc").glob("[0-9]*/task/*/stat"):
            try:
                fields = stat.read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid and fields[0] not in "TZ":
                return False
        return True


@pytest.mark.parametrize("name", sorted([*PROGRAMS, "store.sql"]))
def test_an_example_is_short(name):
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) < LONGEST
    assert [line for line in lines if len(line) > 120] == []


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.iterdir()} - {"README.md", "store.sql"} == set(PROGRAMS)


@pytest.mark.parametrize(("elector_is_stopped", "heeds_deadline"),
                         [(False, True), (True, True), (True, False)],
                         ids=["in time", "though its elector is stopped", "the control, which compares no deadline"])
def test_a_program_that_was_stopped_with_an_unread_yes_does_not_act(elector_is_stopped, heeds_deadline, electors,
                                                                   tmp_path):
    first = electors("a", *FLAGS)
    first.await_leading()
    programs = []
    try:
        for name in PROGRAMS:
            programs.append(Program(name, tmp_path / name, first, heeds_deadline))
        for program in programs:
            eventually(f"{program.name} acts", program.acts)
        second = electors("b", *FLAGS)
        eventually("the other elector follows", lambda: second.state()["leader"] == "a")
        for program in programs:
            program.valve.armed.set()
        for program in programs:
            assert program.valve.delivered.wait(PATIENCE), f"{program.name} gets no yes"
        stopped, acts = time.monotonic(), {program: len(program.acts()) for program in programs}
        first.stop()
        between = int(second.await_leading())
        if not elector_is_stopped:
            first.signal(signal.SIGCONT)
            eventually("the elector knows the next leader", lambda: first.state()["leader"] == "b")
        eventually("2 L pass", lambda: time.monotonic() > stopped + 2 * LEASE)
        asked = {program: program.valve.requests for program in programs}
        for program in programs:
            program.go_on()
        for program in programs:
            if program.name in ASKING:  # what it has read is behind it once it asks again
                eventually(f"{program.name} asks again", lambda program=program: program.valve.requests > asked[program])
        # The elector leads again, by which every program acts once more.
        first.signal(signal.SIGCONT)
        second.end()
        first.await_leading()
        for program in programs:
            eventually(f"{program.name} acts again", lambda program=program: program.acts()[acts[program]:])
            late = program.acts()[acts[program]] < between
            assert late != heeds_deadline, f"{program.name} acted by {program.acts()[acts[program]:]}, after {between}"
    finally:
        for program in programs:
            program.close()


# ---------------------------------------------------------------------------------------------- the store

class Database:
    """A PostgreSQL of its own in a folder, reached by a socket there. It runs as the user that Debian makes for it,
    since it runs as anybody but root."""

    def __init__(self, folder):
        self._folder = folder
        self._user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        if self._user:
            shutil.chown(folder, "postgres")
        subprocess.run([*self._user, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "owner",
                        "--no-sync"], check=True, capture_output=True)
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen([*self._user, programs / "postgres", "-D", folder / "data", "-k", folder,
                                             "-c", "listen_addresses=", "-c", "fsync=off"], stdout=log, stderr=log,
                                            start_new_session=True)
        eventually("the database answers", lambda: self.run("SELECT 1").returncode == 0)

    def start(self, *more):
        command = ["psql", "-h", self._folder, "-U", "owner", "-d", "postgres", "-Atq", "-v", "ON_ERROR_STOP=1", *more]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def run(self, sql):
        session = self.start()
        out, error = session.communicate(sql, timeout=PATIENCE)
        return subprocess.CompletedProcess([], session.returncode, out, error)

    def close(self):
        os.killpg(self.process.pid, signal.SIGINT)  # a fast shutdown
        self.process.wait(PATIENCE)


@pytest.fixture
def database():
    folder = Path(tempfile.mkdtemp(prefix="store-", dir="/tmp"))  # with no folder of root's above it
    running = None
    try:
        running = Database(folder)
        assert running.run((EXAMPLES / "store.sql").read_text(encoding="utf-8")).returncode == 0
        yield running
    finally:
        if running:
            running.close()
        shutil.rmtree(folder)


def write(token, state):
    return f"UPDATE job SET state = '{state}', token = {token} WHERE name = 'nightly';"


def test_the_store_refuses_who_led_before(database, electors):
    first = electors("a", *FLAGS)
    old = first.await_leading()
    second = electors("b", *FLAGS)
    first.end()
    new = second.await_leading()
    assert int(new) > int(old)
    assert database.run(write(old, "begun")).returncode == 0
    assert database.run(write(new, "done")).returncode == 0
    late = database.run(write(old, "begun again"))
    assert late.returncode != 0 and f"token {old} is of a former leader: {new} has written" in late.stderr
    assert database.run(write(new, "done twice")).returncode == 0
    assert database.run("SELECT state, token FROM job").stdout == f"done twice|{new}\n"
    huge = "9" * 40
    assert database.run(write(huge, "later")).returncode == 0
    assert database.run(write(int(huge) - 1, "sooner")).returncode != 0


def test_who_led_before_waits_for_the_next_leaders_write_and_is_refused(database):
    """Its write began first, as it saw no newer token yet."""
    newer = database.start()
    newer.stdin.write("BEGIN;" + write(8, "newer") + "\n")
    newer.stdin.flush()
    eventually("it has the row", lambda: database.run("SELECT 1 FROM pg_locks WHERE relation = 'job'::regclass").stdout)
    older = database.start()
    older.stdin.write(write(7, "older") + "\n")
    older.stdin.flush()
    eventually("the older one waits", lambda: database.run("SELECT 1 FROM pg_locks WHERE NOT granted").stdout)
    assert newer.communicate("COMMIT;\n", timeout=PATIENCE)[1] == ""
    assert "former leader" in older.communicate(timeout=PATIENCE)[1]
    assert database.run("SELECT state FROM job").stdout == "newer\n"
