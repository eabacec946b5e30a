"""Parts that wait run beside those that work, and nothing that goes wrong in one of them is lost."""
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
# Parts that take no time, but for what a test says; each has one test case.
STUBS = r"""
source tests/run.sh
results=$RESULTS
set_up() { :; }
build() { :; }
passes() { echo '<testsuite><testcase name="x"/></testsuite>' >"$1/x.xml"; }
for part in "${all_parts[@]}"; do eval "tier_$part() { passes \"\$1\"; }"; done
# meets FILE: until it is there.
meets() { for _ in {1..200}; do [ ! -e "$RESULTS/$1" ] || return 0; sleep 0.05; done; return 1; }
"""


@pytest.fixture
def script(tmp_path):
    def make(text):
        return {"args": ["bash", "-c", STUBS + text], "cwd": TOP, "text": True, "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT, "env": {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "RESULTS": str(tmp_path)}}
    return make


def verdict(done):
    return done.stdout.splitlines()[-1], done.returncode


def test_each_part_runs_once(script):
    done = subprocess.run(**script("main all"), timeout=60, check=False)
    parts = re.findall(r"^   (\w+): 1 passed, 0 failed, 0 skipped", done.stdout, re.MULTILINE)
    assert len(parts) == len(set(parts)) >= 16
    assert verdict(done) == (f"{len(parts)} passed, 0 failed, 0 skipped", 0)


def test_two_that_wait_run_beside_each_other_and_beside_one_that_works(script):
    """Each waits for the others, and would end in vain if they did not run."""
    done = subprocess.run(**script("""
tier_soak() { touch "$RESULTS/soaks"; meets charts && meets models && passes "$1"; }
tier_chart() { touch "$RESULTS/charts"; meets soaks && meets models && passes "$1"; }
tier_model() { touch "$RESULTS/models"; meets soaks && meets charts && passes "$1"; }
main soak chart model"""), timeout=60, check=False)
    assert verdict(done) == ("3 passed, 0 failed, 0 skipped", 0), done.stdout


def test_no_more_than_two_that_wait_run_at_a_time(script):
    done = subprocess.run(**script(r"""
counts() {
    touch "$RESULTS/runs-$2"
    ls "$RESULTS" | grep -c ^runs- >>"$RESULTS/counts"
    sleep 0.2
    rm "$RESULTS/runs-$2"
    passes "$1"
}
for part in soak integration chart interop; do eval "tier_$part() { counts \"\$1\" $part; }"; done
main soak integration chart interop
echo "most $(sort -n "$RESULTS/counts" | tail -n 1)"
"""), timeout=60, check=False)
    assert verdict(done) == ("most 2", 0), done.stdout


@pytest.mark.parametrize("end", ["return 1", 'kill -9 "$BASHPID"'])
def test_a_part_that_ends_badly_beside_others_fails(script, end):
    done = subprocess.run(**script(f"""
tier_soak() {{ {end}; }}
main soak chart model"""), timeout=60, check=False)
    assert verdict(done) == ("2 passed, 1 failed, 0 skipped", 1), done.stdout


def test_a_part_whose_programs_do_not_build_fails(script):
    done = subprocess.run(**script("""
build() { [ "$1" != integration_tier ]; }
main soak integration model"""), timeout=60, check=False)
    assert verdict(done) == ("2 passed, 1 failed, 0 skipped", 1), done.stdout


def test_what_it_started_ends_with_it(script, tmp_path):
    running = subprocess.Popen(**script("""
tier_soak() { echo "$BASHPID" >"$RESULTS/pid"; touch "$RESULTS/soaks"; sleep 60; }
tier_model() { sleep 60; }
main soak model"""), start_new_session=True)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "soaks").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        part = pathlib.Path("/proc", (tmp_path / "pid").read_text(encoding="ascii").strip())
        assert part.exists()
        running.send_signal(signal.SIGTERM)
        while part.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
