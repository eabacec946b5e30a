"""`kubectl leader` with the real kubectl, in a pipe and on a terminal, at a real API server."""
import datetime
import json
import os
import pty
import re
import resource
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from machine import TOOL, run
from waiting import eventually

PLUGIN = Path(__file__).resolve().parents[2] / "injector" / "leader" / "plugin"
MANY = 1000
MOST_SECONDS = 0.3  # of a processor
PAGE = 200  # Leases that the API server is asked for at a time
WIDTH = 100


def lease(name, holder="web-0", since=3600, silent=0, **spec):
    def ago(seconds):
        moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "annotations": {"leader-elector.io/session": "u/n"}},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 3600, "leaseTransitions": 4, "acquireTime": ago(since),
                     "renewTime": ago(silent), **spec}}


def processor_seconds():
    """Of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Kubectl:
    """kubectl as a user has it, with the plugin on its PATH; beside the control plane."""

    def __init__(self, control_plane, injector, space, directory):
        self.space, self._network = space, control_plane.network("cp")
        self.tools = directory / "bin"
        self.tools.mkdir()
        for program in (*PLUGIN.iterdir(), Path(run([TOOL, "bin"]).strip(), "kubectl"), injector):
            (self.tools / program.name).symlink_to(program.resolve())
        kubeconfig = yaml.safe_load((control_plane.directory / "pki" / "admin.kubeconfig").read_text(encoding="utf-8"))
        context = kubeconfig["contexts"][0]
        kubeconfig["contexts"] += [{"name": "here", "context": {**context["context"], "namespace": space.name}}]
        (directory / "kubeconfig").write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
        self.environment = {"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(directory), "KUBECONFIG": str(directory / "kubeconfig")}
        self.create(lease("web"), lease("idle", ""), lease("gone", "web-9", silent=14400))

    def create(self, *leases):
        self.space.create_all([{**each, "metadata": {**each["metadata"], "namespace": self.space.name}} for each in leases])

    def command(self, *arguments, program="kubectl"):
        return ["nsenter", f"--net={self._network}", "setpriv", "--pdeathsig", "KILL", program, *arguments]

    def call(self, *arguments, program="kubectl"):
        done = subprocess.run(self.command(*arguments, program=program), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False, env=self.environment)
        return done.returncode, done.stdout, done.stderr

    def leader(self, *arguments):
        code, out, err = self.call("leader", *arguments)
        assert code == 0, out + err
        return out

    def on_a_terminal(self, *arguments):
        """What is shown there, without the carriage returns."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(self.command("leader", *arguments), stdin=theirs, stdout=theirs, stderr=theirs,
                              env=self.environment) as process:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:  # the other side is closed
                pass
            assert process.wait(60) == 0, shown
        os.close(ours)
        return shown.decode().replace("\r\n", "\n")


@pytest.fixture(name="kubectl")
def fixture_kubectl(control_plane, injector, space, tmp_path):
    return Kubectl(control_plane, injector, space, tmp_path)


def test_it_lists_who_leads_in_a_pipe_and_on_a_terminal(kubectl):
    table = kubectl.leader("list", "-n", kubectl.space.name)
    head, *rows = [line.split() for line in table.splitlines()]
    assert head == ["LEASE", "LEADER", "SINCE", "RENEWED", "CHANGES"]
    # "gone" is held, and was not renewed in time.
    assert {row[0]: (row[1], row[4]) for row in rows} == {"gone": ("-", "4"), "idle": ("-", "4"), "web": ("web-0", "4")}
    shown = kubectl.on_a_terminal("--context=here")
    assert [line.split()[:2] for line in shown.splitlines()] == [line.split()[:2] for line in table.splitlines()]
    assert all(len(line) <= WIDTH for line in shown.splitlines())
    assert kubectl.leader("list", "--context=here", "-o", "name").splitlines() == [
        f"lease.coordination.k8s.io/{name}" for name in ("gone", "idle", "web")]
    everywhere = {each["namespace"] for each in json.loads(kubectl.leader("-A", "-o", "json"))["elections"]}
    assert kubectl.space.name in everywhere and "kube-node-lease" not in everywhere


def test_programs_read_it_as_json_and_yaml(kubectl):
    as_json = json.loads(kubectl.leader("list", "--context=here", "-o", "json"))
    assert yaml.safe_load(kubectl.leader("list", "--context=here", "-o", "yaml")).keys() == as_json.keys()
    [web] = [each for each in as_json["elections"] if each["lease"] == "web"]
    assert (web["namespace"], web["leader"], web["transitions"]) == (kubectl.space.name, "web-0", 4)


