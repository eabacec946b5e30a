"""A program that elects itself by client-go, under the name of its Deployment, goes on undisturbed when that is annotated."""
import json
import os
import signal
import subprocess
import time
import uuid

import pytest
from injected import LABEL, annotated
from test_releases import Release
from test_rights import kubeconfig_of
from waiting import eventually

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GO = os.path.join(TESTS, "cluster", "tools", "go")
RIGHTS = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "list", "watch", "create", "update"]}]


@pytest.fixture(scope="session", name="peer")
def fixture_peer(tmp_path_factory):
    """The program of tests/peer."""
    path = tmp_path_factory.mktemp("peer") / "peer"
    subprocess.run([GO, "build", "-trimpath", "-buildvcs=false", "-o", path, "."], cwd=os.path.join(TESTS, "peer"), check=True)
    return path


class Program:
    """Replicas of a program that elects itself: each is called as its Pod, and something behind it."""

    def __init__(self, space, peer, directory):
        self.space, self._peer, self._directory, self._running = space, peer, directory, {}
        self.replicas, _ = space.deployment("web", account="web")

    def start(self, pod, sidecar, elects=True):
        """With our sidecar or without, which `elects` by the program's own rights or does not run."""
        self.space.create_all([self.space.pod_object(pod, "web", self.replicas, account="web", sidecar=sidecar,
                                                     status="injected 0.1.0" if sidecar else None)])
        if not sidecar:
            self.space.kubectl("annotate", "pod", pod, "leader-elector.io/inject-", "leader-elector.io/lease-name-")
        plane, name = self.space.plane, f"{pod}_{uuid.uuid4()}"
        kubeconfig = kubeconfig_of(plane, "web", self._directory, self.space.name, pod)
        command = ["nsenter", f"--net={plane.network('cp')}", "setpriv", "--pdeathsig=KILL", self._peer, f"--id={name}",
                   f"--namespace={self.space.name}", "--lease-name=web", f"--kubeconfig={kubeconfig}", "--lease-duration=6s",
                   "--renew-deadline=4s", "--retry-period=500ms", "--addr=127.0.0.1:0", f"--history={os.devnull}"]
        self._running[pod] = [subprocess.Popen(command, stdin=subprocess.DEVNULL)]
        if sidecar and elects:
            command = [*command[:4], os.environ["ELECTOR"], f"--id={pod}", *command[6:9], f"--addr=127.0.0.1:{4100 + len(self._running)}"]
            self._running[pod].append(subprocess.Popen(command, stdin=subprocess.DEVNULL, env={**os.environ, "POD_LEASE": "web"}))

    def stop(self, pod):
        """As a kubelet does: it releases the Lease. The Pod goes afterwards."""
        for process in self._running.pop(pod):
            process.terminate()
            process.wait(20)
        self.space.remove("pod", pod)

    def signal(self, pod, number):
        self._running[pod][0].send_signal(number)

    def renews(self):
        """Whether the Lease changes."""
        before = self.space.lease("web")["spec"]
        time.sleep(2)
        return self.space.lease("web")["spec"] != before

    def holder(self):
        return ((self.space.lease("web") or {}).get("spec", {}).get("holderIdentity") or "").partition("_")[0]

    def leads(self, pod):
        eventually(f"{pod} leads", lambda: self.holder() == pod, 30)

    def close(self):
        for process in (process for pod in self._running.values() for process in pod):
            process.kill()
            process.wait()

    def assert_undisturbed(self):
        """No write of it was denied, and nobody else wrote the Lease."""
        user = f"system:serviceaccount:{self.space.name}:web"
        answers = {event["responseStatus"]["code"] for event in self.space.plane.audit()
                   if event["user"].get("username") == user and event["verb"] in ("create", "update")
                   and event.get("responseStatus")}
        assert 200 in answers and not answers & {403, 422}
        lease = self.space.lease("web")
        assert {entry["manager"] for entry in lease["metadata"]["managedFields"]} == {"peer"}
        assert LABEL not in lease["metadata"].get("labels", {})
        assert self.space.role("web") is None and self.space.binding("web") is None


@pytest.fixture(name="release")
def fixture_release(control_plane, operators):
    ours = Release(control_plane, operators, uuid.uuid4().hex[:6])
    yield ours
    ours.helm("uninstall")


@pytest.fixture(name="program")
def fixture_program(space, peer, tmp_path):
    space.account("web")
    space.kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "web", "namespace": space.name},
         "rules": RIGHTS},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
         "metadata": {"name": "web", "namespace": space.name},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "web"},
         "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": space.name}]}]}))
    ours = Program(space, peer, tmp_path)
    yield ours
    ours.close()


def test_it_leads_through_annotation_rollout_and_removal(release, program, space, tmp_path):
    program.start("web-1", sidecar=False)
    program.leads("web-1")
    release.start(tmp_path)
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject=true")
    eventually("the copy", lambda: space.template("Deployment", "web") == annotated(inject="true"))
    # The rollout: the new Pod has the sidecar, and the program too.
    program.start("web-2", sidecar=True)
    events = eventually("the Event", lambda: space.events("LeaseConflict"))
    assert list(events) == ["Deployment/web"] and events["Deployment/web"].startswith('no rights on the Lease "web" are given: "web-')
    program.stop("web-1")
    program.leads("web-2")
    # A restart of the operator forgets what it saw.
    release.stop()
    release.start(tmp_path)
    program.start("web-3", sidecar=True)
    program.stop("web-2")
    program.leads("web-3")
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject-")
    eventually("it is taken away", lambda: space.template("Deployment", "web") == {})
    program.start("web-4", sidecar=False)
    program.stop("web-3")
    program.leads("web-4")
    program.assert_undisturbed()


def test_whose_lease_is_deleted_makes_it_again(release, program, space, tmp_path):
    program.start("web-1", sidecar=True, elects=False)
    program.leads("web-1")
    release.start(tmp_path)
    eventually("the Event", lambda: space.events("LeaseConflict"))
    program.signal("web-1", signal.SIGSTOP)
    space.kubectl("delete", "lease", "web")
    looked = 'reconciles_total{kind="lease",outcome="again"}'
    before = release.operators.metric(release.pod, looked)
    eventually("the operator has looked", lambda: release.operators.metric(release.pod, looked) > before, 90)
    assert space.lease("web") is None
    program.signal("web-1", signal.SIGCONT)
    program.leads("web-1")
    program.assert_undisturbed()


def test_who_is_away_for_long_while_its_pod_lives_comes_back(release, program, space, tmp_path):
    """As a leader that crashes again and again: its container waits for up to five minutes."""
    program.start("web-1", sidecar=True, elects=False)
    program.leads("web-1")
    release.start(tmp_path)
    eventually("the Event", lambda: space.events("LeaseConflict"))
    program.signal("web-1", signal.SIGSTOP)
    time.sleep(75)  # the operator has looked after a minute
    program.signal("web-1", signal.SIGCONT)
    eventually("it leads on", program.renews, 30)
    program.assert_undisturbed()
