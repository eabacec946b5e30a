"""After an annotation, either the workload's template has it, or an Event on the workload says what keeps it away, and
`check` says so too. The workloads' own controllers run; nothing runs their Pods."""
import json
import time

import pytest
from injected import ENDING, KINDS, SELECTOR, TEMPLATE, annotated
from test_check import Checks
from waiting import eventually

ASKS = annotated(inject="true")
SOON = 30
OWNER = {"apiVersion": "example.com/v1", "kind": "App", "name": "web", "uid": "11111111-2222-3333-4444-555555555555"}


@pytest.fixture(scope="module", autouse=True)
def controllers(control_plane):
    control_plane.tool("start", "kcm")
    yield
    control_plane.tool("stop", "kcm")


def server_side(space, thing, manager="owner"):
    """`kubectl apply --server-side` of what its owner writes."""
    thing = {**thing, "metadata": {"name": thing["metadata"]["name"], "namespace": space.name,
                                   "annotations": thing["metadata"]["annotations"]}}
    return space.kubectl("apply", "--server-side", f"--field-manager={manager}", "-f", "-", text=json.dumps(thing))


def with_template(space, kind, annotations, on_itself=ASKS):
    thing = json.loads(json.dumps(space.object(kind, "web", annotations=on_itself)))
    spec = thing["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else thing["spec"]
    spec["template"]["metadata"]["annotations"] = annotations
    return thing


def has_copy(space, kind="Deployment"):
    return space.template(kind, "web") == ASKS


def patch(space, kind, spec):
    space.kubectl("patch", kind, "web", "--type=merge", "-p", json.dumps({"spec": spec}))


def check(operators, injector, space, workload):
    return Checks(operators.control_plane, injector, space).call("-n", space.name, workload)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"])
@pytest.mark.parametrize("empty", [{}, None], ids=["empty", "null"])
def test_an_empty_template_gets_the_copy(operators, space, kind, empty):
    operators.start("a")
    thing = with_template(space, kind, empty)
    server_side(space, thing)
    eventually("the copy", lambda: has_copy(space, kind), SOON)
    server_side(space, thing)  # changes nothing, and is no conflict
    assert has_copy(space, kind)
    space.kubectl("annotate", kind, "web", "leader-elector.io/inject-")
    eventually("it is taken away", lambda: space.template(kind, "web") == {}, SOON)


def owns_only_its_note(space, kind="Deployment"):
    entries = [entry for entry in space.find(kind, "web")["metadata"]["managedFields"]
               if entry["manager"] == "leader-elector-injector"]
    return [json.dumps(entry["fieldsV1"]) for entry in entries if "f:leader-elector.io" in json.dumps(entry)] == []


def test_what_a_later_manifest_says_wins_without_a_conflict(operators, space):
    operators.start("a")
    server_side(space, space.object("Deployment", "web", annotations=ASKS))
    eventually("the copy", lambda: has_copy(space) and owns_only_its_note(space), SOON)
    server_side(space, with_template(space, "Deployment", annotated(inject="false")))
    eventually("the Event", lambda: "another value" in space.events("AnnotationsNotCopied").get("Deployment/web", ""), SOON)
    assert space.template("Deployment", "web") == annotated(inject="false")
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject-")
    time.sleep(2)
    assert space.template("Deployment", "web") == annotated(inject="false")


def test_what_a_later_chart_says_wins_without_a_conflict(control_plane, operators, space, tmp_path):
    operators.start("a")
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 0.0.1}", encoding="utf-8")

    def helm(command, annotations):
        thing = with_template(space, "Deployment", annotations)
        (tmp_path / "templates" / "web.json").write_text(json.dumps(thing), encoding="utf-8")
        control_plane.tool("helm", command, "web", str(tmp_path), "-n", space.name)

    helm("install", {})
    eventually("the copy", lambda: has_copy(space) and owns_only_its_note(space), SOON)
    helm("upgrade", annotated(inject="false"))
    assert space.template("Deployment", "web") == annotated(inject="false")


