"""A release of charts/leader-elector on a cluster."""
import json
import time
from pathlib import Path

from workload import endpoints, is_ready
from waiting import eventually

CHART = Path(__file__).resolve().parents[2] / "charts" / "leader-elector"
NAME = "leader-elector"
SPACE = "leader-elector"
OPERATOR = f"system:serviceaccount:{SPACE}:{NAME}"
# The components of a release, as the labels of their Pods say.
WEBHOOK, OPERATORS = "injector", "operator"


class Release:
    def __init__(self, cluster, image=None):
        self.cluster = cluster
        self._image = image

    def _values(self, values):
        values = {"tests.enabled": "true", **values}
        if self._image:
            name, _, tag = self._image.rpartition(":")
            registry, _, repository = name.rpartition("/")
            values = {"image.registry": registry, "image.repository": repository, "image.tag": tag, **values}
        return [argument for name, value in values.items() for argument in ("--set", f"{name}={value}")]

    def install(self, **values):
        self._helm("install", NAME, str(CHART), "--create-namespace", "--wait", "--timeout", "120s",
                   *self._values(values))

    def upgrade(self, **values):
        self._helm("upgrade", NAME, str(CHART), "--reset-values", "--wait", "--timeout", "120s", *self._values(values))
        self._wait_for_leavers()

    def uninstall(self):
        self._helm("uninstall", NAME, "--wait", "--timeout", "60s")

    def _helm(self, command, *arguments):
        return self.cluster.helm(command, "--namespace", SPACE, *arguments)

    def test(self):
        return self._helm("test", NAME, "--timeout", "120s")

    def manifest(self):
        return self._helm("get", "manifest", NAME)

    def kubectl(self, *arguments, **options):
        return self.cluster.kubectl("--namespace", SPACE, *arguments, **options)

    def _all_pods(self, component=WEBHOOK):
        selector = f"app.kubernetes.io/name={NAME},app.kubernetes.io/component={component}"
        return self.cluster.get("pods", "--namespace", SPACE, "-l", selector)["items"]

    def pods(self, component=WEBHOOK):
        """Those of the webhook, or of the operator."""
        return [pod for pod in self._all_pods(component) if "deletionTimestamp" not in pod["metadata"]]

    def _wait_for_leavers(self):
        """Those that are about to go still answer for a while, as they were told before."""
        eventually("old Pods of the injector are gone", lambda: all(
            len(self._all_pods(component)) == len(self.pods(component)) for component in (WEBHOOK, OPERATORS)))

    def ready_pods(self, count=2, seconds=90, component=WEBHOOK):
        def all_ready():
            pods = self.pods(component)
            return pods if len(pods) == count and all(map(is_ready, pods)) else None

        return eventually(f"{count} ready Pods of the {component}", all_ready, seconds)

    def scale(self, replicas):
        """The webhook."""
        self.kubectl("scale", "deployment", NAME, f"--replicas={replicas}")
        eventually(f"{replicas} Pods of the webhook", lambda: len(self.pods()) == replicas, 60)
        self._wait_for_leavers()

    def endpoints(self):
        """The addresses at which the API server may call the webhook now."""
        return endpoints(self.cluster, SPACE, f"{NAME}-webhook")

    def process(self, pod, container):
        """The pid of a container's first process; None while it does not run."""
        status = next(one for one in pod["status"]["containerStatuses"] if one["name"] == container)
        if "running" not in status["state"]:
            return None
        return self.cluster.process(pod["spec"]["nodeName"], status["containerID"].removeprefix("containerd://"))

    def operator_leader(self):
        """The name of the Pod whose operator works."""
        leases = self.cluster.get("leases", "--namespace", SPACE)["items"]
        names = {pod["metadata"]["name"] for pod in self.pods(OPERATORS)}
        holders = {lease["spec"].get("holderIdentity") for lease in leases}
        return next(iter(names & holders), None)

    def metric(self, pod, port, name):
        """The value of a metric of one container, by its name with its labels; None while there is none."""
        said = self.cluster.kubectl(
            "get", "--raw", f"/api/v1/namespaces/{SPACE}/pods/{pod['metadata']['name']}:{port}/proxy/metrics")
        return next((float(line.split()[-1]) for line in said.splitlines() if line.startswith(name + " ")), None)

    def certificate_ends(self, pod):
        """When the certificate ends that the webhook of this Pod serves with, in seconds: not before, and not after."""
        asked = time.time()
        left = self.metric(pod, 8081, "leader_elector_injector_certificate_expiry_seconds")
        return asked + left, time.time() + left

    def serving(self, stream):
        """The Pod whose webhook answers most of a stream: API servers keep their connections."""
        def reviews():
            return [(pod, self.metric(pod, 8081, 'leader_elector_injector_reviews_total{verdict="injected"}') or 0)
                    for pod in self.ready_pods()]

        before = reviews()
        stream.wait_for(50)
        after = {pod["metadata"]["uid"]: count for pod, count in reviews()}
        return max(before, key=lambda pair: after.get(pair[0]["metadata"]["uid"], 0) - pair[1])[0]

    def certificate(self):
        """The leaf in the Secret, as base64 text; "" while there is none."""
        secret = self.cluster.get("secret", f"{NAME}-tls", "--namespace", SPACE)
        return secret.get("data", {}).get("tls.crt", "")


def leftovers(cluster):
    """What is left of the release in the whole cluster, but what running Pods need."""
    kinds = ("mutatingwebhookconfigurations,validatingwebhookconfigurations,validatingadmissionpolicies,"
             "validatingadmissionpolicybindings,clusterroles,clusterrolebindings,roles,rolebindings,deployments,"
             "services,secrets,serviceaccounts,poddisruptionbudgets,networkpolicies,leases,configmaps")
    items = json.loads(cluster.kubectl("get", kinds, "-A", "-o", "json"))["items"]
    everywhere = ("default", "kube-root-ca.crt")  # in every namespace
    return [f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}" for item in items
            if item["metadata"].get("namespace") == SPACE and item["metadata"]["name"] not in everywhere
            or item["metadata"].get("labels", {}).get("app.kubernetes.io/instance") == NAME]