def test_it_describes_one_election_with_its_candidates_and_what_is_wrong(kubectl):
    kubectl.space.pod("web-0", "web")
    kubectl.space.pod("web-1", "web", sidecar=False, status="")
    text = kubectl.leader("describe", "web", "--context=here")
    assert re.search(r"^Leader: +web-0$", text, re.M)
    assert re.search(r"^web-0 +yes +yes ", text, re.M) and re.search(r"^web-1 +no +no ", text, re.M)
    assert re.search(r"^Warning: +Pod web-1 has no sidecar", text, re.M)
    kubectl.space.pod("gone-1", "gone")
    assert re.search(r"^Warning: +Nobody leads, though one Pod campaigns", kubectl.leader("describe", "gone", "--context=here"), re.M)
    code, out, err = kubectl.call("leader", "describe", "none", "--context=here")
    assert (code, out) == (1, "") and "there is no election none" in err


def test_history_and_watch_show_real_terms(kubectl, electors):
    electors.start("a", "b")
    first = electors.observation.agreed()["by"]
    with subprocess.Popen(kubectl.command("leader", "watch", electors.lease, "-n", "default"), stdout=subprocess.PIPE, text=True,
                          env=kubectl.environment) as watch:
        try:
            assert watch.stdout.readline().split()[1:] == [f"default/{electors.lease}", first]
            electors.terminate(first)
            second = electors.observation.agreed()["by"]
            lines = [watch.stdout.readline().split(maxsplit=2)[2].strip()]
            if lines[0] == "nobody leads":
                lines.append(watch.stdout.readline().split(maxsplit=2)[2].strip())
            assert lines[-1] == second
        finally:
            watch.kill()

    def told():
        text = kubectl.leader("history", electors.lease, "-n", "default")
        rows = [line.split() for line in text.splitlines() if line.startswith("20")]
        return [row[3] for row in rows] == [first, second] and rows[0][1] != "-" and rows[1][1] == "-" and text

    assert "changes of leader" in eventually("the Events have come", told)