def test_what_an_owner_wrote_with_the_same_value_stays(operators, space):
    operators.start("a")
    server_side(space, with_template(space, "Deployment", ASKS))
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/port=5050")
    eventually("the copy", lambda: space.template("Deployment", "web") == annotated(inject="true", port="5050"), SOON)
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/port-", "leader-elector.io/inject-")
    eventually("the copy alone goes", lambda: space.template("Deployment", "web") == ASKS, SOON)
    time.sleep(1)
    assert has_copy(space)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_what_an_undone_rollout_brought_back_goes(operators, space, kind):
    operators.start("a")
    space.create(kind, "web")
    space.kubectl("annotate", kind, "web", "leader-elector.io/inject=true")
    eventually("the copy", lambda: has_copy(space, kind), SOON)

    def revisions():
        return len(space.kubectl("get", "replicasets" if kind == "Deployment" else "controllerrevisions", "-o", "name").split())

    eventually("two revisions", lambda: revisions() == 2, SOON)
    space.kubectl("annotate", kind, "web", "leader-elector.io/inject-")
    eventually("it is taken away", lambda: space.template(kind, "web") == {}, SOON)
    eventually("the controller has seen it", lambda: is_observed(space, kind), SOON)
    before = space.find(kind, "web")["metadata"]["generation"]
    space.kubectl("rollout", "undo", kind, "web")
    if kind == "Deployment":  # which then has annotations of its own as they were, and asks again
        eventually("it asks again", lambda: ASKS.items() <= space.find(kind, "web")["metadata"]["annotations"].items(), SOON)
        assert has_copy(space)
        space.kubectl("annotate", kind, "web", "leader-elector.io/inject-")
    eventually("brought back, and taken away again", lambda: space.find(kind, "web")["metadata"]["generation"] >= before + 2
               and space.template(kind, "web") == {}, SOON)
    assert space.events("CopyUndone") == {}


def is_observed(space, kind):
    thing = space.find(kind, "web")
    return thing["status"].get("observedGeneration") == thing["metadata"]["generation"]


# ------------------------------------------------------------------------------------ what keeps a copy from its effect

class Way:
    """How a copy fails to take effect: what is done before the operator sees the annotation, and after, and what it says."""

    def __init__(self, reason, says, kind="Deployment", before=None, after=None, remedy=None, kubeconfig=None, **options):
        self.reason, self.says, self.kind, self.options = reason, says, kind, options
        self.before, self.after = before, after
        self.remedy = remedy or says  # in what `check` says
        self.kubeconfig = kubeconfig  # the operator's, where it is not everybody's

    def begin(self, space):
        space.create(self.kind, "web", **self.options)
        if self.kind not in ("Job", "CronJob") and "owner" not in self.options:
            eventually("Pods", lambda: pods(space, self.kind), SOON)
        if self.before:
            self.before(space)


def pods(space, kind):
    status = space.find(kind, "web").get("status", {})
    return status.get("observedGeneration") and (kind == "DaemonSet" or status.get("replicas"))


def node(space):
    """For a DaemonSet to have a Pod."""
    space.plane.kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "somewhere"}}))
    eventually("its Pod", lambda: space.find("daemonset", "web")["status"].get("currentNumberScheduled"), SOON)


def refused(space, sentence, *arguments, thing=None):
    """Waits until whatever decides of what is written knows what to say of this."""
    def is_refused():
        try:
            space.kubectl(*arguments, "--dry-run=server", text=json.dumps(thing) if thing else None)
        except AssertionError as error:
            return sentence in str(error)
        return False

    eventually(f"refused: {sentence}", is_refused)


CREATE = ("create", "-f", "-")
CHANGE = ("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"template":{"metadata":{"annotations":{"a":"b"}}}}}')


def forbid(space, group, resource, operation, expression, message):
    space.plane.kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": space.name},
         "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [{
             "apiGroups": [group], "apiVersions": ["v1"], "operations": [operation], "resources": [resource]}]},
                  "matchConditions": [{"name": "here", "expression": f"request.namespace == '{space.name}'"}],
                  "validations": [{"expression": expression, "message": message}]}},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": space.name},
         "spec": {"policyName": space.name, "validationActions": ["Deny"]}}]}))


