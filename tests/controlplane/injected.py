"""Workloads and Pods as objects, as they stand once the webhook has seen them; nothing runs."""
import json

LABEL = "app.kubernetes.io/managed-by"
OURS = "leader-elector-injector"
PREFIX = "leader-elector.io/"

TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "app", "image": "app"}]}}
ENDING = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
SELECTOR = {"matchLabels": {"app": "x"}}
KINDS = {
    "Deployment": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "ReplicaSet": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "StatefulSet": ("apps/v1", {"selector": SELECTOR, "serviceName": "x", "template": TEMPLATE}),
    "DaemonSet": ("apps/v1", {"selector": SELECTOR, "template": TEMPLATE}),
    "CronJob": ("batch/v1", {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": ENDING}}}),
    "Job": ("batch/v1", {"suspend": True, "template": ENDING}),
}
ROLE_RULES = [
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["NAME"],
     "verbs": ["get", "list", "watch", "create", "update"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]},
]


def annotated(**values):
    """Annotations of ours; `_` in a name stands for `-`."""
    return {PREFIX + name.replace("_", "-"): value for name, value in values.items()}


class Space:
    """A namespace of one test."""

    def __init__(self, control_plane, name):
        self.plane, self.name = control_plane, name
        self.plane.kubectl("create", "namespace", name)
        self.account("default")

    def account(self, name):
        self.plane.apply(json.dumps({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": name, "namespace": self.name}}))  # which is there already where the controllers run

    def create(self, kind, name, **options):
        """Creates the object() and returns it as it is then."""
        return self._create(self.object(kind, name, **options))

    def _create(self, thing):
        return json.loads(self.plane.kubectl("create", "-o", "json", "-f", "-", text=json.dumps(thing)))

    def create_all(self, things):
        self.plane.kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": things}))

    def object(self, kind, name, owner=None, annotations=None, api=None, spec=None, labels=None, account=None):
        """`owner` is an object of create(), or a reference, of its controller; `account` the ServiceAccount in its template."""
        known_api, known_spec = KINDS.get(kind, (None, None))
        metadata = {"name": name, "namespace": self.name, "annotations": annotations or {}, "labels": labels or {}}
        if owner:
            metadata["ownerReferences"] = [{**(reference(owner) if "metadata" in owner else owner), "controller": True}]
        spec = spec or known_spec
        if account:
            template = spec["template"]
            spec = {**spec, "template": {**template, "spec": {**template["spec"], "serviceAccountName": account}}}
        return {"apiVersion": api or known_api, "kind": kind, "metadata": metadata, "spec": spec}

    def deployment(self, name, account="default", **options):
        """A Deployment's ReplicaSet, to own Pods, and the Deployment."""
        deployment = self.create("Deployment", name, account=account, **options)
        return self.replicas(f"{name}-5d4f8c7b9", deployment, account), deployment

    def workload(self, name, lease=None, account=None, **options):
        """A Deployment with a ServiceAccount of its own, unless one is named, and its Pod NAME-1, which campaigns for the Lease;
        the Deployment's ReplicaSet, and the Deployment."""
        if not account:
            self.account(name)
        replicas, deployment = self.deployment(name, account=account or name)
        self.pod(f"{name}-1", lease or name, replicas, account=account or name, **options)
        return replicas, deployment

    def replicas(self, name, deployment, account="default"):
        return self.create("ReplicaSet", name, owner=deployment, account=account, labels=SELECTOR["matchLabels"])

    def pod(self, name, lease, owner=None, **options):
        return self._create(self.pod_object(name, lease, owner, **options))

    def pod_object(self, name, lease, owner=None, account="default", sidecar=True, status="injected 0.1.0", shared=False):
        """As its owner makes it, if that is an object: so that it is selected by it."""
        annotations = annotated(inject="true", lease_name=lease)
        if status:
            annotations |= annotated(status=status)
        if shared:
            annotations |= annotated(shared="true")
        spec = {"serviceAccountName": account, "containers": [{"name": "app", "image": "app"}]}
        if sidecar:
            spec["initContainers"] = [{"name": "leader-elector", "image": "leader-elector", "restartPolicy": "Always",
                                       "args": [f"--lease-name={lease}"]}]
        labels = annotated(injected="true") if sidecar else {}
        labels |= (owner or {}).get("spec", {}).get("selector", {}).get("matchLabels", {})
        return self.object("Pod", name, owner=owner, annotations=annotations, api="v1", spec=spec, labels=labels)

    def find(self, kind, name):
        """The object, or nothing."""
        text = self.plane.kubectl("-n", self.name, "get", kind, name, "-o", "json", "--ignore-not-found", "--show-managed-fields")
        return json.loads(text) if text else None

    def kubectl(self, *arguments, text=None):
        return self.plane.kubectl("-n", self.name, *arguments, text=text)

    def role(self, lease):
        return self.find("role", f"leader-elector:{lease}")

    def binding(self, lease):
        return self.find("rolebinding", f"leader-elector:{lease}")

    def lease(self, name):
        return self.find("lease", name)

    def accounts(self, lease):
        """The ServiceAccounts that may campaign for the Lease."""
        binding = self.binding(lease)
        return sorted(subject["name"] for subject in binding["subjects"]) if binding else []

    def events(self, reason):
        """The texts of our Events of that reason, by what they are about."""
        found = json.loads(self.kubectl("get", "events", "-o", "json"))["items"]
        return {f"{event['involvedObject']['kind']}/{event['involvedObject']['name']}": event["message"] for event in found
                if event["reason"] == reason and event["source"]["component"] == OURS}

    def remove(self, kind, *names):
        self.kubectl("delete", kind, *names, "--grace-period=0", "--force")

    def template(self, kind, name):
        """The annotations of ours on the workload's template."""
        spec = self.find(kind, name)["spec"]
        template = spec["jobTemplate"]["spec"]["template"] if kind == "CronJob" else spec["template"]
        annotations = template["metadata"].get("annotations", {})
        return {name: value for name, value in annotations.items() if name.startswith(PREFIX)}


def reference(thing):
    return {"apiVersion": thing["apiVersion"], "kind": thing["kind"], "name": thing["metadata"]["name"],
            "uid": thing["metadata"]["uid"]}


def rules(lease):
    return json.loads(json.dumps(ROLE_RULES).replace("NAME", lease))