@pytest.fixture(name="candidates")
def fixture_candidates(kubectl, electors):
    """Three electors, and the Pods that they would run in."""
    plane, names = electors.control_plane, ("a", "b", "c")
    pods = [kubectl.space.pod_object(name, electors.lease) for name in names]
    for thing in ({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, *pods):
        thing["metadata"]["namespace"] = "default"
        plane.apply(json.dumps(thing))
    electors.start(*names)
    yield electors
    plane.kubectl("delete", "pod", *names, "--grace-period=0", "--force")


def test_a_leader_leaves_the_lease_to_whom_one_names_or_to_another_candidate(kubectl, candidates):
    def ask(command, *flags):
        return kubectl.leader(command, candidates.lease, "-n", "default", "--wait", *flags)

    first = candidates.observation.agreed()["by"]
    second = max({"a", "b", "c"} - {first})
    assert ask("hand-over", f"--to={second}").startswith(f"{second} leads, ")
    assert candidates.observation.agreed()["by"] == second
    assert ask("hand-over", f"--to={second}") == f"{second} leads already\n"
    third = min({"a", "b", "c"} - {second})
    assert ask("step-down").startswith(f"{third} leads, ")
    assert candidates.observation.agreed()["by"] == third

    def told():
        rows = [line.split() for line in kubectl.leader("history", candidates.lease, "-n", "default").splitlines()]
        return [row[3] for row in rows if row[0].startswith("20")] == [first, second, third]

    eventually("the Events have come", told)


def test_it_says_why_a_leader_does_not_leave(kubectl):
    def refused(*arguments):
        code, out, err = kubectl.call("leader", *arguments, "--context=here")
        assert out == "", out
        return code, err

    def order():
        return kubectl.space.lease("web")["metadata"]["annotations"].get("leader-elector.io/hand-over")

    space = kubectl.space.name
    for name in ("web-0", "web-1"):
        kubectl.space.pod(name, "web")
    for arguments, code, sentence in [
            (("hand-over", "none", "--to=b"), 1, f"there is no Lease {space}/none: name another Lease, or another --namespace"),
            (("step-down", "idle"), 3, f"nobody holds the Lease {space}/idle"),
            (("hand-over", "web", "--to=web-9"), 1,
             f"web-9 does not campaign for the Lease {space}/web: name one of web-0, web-1 by --to"),
            (("step-down", "gone"), 1, f"no Pod but web-9 is known to campaign for the Lease {space}/gone"),
            (("hand-over", "web"), 2, "--to is missing")]:
        said = refused(*arguments)
        assert said[0] == code and sentence in said[1], said
    assert order() is None
    # Nobody obeys: no elector runs behind this Lease.
    code, err = refused("step-down", "web", "--wait", "--timeout=1s")
    assert code == 1 and "within 1s: web-0 has not handed over, and the order still stands in the Lease" in err
    assert json.loads(order())["from"] == "web-0" and json.loads(order())["to"] == "web-1"
    # The rights are those of whoever asks.
    kubectl.space.kubectl("create", "role", "reader", "--verb=get", "--resource=leases.coordination.k8s.io")
    kubectl.space.kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={space}:default")
    kubeconfig = yaml.safe_load(Path(kubectl.environment["KUBECONFIG"]).read_text(encoding="utf-8"))
    kubeconfig["users"] = [{**user, "user": {"token": kubectl.space.kubectl("create", "token", "default").strip()}}
                           for user in kubeconfig["users"]]
    Path(kubectl.environment["KUBECONFIG"]).write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
    code, err = refused("hand-over", "web", "--to=web-1")
    assert code == 1 and f"not allowed to update the Lease {space}/web" in err
    assert re.search(r"the Role needs .*\[leases\].*\[web\].*update", err), err


def test_a_thousand_leases_take_one_list(kubectl, control_plane):
    def lists(kind):
        text = control_plane.kubectl("get", "--raw", "/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith("apiserver_request_total{") and 'verb="LIST"' in line and f'resource="{kind}"' in line)

    kubectl.create(*[lease(f"many-{number}") for number in range(MANY)])
    try:
        before = lists("leases"), lists("pods")
        began, spent = time.monotonic(), processor_seconds()
        rows = kubectl.leader("list", "-A").splitlines()[1:]
        wall, both = time.monotonic() - began, processor_seconds() - spent
        after = lists("leases"), lists("pods")
        # The plugin alone: what kubectl needs to start is not ours.
        began, spent = time.monotonic(), processor_seconds()
        code, out, err = kubectl.call("leader", "list", "-A", program="leader-elector-injector")
        assert (code, len(out.splitlines())) == (0, len(rows) + 1), err
        own_wall, own = time.monotonic() - began, processor_seconds() - spent
        print(f"kubectl leader list -A at {len(rows)} Leases: {wall * 1000:.0f} ms ({both * 1000:.0f} ms of processor), of which "
              f"{own_wall * 1000:.0f} ms ({own * 1000:.0f}) in leader-elector-injector")
        assert own < MOST_SECONDS
        assert len(rows) >= MANY
        assert after[0] - before[0] <= (len(rows) + PAGE) // PAGE + 1 and after[1] == before[1]
    finally:
        control_plane.kubectl("delete", "--raw", f"/apis/coordination.k8s.io/v1/namespaces/{kubectl.space.name}/leases")


def test_kubectl_completes_it(kubectl):
    def completed(*words):
        code, out, err = kubectl.call("__complete", "leader", *words)
        assert code == 0, err
        return [line.split("\t")[0] for line in out.splitlines() if not line.startswith((":", "Completion"))]

    assert completed("") == ["describe", "hand-over", "history", "list", "step-down", "watch"]
    assert completed("h") == ["hand-over", "history"]
    assert "--output=wide" in completed("list", "--o")
    kubectl.space.kubectl("label", "lease", "web", "app.kubernetes.io/managed-by=leader-elector-injector")
    kubectl.environment["KUBECONFIG"] = use(kubectl.environment["KUBECONFIG"], "here")
    assert completed("describe", "") == completed("step-down", "") == ["web"]
    for name in ("web-0", "web-1"):
        kubectl.space.pod(name, "web")
    assert completed("hand-over", "web", "--to", "") == completed("hand-over", "web", "--to=web") == ["web-1"]


def use(kubeconfig, context):
    """A copy with this current context."""
    copy = Path(kubeconfig).with_name("current")
    copy.write_text(yaml.safe_dump({**yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8")), "current-context": context}),
                    encoding="utf-8")
    return str(copy)


def beside_a_mock(directory, *arguments):
    """The plugin without the program, and a kubectl that prints what it is called with."""
    kubectl = directory / "kubectl"
    kubectl.write_text('#!/bin/sh\ncase "$*" in *"config view"*) echo shop ;; *) printf "%s\\n" "$@" ;; esac\n', encoding="utf-8")
    kubectl.chmod(0o755)
    return subprocess.run([PLUGIN / "kubectl-leader", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, env={"PATH": f"{directory}:/usr/bin:/bin"})


@pytest.mark.parametrize("arguments, expected", [
    ([], ["list", "--namespace=shop"]),
    (["describe", "web", "-o", "json"], ["describe", "web", "-o", "json", "--namespace=shop"]),
    (["-n", "bank", "list"], ["list", "--namespace=bank"]),
    (["list", "-A", "--context", "prod"], ["list", "-A"]),
    (["describe", "step-down"], ["describe", "step-down", "--namespace=shop"]),
])
def test_without_the_program_it_asks_the_operators(tmp_path, arguments, expected):
    """What kubectl is called with: no node runs here. In the Pod the context is that of its service account."""
    done = beside_a_mock(tmp_path, *(arguments or ["list"]))
    assert done.returncode == 0, done.stderr
    context = ["--context=prod"] if "prod" in arguments else []
    assert done.stdout.splitlines() == [*context, "exec", "--namespace", "leader-elector", "deployment/leader-elector-operator", "--",
                                        "/usr/bin/leader-elector-injector", "leader", *expected]


@pytest.mark.parametrize("arguments", [["hand-over", "web", "--to=b"], ["--to", "list", "step-down", "web"]])
def test_the_operators_rights_depose_no_leader(tmp_path, arguments):
    done = beside_a_mock(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "writes to the Lease with your own rights" in done.stderr and "install leader-elector-injector" in done.stderr
