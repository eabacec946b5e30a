"""Electors as processes in the control plane's network."""
import os
import signal
import subprocess
import urllib.error
import urllib.request

from observation import Observation, Timing, boottime, in_network
from operators import peak_memory

NAMESPACE = "default"
LEASE_SECONDS, DEADLINE_SECONDS = 2, 1.5
TIMING = Timing(lease=LEASE_SECONDS, deadline=DEADLINE_SECONDS, retry=0.3)
FIRST_PORT = 4040


class Electors:
    """The electors of one Lease, by their names. All is stopped by close()."""

    def __init__(self, binary, control_plane, lease, directory, timing=TIMING, period=0.01):
        self.lease, self.control_plane, self._timing = lease, control_plane, timing
        self.observation = Observation(directory / "history", period)
        self.network = control_plane.network("cp")
        self._binary, self._directory = binary, directory
        self._processes, self._ports = {}, {}

    def start(self, *names, kubeconfig=None, **environment):
        for name in names:
            self._start(name, kubeconfig or self.control_plane.directory / "pki" / "admin.kubeconfig", environment)

    def _start(self, name, kubeconfig, environment):
        port = self._ports.setdefault(name, FIRST_PORT + len(self._ports))
        # setpriv: should this driver be killed, then so is what it started.
        command = ["nsenter", f"--net={self.network}", "setpriv", "--pdeathsig", "KILL", self._binary,
                   f"--id={name}", f"--lease-name={self.lease}", f"--namespace={NAMESPACE}", f"--kubeconfig={kubeconfig}",
                   f"--addr=127.0.0.1:{port}", f"--lease-duration={self._timing.lease}s",
                   f"--lease-renew-duration={int(self._timing.deadline * 1000)}ms",
                   f"--retry-period={int(self._timing.retry * 1000)}ms"]
        with open(self.log_path(name), "ab") as log:
            self._processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                     env={**os.environ, **environment})
        self.observation.expect(name, self._timing.deadline)
        self.observation.watch(name, "127.0.0.1", port, network=self.network)

    def log_path(self, name):
        return self._directory / f"{name}.log"

    def log(self, name):
        return self.log_path(name).read_text(encoding="utf-8")

    def pid(self, name):
        return self._processes[name].pid

    def peak_memory(self, name):
        return peak_memory(self.pid(name))

    def alive(self, name):
        return self._processes[name].poll() is None

    def kill(self, name):
        """SIGKILL; what it said so far still binds."""
        self._end(name, signal.SIGKILL)

    def terminate(self, name):
        """SIGTERM: from now on its word binds nobody."""
        self.observation.write("release", by=name, at=boottime())
        code = self._end(name, signal.SIGTERM)
        assert code == 0, f"{name} ended with {code}"

    def _end(self, name, how):
        process = self._processes.pop(name)
        process.send_signal(how)
        try:
            code = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.observation.unwatch(name)
        return code

    def status(self, name, path):
        """The status of an answer: what a probe sees."""
        return self.ask(name, path)[0]

    def ask(self, name, path):
        """The status and the body of an answer; (0, "") where nobody answers yet."""
        def ask():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[name]}{path}", timeout=2) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
            except (urllib.error.URLError, ConnectionError):
                return 0, ""

        return in_network(self.network, ask)

    def spec(self):
        return self.control_plane.get("lease", self.lease)["spec"]

    def close(self):
        for process in self._processes.values():
            process.kill()
            process.wait()
        self.observation.close()

    def show(self):
        """Prints what they said last."""
        for name in self._ports:
            print(f"--- {name}\n" + "\n".join(self.log(name).splitlines()[-25:]))
