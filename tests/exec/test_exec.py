"""exec as a program: what it promises of processes. EXEC_TRIALS says how many trials of each fault there are (5)."""
import os
import pty
import signal
import subprocess

import pytest
import trials
from trials import ELECTOR, Trial
from waiting import eventually

COUNT = int(os.environ.get("EXEC_TRIALS", "5"))


@pytest.mark.parametrize("fault, code", [
    (trials.stop, 75), (trials.kill, -signal.SIGKILL), (trials.cut, 75), (trials.stop_elector, 75),
    (trials.stop_guard, None), (trials.kill_guard, 1)], ids=lambda value: getattr(value, "__name__", ""))
def test_all_of_a_program_is_dead_before_its_term_ends(fault, code, tmp_path):
    codes, verdict, ahead = trials.run(fault, tmp_path, COUNT)
    print(f"{fault.__name__}: {len(ahead)} programs dead {min(ahead):.0f} to {max(ahead):.0f} ms before their end")
    assert verdict.claims == 2 * len(codes) > 0
    assert [violation.text for violation in verdict.violations] == []
    assert code is None or set(codes) == {code}


def test_the_trials_notice_a_program_that_outlives_its_term(tmp_path):
    _, verdict, _ = trials.run(trials.kill_both, tmp_path, 1)
    assert {violation.rule for violation in verdict.violations} == {"S1", "S2"}


@pytest.fixture(name="trial")
def one_trial(tmp_path):
    with Trial(tmp_path / "one") as trial:
        yield trial


def shell(script):
    return ["sh", "-c", script]


@pytest.mark.parametrize("program, code", [
    (shell("exit 7"), 7), (shell("kill -KILL $$"), 137), (["/no/such/program"], 127), (["/etc/passwd"], 126)])
def test_exits_with_what_the_program_ends_with(program, code, trial):
    assert trial.start("a", program=program).wait(trials.PATIENCE) == code


def test_the_program_finds_its_term_and_a_fresh_process(trial):
    seen = trial.folder / "seen"
    program = shell(f"(env; grep Sig /proc/self/status; cat /proc/$$/stat) >{seen}")
    assert trial.start("a", program=program).wait(trials.PATIENCE) == 0
    text = seen.read_text(encoding="utf-8")
    variables = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("LEADER_ELECTOR_"))
    assert variables.pop("LEADER_ELECTOR_URL").startswith("http://localhost:")
    assert variables == {"LEADER_ELECTOR_FENCING_TOKEN": "2", "LEADER_ELECTOR_LEASE": "default/web",
                         "LEADER_ELECTOR_ID": "a"}
    masks = dict(line.split(":\t") for line in text.splitlines() if line.startswith("Sig") and "/" not in line)
    assert int(masks["SigBlk"], 16) == 0
    assert int(masks["SigIgn"], 16) & 1 << signal.SIGPIPE - 1 == 0
    pid, _, _, _, group, *_ = text.splitlines()[-1].split()
    assert pid == group


def test_signals_go_to_the_program_and_its_end_is_the_wrappers(trial):
    heard = trial.folder / "heard"
    wrapper = trial.start("a", program=shell(
        f"trap 'echo usr1 >>{heard}' USR1; trap 'echo hup >>{heard}' HUP; trap 'exit 9' TERM; echo runs >{heard}; "
        "while :; do sleep 0.02; done"))
    eventually("the program", heard.exists)
    for name, number in (("usr1", signal.SIGUSR1), ("hup", signal.SIGHUP)):
        wrapper.send_signal(number)
        eventually(name, lambda name=name: name in heard.read_text(encoding="utf-8"))
    wrapper.send_signal(signal.SIGTERM)
    assert wrapper.wait(trials.PATIENCE) == 9
    # It has ended before the Lease is given up.
    log = trial.log("a")
    assert log.index("the program has ended") < log.index("released the Lease")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR2])
def test_a_signal_ends_the_waiting(number, trial):
    trial.start("b", program=["sleep", "600"])
    eventually("b's program", lambda: "the program runs" in trial.log("b"))
    waiting = trial.start("a", program=["false"])
    eventually("a's start", lambda: "campaigning" in trial.log("a"))
    waiting.send_signal(number)
    assert waiting.wait(trials.PATIENCE) == 128 + number