def deny(space):
    forbid(space, "apps", "deployments", "UPDATE", "!('annotations' in dyn(object).spec.template.metadata)", "templates are ours")
    refused(space, "templates are ours", *CHANGE)


def webhook(space):
    space.plane.kubectl("apply", "-f", "-", text=json.dumps({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": space.name},
        "webhooks": [{"name": "absent.example.com", "failurePolicy": "Fail", "timeoutSeconds": 2, "sideEffects": "None",
                      "admissionReviewVersions": ["v1"], "clientConfig": {"url": "https://127.0.0.1:1/"},
                      "matchConditions": [{"name": "template", "expression":
                                           f"request.namespace == '{space.name}' && has(object.spec.template.metadata.annotations)"}],
                      "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"],
                                 "resources": ["deployments"]}]}]}))
    refused(space, "absent.example.com", *CHANGE)


def strip(space):
    """A policy that takes the copy out of what is written."""
    key = "leader-elector.io/inject"
    annotations = "object.spec.template.metadata.annotations"
    space.plane.kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": space.name},
         "spec": {"failurePolicy": "Fail", "reinvocationPolicy": "IfNeeded", "matchConstraints": {"resourceRules": [{
             "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"]}]},
                  "matchConditions": [{"name": "here", "expression": f"request.namespace == '{space.name}'"},
                                      {"name": "asks", "expression": f"has({annotations}) && '{key}' in {annotations}"}],
                  "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression":
                      '[JSONPatch{op: "remove", path: "/spec/template/metadata/annotations/" + '
                      f'jsonpatch.escapeKey("{key}")}}]'}}]}},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
         "metadata": {"name": space.name}, "spec": {"policyName": space.name}}]}))

    def is_stripped():
        text = space.kubectl("patch", "deployment", "web", "--type=merge", "--dry-run=server", "-o", "json", "-p", json.dumps(
            {"spec": {"template": {"metadata": {"annotations": {"a": "b", key: "true"}}}}}))
        return key not in json.loads(text)["spec"]["template"]["metadata"]["annotations"]

    eventually("the policy is in force", is_stripped)


def reader(space):
    """A kubeconfig of somebody who may do everything but patch."""
    plane = space.plane
    plane.kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": space.name}, "rules": [
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch", "create", "update", "delete"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": space.name},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": space.name},
         "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": space.name}]}]}))
    path = plane.directory / f"{space.name}.kubeconfig"
    path.write_bytes((plane.directory / "pki" / "admin.kubeconfig").read_bytes())
    for arguments in (("set-credentials", "reader", f"--token={space.kubectl('create', 'token', 'default').strip()}"),
                      ("set-context", "--current", "--user=reader")):
        plane.kubectl("config", f"--kubeconfig={path}", *arguments)
    return path


def quota(space, pods=1):
    space.kubectl("create", "quota", "none", f"--hard=pods={pods}")
    refused(space, "exceeded quota", *CREATE, thing=space.object("Pod", "one-more", api="v1", spec=TEMPLATE["spec"]))


def quota_of_sets(space):
    if space.find("daemonset", "web"):
        node(space)
    quota(space, pods=0)


def resume(space):
    eventually("the copy", lambda: has_copy(space, "Job"))
    patch(space, "job", {"suspend": False})


def limit_range(space):
    space.plane.apply(json.dumps({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "big", "namespace": space.name},
                                  "spec": {"limits": [{"type": "Container", "min": {"cpu": "200m"}}]}}))


def quota_of_cpu(space):
    space.kubectl("create", "quota", "cpu", "--hard=requests.cpu=1")
    refused(space, "failed quota", *CREATE, thing=space.object("Pod", "one-more", api="v1", spec=TEMPLATE["spec"]))


def on_delete(kind):
    return {**KINDS[kind][1], "updateStrategy": {"type": "OnDelete"}}


def of_template(annotations):
    return {"selector": SELECTOR, "template": {**TEMPLATE, "metadata": {**TEMPLATE["metadata"], "annotations": annotations}}}


def of_cpu(amount):
    container = {**TEMPLATE["spec"]["containers"][0], "resources": {"requests": {"cpu": amount}}}
    return {"selector": SELECTOR, "template": {**TEMPLATE, "spec": {"containers": [container]}}}


