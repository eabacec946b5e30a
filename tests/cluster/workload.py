"""Manifests of workloads that ask for a sidecar, and what became of them on a cluster."""
import json
from pathlib import Path

from waiting import eventually

MANIFESTS = Path(__file__).resolve().parents[2] / "docs" / "manifests"
INJECT = "leader-elector.io/inject"
SIDECAR = "leader-elector"
# What the `restricted` standard asks of a container.
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
              "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}


def tools_image():
    """The image with a shell and curl that docs/manifests runs beside the elector."""
    return next(line.split()[-1] for path in MANIFESTS.rglob("*.yaml")
                for line in path.read_text(encoding="utf-8").splitlines() if "image:" in line and "netshoot" in line)


def program(script="sleep infinity & wait", **more):
    """A program that ends at once when it is told to."""
    return {"name": "program", "image": tools_image(), "command": ["bash", "-c", f"trap 'exit 0' TERM; {script}"],
            "securityContext": RESTRICTED, **more}


def pod_template(name, annotations=None, container=None, **spec):
    return {"metadata": {"labels": {"app": name}, "annotations": annotations or {}},
            "spec": {"containers": [container or program()], **spec}}


def bare_pod(name, annotations, **spec):
    template = pod_template(name, annotations, **spec)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **template["metadata"]},
            "spec": template["spec"]}


def deployment(name, replicas=1, annotations=None, own=None, **spec):
    """`annotations` on the template, `own` on the Deployment itself."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "annotations": own or {}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": pod_template(name, annotations, **spec)}}


def stateful_set(name, replicas=1, annotations=None, **spec):
    manifest = deployment(name, replicas, annotations, **spec)
    manifest["kind"] = "StatefulSet"
    manifest["spec"].update(serviceName=name, podManagementPolicy="Parallel")
    return manifest


def job(name, script, annotations=None, **more):
    template = pod_template(name, annotations, container=program(script), restartPolicy="Never")
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"template": template, "backoffLimit": 0, **more}}


def cron_job(name, script, annotations=None):
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
            "spec": {"schedule": "* * * * *", "suspend": True,
                     "jobTemplate": {"spec": job(name, script, annotations)["spec"]}}}


def sidecar_of(pod):
    """The sidecar's container, wherever it stands, or None."""
    containers = pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
    return next((container for container in containers if container["name"] == SIDECAR), None)


def is_ready(pod):
    conditions = {condition["type"]: condition["status"] for condition in pod.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def endpoints(cluster, namespace, service):
    """The addresses that a Service leads to now."""
    slices = cluster.get("endpointslices", "--namespace", namespace, "-l",
                         f"kubernetes.io/service-name={service}")["items"]
    return {address for each in slices for endpoint in each["endpoints"] or [] if endpoint["conditions"]["ready"]
            for address in endpoint["addresses"]}


class Space:
    """A namespace of a test."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        cluster.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
        eventually("the namespace has a ServiceAccount", lambda: self.find("serviceaccount", "default"))

    def delete(self):
        self.cluster.kubectl("delete", "namespace", self.name, "--wait=false", "--ignore-not-found")

    def kubectl(self, *arguments, **options):
        return self.cluster.kubectl("--namespace", self.name, *arguments, **options)

    def apply(self, *manifests):
        for manifest in manifests:
            self.cluster.apply(json.dumps(manifest), "--namespace", self.name)

    def get(self, *arguments):
        return self.cluster.get("--namespace", self.name, *arguments)

    def find(self, kind, name):
        """The object, or None."""
        said = self.kubectl("get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(said) if said.strip() else None

    def pods(self, app):
        return [pod for pod in self.get("pods", "-l", f"app={app}")["items"]
                if "deletionTimestamp" not in pod["metadata"]]

    def ready_pods(self, app, count, seconds=90):
        """All Pods of a workload once they are as many, injected and ready."""
        def all_ready():
            pods = self.pods(app)
            good = len(pods) == count and all(is_ready(pod) and sidecar_of(pod) for pod in pods)
            return pods if good else None

        try:
            return eventually(f"{count} ready Pods of {app} with a sidecar", all_ready, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + self.kubectl("get", "pods,events", "-o", "wide")) from None

    def leader(self, lease):
        """The holder of a Lease, "" while nobody leads."""
        found = self.find("lease", lease)
        holder = found["spec"].get("holderIdentity", "") if found else ""
        return "" if holder.startswith("leader-elector.io/") else holder

    def agreed_leader(self, app, lease, seconds=60):
        """The Pod of the workload that holds the Lease."""
        def leads():
            holder = self.leader(lease)
            return holder if holder in [pod["metadata"]["name"] for pod in self.pods(app)] else None

        return eventually(f"a Pod of {app} holds the Lease {lease}", leads, seconds)

    def grants(self, lease):
        """The names of the ServiceAccounts that may campaign for a Lease; None while there is no such Role."""
        name = f"leader-elector:{lease}"
        if not self.find("role", name):
            return None
        binding = self.find("rolebinding", name)
        return sorted(subject["name"] for subject in binding["subjects"]) if binding else None

    def events(self, reason, about):
        return [event["message"] for event in self.get("events")["items"]
                if event["reason"] == reason and event["involvedObject"]["name"] == about]

    def event(self, reason, about, seconds=30):
        return eventually(f"an Event {reason} on {about}", lambda: self.events(reason, about), seconds)[0]