def test_gives_up_waiting(trial):
    trial.asks = True
    trial.spawn("b", "exec", *trial.campaign("b"), "--", "sleep", "600")
    eventually("b's program", lambda: "the program runs" in trial.log("b"))
    assert trial.start("a", "--timeout=300ms", program=["false"]).wait(trials.PATIENCE) == 69


def test_after_a_loss_it_waits_and_runs_again_with_another_token(trial):
    trial.start("a")
    first = trial.await_program("a")
    trials.cut(trial)
    eventually("the loss", lambda: "lost=true" in trial.log("a") and "a stopped leading" in trial.log("a"))
    (trial.folder / "again").symlink_to("store")
    (trial.folder / "again").rename(trial.folder / "a")
    eventually("the next program", lambda: len(trial.beats("a")) >= 2 * len(first))
    beats = trial.beats("a")
    assert len({token for token, _, _ in beats}) == 2
    assert max(beats[key][1] for key in first) < min(beats[key][0] for key in set(beats) - set(first))


def test_a_wrapper_that_is_started_again_waits_for_what_the_last_one_left(trial):
    """Its elector leads on, in the same term."""
    trial.asks = True
    trial.start("a")
    left = trial.await_program("a")
    trial.processes["a"].kill()
    trial.start("a")
    eventually("the next program", lambda: len(trial.beats("a")) >= 2 * len(left))
    beats = trial.beats("a")
    assert {token for token, _, _ in beats} == {2}
    assert max(beats[key][1] for key in left) < min(beats[key][0] for key in set(beats) - set(left))


def test_as_the_first_process_it_waits_for_every_orphan(trial):
    """Ten, of which nobody else could know; a zombie would still be shown."""
    seen = trial.folder / "seen"
    program = shell("for i in 0 1 2 3 4 5 6 7 8 9; do (setsid true &) & done; wait; sleep 0.3; "
                    f"ps -eo stat= >{seen}")
    with open(trial.folder / "first.log", "wb") as log:
        subprocess.run(["unshare", "--map-root-user", "--user", "--pid", "--fork", "--mount-proc", ELECTOR, "exec",
                        *trial.campaign("a"), "--", *program], check=True, stderr=log, timeout=trials.PATIENCE)
    assert seen.read_text(encoding="utf-8").count("Z") == 0


def test_the_program_has_the_terminal_while_it_runs(trial):
    ready = trial.folder / "ready"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(ELECTOR, [ELECTOR, "exec", *trial.campaign("a"), "--", *shell(
            f"trap 'exit 5' INT; echo >{ready}; while :; do sleep 0.02; done")])
    try:
        eventually("the program", ready.exists)
        assert os.tcgetpgrp(terminal) != pid
        os.write(terminal, b"\x03")  # Ctrl-C
        _, status = eventually("the wrapper's end", lambda: (end := os.waitpid(pid, os.WNOHANG))[0] and end)
        assert os.waitstatus_to_exitcode(status) == 5
    finally:
        os.close(terminal)


def test_a_copy_runs_where_there_is_nothing_else(trial):
    """As in an image without a C library, or with another one."""
    root = trial.folder / "root"
    (root / "proc").mkdir(parents=True)
    for _ in range(2):  # one that is there is replaced
        subprocess.run([ELECTOR, "copy-to", root / "tools", "--at=/tools"], check=True)
    assert sorted(path.name for path in root.iterdir()) == ["proc", "tools"]
    script = (f"mount -t proc proc {root}/proc && exec chroot {root} /tools/leader-elector exec --lease-name=web --id=a "
              "--store=file:/leases --addr=127.0.0.1:0 -- /tools/leader-elector --version")
    result = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", *shell(script)],
                            capture_output=True, text=True, check=False, timeout=trials.PATIENCE)
    assert (result.returncode, result.stdout) == (0, "leader-elector 0.1.0\n"), result.stderr


def test_a_copy_that_cannot_be_written_is_refused(trial):
    result = subprocess.run([ELECTOR, "copy-to", "/dev/null/tools"], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "cannot copy this program to /dev/null/tools" in result.stderr
