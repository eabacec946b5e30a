"""The clocks of a program under libdrift.so, alone and before libfaketime."""
import errno
import glob
import json
import os
import subprocess
import sys

import pytest
from machine import run
from scene import BUILD

# Reads the clocks, waits for a second of the boot's clock with a timerfd, and reads them again. Beside them, the
# machine's own, which no preloaded library turns.
PROGRAM = """
import ctypes, json, os, select, struct, time
libc = ctypes.CDLL(None, use_errno=True)
SYS_CLOCK_GETTIME, BOOTTIME, ABSOLUTE = {call}, 7, 1
def true(clock):
    t = (ctypes.c_long * 2)()
    libc.syscall(SYS_CLOCK_GETTIME, clock, t)
    return t[0] + t[1] / 1e9
def ours(clock):
    t = (ctypes.c_long * 2)()
    libc.clock_gettime(clock, t)
    return t[0] + t[1] / 1e9
def read():
    return {{"boot": ours(7), "wall": ours(0), "true boot": true(7), "true wall": true(0)}}
before = read()
timer = libc.timerfd_create(BOOTTIME, 0)
until = ours(BOOTTIME) + 1
spec = (ctypes.c_long * 4)(0, 0, int(until), int(until % 1 * 1e9))
assert libc.timerfd_settime(timer, ABSOLUTE, spec, None) == 0
os.read(timer, 8)
after = read()
passed = {{name: after[name] - before[name] for name in before}}
ctypes.set_errno({errno})
ours(0)
passed["errno"] = ctypes.get_errno()
print(json.dumps({{**passed, "set": before["wall"] - before["true wall"]}}))
"""


LOOSELY = 0.25  # a busy machine lets time pass between two readings; the rates differ by more


@pytest.fixture(scope="module")
def preloaded():
    """What passes on the clocks of a program while it waits for a second, with these variables."""
    run(["flock", BUILD / ".lock", "cmake", "--build", BUILD, "--target", "drift"], timeout=600)
    ours = str(BUILD / "tests/cluster/chaos/libdrift.so")
    [faketime] = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    call = {"x86_64": 228, "aarch64": 113}[os.uname().machine]

    def measure(with_faketime=False, **variables):
        libraries = f"{ours} {faketime}" if with_faketime else ours
        done = subprocess.run([sys.executable, "-c", PROGRAM.format(call=call, errno=errno.EINTR)],
                              capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "LD_PRELOAD": libraries, **variables})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return measure


@pytest.mark.parametrize("rate", ["0.5", "1", "2"])
def test_all_clocks_run_at_the_rate(preloaded, rate):
    passed = preloaded(DRIFT_RATE=rate)
    assert passed["boot"] == pytest.approx(passed["true boot"] * float(rate), rel=LOOSELY)
    assert passed["wall"] == pytest.approx(passed["true wall"] * float(rate), rel=LOOSELY)


def test_the_wall_clock_may_stay_right(preloaded):
    passed = preloaded(DRIFT_RATE="0.5", DRIFT_WALL="true")
    assert passed["boot"] == pytest.approx(passed["true boot"] / 2, rel=LOOSELY)
    assert passed["wall"] == pytest.approx(passed["true wall"], rel=LOOSELY)


@pytest.mark.parametrize("rate", ["0.5", "2"])
def test_a_timer_expires_when_the_programs_clock_shows_it(preloaded, rate):
    passed = preloaded(DRIFT_RATE=rate)
    assert passed["boot"] >= 1
    assert passed["true boot"] >= 1 / float(rate)


def test_libfaketime_sets_the_wall_clock_and_no_timer(preloaded, tmp_path):
    (tmp_path / "offset").write_text("+5000\n", encoding="ascii")
    passed = preloaded(with_faketime=True, DRIFT_RATE="1", FAKETIME_DONT_FAKE_MONOTONIC="1",
                       FAKETIME_TIMESTAMP_FILE=str(tmp_path / "offset"), FAKETIME_NO_CACHE="1")
    assert passed["set"] == pytest.approx(5000, abs=60)
    assert passed["boot"] >= 1
    assert passed["boot"] == pytest.approx(passed["true boot"], rel=LOOSELY)


def test_a_clock_that_is_read_leaves_errno_alone(preloaded, tmp_path):
    """Though libfaketime finds no file."""
    passed = preloaded(with_faketime=True, DRIFT_RATE="1", FAKETIME_DONT_FAKE_MONOTONIC="1",
                       FAKETIME_TIMESTAMP_FILE=str(tmp_path / "missing"), FAKETIME_NO_CACHE="1")
    assert passed["errno"] == errno.EINTR


def test_a_rate_that_is_none_is_refused(preloaded):
    with pytest.raises(AssertionError):
        preloaded(DRIFT_RATE="fast")