OWNED = "a controller owns it, which would undo it: annotate that"
WAYS = {
    "a custom resource controls the Deployment": Way("AnnotationsNotCopied", 'the App "web" controls', remedy=OWNED, owner=OWNER),
    "a custom resource controls the StatefulSet": Way("AnnotationsNotCopied", 'the App "web" controls', "StatefulSet", remedy=OWNED, owner=OWNER),
    "a custom resource controls the DaemonSet": Way("AnnotationsNotCopied", 'the App "web" controls', "DaemonSet", remedy=OWNED, owner=OWNER),
    "a custom resource controls the CronJob": Way("AnnotationsNotCopied", 'the App "web" controls', "CronJob", remedy=OWNED, owner=OWNER),
    "a custom resource controls the Job": Way("AnnotationsNotCopied", 'the App "web" controls', "Job", remedy=OWNED, owner=OWNER),
    "a paused Deployment": Way("PodsNotReplaced", "kubectl rollout resume",
                               before=lambda space: patch(space, "deployment", {"paused": True})),
    "a StatefulSet that replaces none": Way("PodsNotReplaced", "OnDelete: delete its Pods", "StatefulSet",
                                            spec=on_delete("StatefulSet")),
    "a DaemonSet that replaces none": Way("PodsNotReplaced", "OnDelete: delete its Pods", "DaemonSet", node,
                                          spec=on_delete("DaemonSet")),
    "a StatefulSet's partition": Way("PodsNotReplaced", "the partition 3", "StatefulSet", spec={
        **KINDS["StatefulSet"][1], "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}}),
    "a policy that denies the write": Way("AnnotationsNotCopied", "templates are ours", remedy="allow it to the operator's ServiceAccount", before=deny),
    "a webhook that is down": Way("AnnotationsNotCopied", "absent.example.com", remedy="allow it to the operator's ServiceAccount", before=webhook),
    "a quota": Way("PodsNotReplaced", "exceeded quota", before=quota),
    "a quota on a DaemonSet": Way("PodsNotReplaced", "exceeded quota", "DaemonSet", before=quota_of_sets),
    "a quota on a StatefulSet": Way("PodsNotReplaced", "exceeded quota", "StatefulSet", before=quota_of_sets,
                                    spec={**KINDS["StatefulSet"][1], "podManagementPolicy": "Parallel"}),
    "a quota on a Job": Way("PodsNotReplaced", "exceeded quota", "Job", before=lambda space: quota(space, pods=0), after=resume),
    "a quota without room for one more": Way("PodsNotReplaced", "exceeded quota", before=lambda space: quota(space, pods=2), spec={
        **KINDS["Deployment"][1], "replicas": 2, "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}),
    "a StatefulSet whose first Pod is not ready": Way("PodsNotReplaced", "delete those", "StatefulSet",
                                                      spec={**KINDS["StatefulSet"][1], "replicas": 2}),
    "a quota that containers have to name": Way(
        "PodsNotReplaced", "a sidecar takes of it is set by leader-elector.io/cpu-{request,limit}", before=quota_of_cpu),
    "a LimitRange": Way("PodsNotReplaced", "a sidecar takes of it is set by leader-elector.io/cpu-{request,limit}",
                        remedy='set leader-elector.io/cpu-request: "200m"', before=limit_range, spec=of_cpu("100m")),
    "a policy that takes the copy away": Way("AnnotationsNotCopied", "exempt annotations that begin with leader-elector.io/",
                                             before=strip),
    "an operator that may not patch": Way("AnnotationsNotCopied", "allow it to the operator's ServiceAccount", kubeconfig=reader),
    "a ReplicaSet by itself": Way("AnnotationsNotCopied", "annotate its Pod template", "ReplicaSet"),
    "Pods that do not get ready": Way("PodsNotReplaced", "its rollout does not get on",
                                      spec={**KINDS["Deployment"][1], "progressDeadlineSeconds": 3}),
    "a Job that runs": Way("AnnotationsNotCopied", "re-create it", "Job", remedy="annotate spec.template and create it again", spec={"template": ENDING}),
    "another Lease's name on the template": Way("AnnotationsNotCopied", "another value", remedy="change it there", spec=of_template(annotated(lease_name="x")),
                                                annotations=annotated(lease_name="y")),
    "a refusal on the template": Way("AnnotationsNotCopied", "another value", remedy="change it there", spec=of_template(annotated(inject="false"))),
}


@pytest.fixture
def admission(control_plane, space):
    yield
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy", "validatingwebhookconfiguration",
                 "mutatingadmissionpolicybinding", "mutatingadmissionpolicy", "clusterrolebinding", "clusterrole"):
        control_plane.kubectl("delete", kind, space.name, "--ignore-not-found")
    control_plane.kubectl("delete", "node", "somewhere", "--ignore-not-found")


@pytest.mark.usefixtures("admission")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_it_is_told(operators, injector, space, way):
    operators.start("a", kubeconfig=way.kubeconfig and way.kubeconfig(space))
    way.begin(space)
    space.kubectl("annotate", way.kind, "web", "leader-elector.io/inject=true")
    if way.after:
        way.after(space)
    found = eventually("the Event", lambda: space.events(way.reason).get(f"{way.kind}/web"), SOON)
    assert way.says in found
    code, out, err = check(operators, injector, space, f"{way.kind.lower()}/web")
    assert code == 1 and way.remedy in out, out + err


def test_there_are_twenty_ways():
    assert len(WAYS) >= 20


@pytest.mark.usefixtures("admission")
def test_what_could_not_be_told_is_told_later(operators, space):
    operators.start("a", flags=("--log-level=debug",))
    space.create("Deployment", "web")
    eventually("Pods", lambda: pods(space, "Deployment"), SOON)
    patch(space, "deployment", {"paused": True})
    forbid(space, "", "events", "CREATE", "object.reason != 'PodsNotReplaced'", "not now")
    refused(space, "not now", *CREATE, thing={
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "one-more"}, "reason": "PodsNotReplaced",
        "involvedObject": {"namespace": space.name}})
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject=true")
    eventually("the Event is refused", lambda: "cannot post an Event" in operators.log("a"), SOON)
    space.plane.kubectl("delete", "validatingadmissionpolicybinding", space.name)
    eventually("the Event", lambda: space.events("PodsNotReplaced").get("Deployment/web"), SOON)


def test_check_finds_a_copy_that_never_comes_without_an_event(operators, injector, space):
    """Nobody copies: there is no operator."""
    space.create("Deployment", "web")
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject=true")
    code, out, err = check(operators, injector, space, "deployment/web")
    assert "the operator will copy them" in out, out + err
    # A change of times alone is none.
    entries = [{**entry, "time": "2026-01-01T00:00:00Z"} for entry in space.find("deployment", "web")["metadata"]["managedFields"]]
    space.kubectl("patch", "deployment", "web", "--type=merge", "-p", json.dumps(
        {"metadata": {"managedFields": entries, "annotations": {"x": "y"}}}))
    code, out, err = check(operators, injector, space, "deployment/web")
    assert code == 1 and "the operator does not copy them; see whether it runs" in out, out + err


def test_whoever_takes_copies_away_gets_them_back_ever_later_and_is_named(operators, injector, space):
    operators.start("a")
    space.create("Deployment", "web")
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject=true")
    undone, end = 0, time.monotonic() + SOON
    while time.monotonic() < end:
        if has_copy(space):
            patch(space, "deployment", {"template": {"metadata": {"annotations": None}}})
            undone += 1
        time.sleep(0.2)
    # 0, 2, 4, 8 and 16 s apart, from the copy before.
    assert 2 <= undone <= 5
    text = space.events("CopyUndone")["Deployment/web"]
    assert "kubectl-create" in text and "write them into the Pod template there" in text

    def check_says_so():
        patch(space, "deployment", {"template": {"metadata": {"annotations": None}}})
        code, out, _ = check(operators, injector, space, "deployment/web")
        return code == 1 and "write them into the Pod template there" in out

    eventually("check says so", check_says_so)  # it is made again between the two once in a while
