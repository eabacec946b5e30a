"""Replicas of the injector's operator as processes in the control plane's network."""
import json
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from observation import in_network
from waiting import eventually

NAMESPACE = "default"
FIRST_PORT = 8082


def peak_memory(pid):
    """The most bytes that the process ever had in memory, but for pages of its files: the kernel takes these back
    before it ends anybody for want of memory."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return sum(sign * int(status[name].split()[0]) * 1024 for name, sign in (("VmHWM", 1), ("RssFile", -1)))


class Operators:
    """The replicas of one Lease, by their names. All is stopped by close()."""

    def __init__(self, binary, control_plane, lease, directory):
        self.control_plane = control_plane
        self._lease, self._binary, self._directory = lease, binary, directory
        self._network = control_plane.network("cp")
        self._processes, self._ports = {}, {}

    def start(self, name, flags=(), waits=True, kubeconfig=None):
        """Starts a replica, and waits until it leads and has looked around: at the Leases, and at each Pod that there is."""
        self._start(name, flags, kubeconfig or self.control_plane.directory / "pki" / "admin.kubeconfig")
        if waits:
            eventually(f"{name} works", lambda: self.metric(name, 'reconciles_total{kind="sweep",outcome="settled"}'))
            pods = len(self._pods())
            eventually(f"{name} has looked at {pods} Pods", lambda: self._looks(name) >= pods)

    def _pods(self):
        """What concerns the operator: Pods that ask for a sidecar or have one, and have not ended."""
        pods = json.loads(self.control_plane.kubectl("get", "pods", "-A", "-o", "json"))["items"]
        return [pod for pod in pods if pod["metadata"].get("annotations", {}).get("leader-elector.io/inject") == "true"
                and not pod["metadata"]["namespace"].startswith("kube-")
                and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")]

    def _looks(self, name):
        return sum(self.metric(name, f'reconciles_total{{kind="pod",outcome="{outcome}"}}')
                   for outcome in ("settled", "again", "failed"))

    def _start(self, name, flags, kubeconfig):
        port = self._ports.setdefault(name, FIRST_PORT + len(self._ports))
        # setpriv: should this driver be killed, then so is what it started.
        command = ["nsenter", f"--net={self._network}", "setpriv", "--pdeathsig", "KILL", self._binary, "operator",
                   f"--id={name}", f"--namespace={NAMESPACE}", f"--lease-name={self._lease}",
                   f"--kubeconfig={kubeconfig}",
                   f"--health-addr=127.0.0.1:{port}", "--certificates=given", *flags]
        with open(self._log_path(name), "ab") as log:
            self._processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _log_path(self, name):
        return self._directory / f"{name}.log"

    def log(self, name):
        return self._log_path(name).read_text(encoding="utf-8")

    def pid(self, name):
        return self._processes[name].pid

    def peak_memory(self, name):
        return peak_memory(self.pid(name))

    def metric(self, name, series):
        """The value of a metric of the injector's; 0 where it is not shown."""
        for line in self._ask(name, "/metrics").splitlines():
            if line.startswith(f"leader_elector_injector_{series} "):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def _ask(self, name, path):
        def ask():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[name]}{path}", timeout=2) as answer:
                    return answer.read().decode()
            except (urllib.error.URLError, ConnectionError):
                return ""

        return in_network(self._network, ask)

    def kill(self, name):
        self._end(name, signal.SIGKILL)

    def terminate(self, name):
        code = self._end(name, signal.SIGTERM)
        assert code == 0, f"{name} ended with {code}"

    def _end(self, name, how):
        process = self._processes.pop(name)
        process.send_signal(how)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def close(self):
        for process in self._processes.values():
            process.kill()
            process.wait()
        for name in self._ports:  # pytest shows this if the test fails
            print(f"--- {name}\n" + "\n".join(self.log(name).splitlines()[-40:]))
