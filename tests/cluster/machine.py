"""The clusters that tests run on: one of our own on this machine (tests/cluster/cluster), or a given one."""
import json
import os
import ssl
import subprocess
from pathlib import Path

TOOL = Path(__file__).resolve().parent / "cluster"


def run(command, text=None, timeout=180, **options):
    """What the command printed; if it fails, an error that shows what it said."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Kubectl:
    """kubectl in its bare form and for objects."""

    def kubectl(self, *arguments, text=None):
        raise NotImplementedError

    def get(self, *arguments):
        return json.loads(self.kubectl("get", "-o", "json", *arguments))

    def apply(self, manifest, *arguments):
        return self.kubectl("apply", "-f", "-", *arguments, text=manifest)


class OwnCluster(Kubectl):
    """A cluster in network namespaces of this machine, which therefore can be hurt in every way."""

    foreign = False

    def __init__(self, directory):
        self.directory = Path(directory)
        self.environment = {**os.environ, "CLUSTER_DIR": str(directory)}

    def tool(self, *arguments, text=None):
        return run([TOOL, *arguments], text=text, env=self.environment)

    def kubectl(self, *arguments, text=None):
        return self.tool("kubectl", *arguments, text=text)

    def helm(self, *arguments):
        return self.tool("helm", *arguments)

    def up(self, nodes):
        self.tool("up", "--audit", str(nodes))

    def down(self):
        self.tool("down")

    def administrators_tls(self):
        """To ask the API server as its administrator, without kubectl."""
        pki = self.directory / "pki"
        context = ssl.create_default_context(cafile=pki / "ca.crt")
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        return context

    def network(self, host):
        """The network namespace of a host, as a path."""
        return f"/var/run/netns/{self.directory.name}-{host}"

    def process(self, node, container_id):
        """The pid of a container's first process."""
        tasks = run(["ctr", "-a", self.directory / node / "containerd.sock", "-n", "k8s.io", "tasks", "ls"])
        pids = [line.split()[1] for line in tasks.splitlines() if line.split()[0] == container_id]
        assert pids, f"no task {container_id} on {node}:\n{tasks}"
        return int(pids[0])

    def audit(self):
        """Requests on Leases that the API server has noted, as audit events."""
        with open(self.directory / "audit.log", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.endswith("\n")]


class GivenCluster(Kubectl):
    """Somebody's cluster, by KUBECONFIG: its machines are out of reach."""

    foreign = True

    def kubectl(self, *arguments, text=None):
        return run(["kubectl", *arguments], text=text)

    def helm(self, *arguments):
        return run(["helm", *arguments])
