"""The operator's service account is held to what it is for by policies alone: its roles here allow everything."""
import copy
import json

import pytest

from caller import Caller, until_in_force
from chart import CHART, merged

LABEL = "app.kubernetes.io/managed-by"
OURS = {LABEL: "leader-elector-injector"}
ROLES, WORKLOADS, LEASES = (f"held-leader-elector-operator-{each}" for each in ("roles", "workloads", "leases"))


def role(lease, namespace="shop", **metadata):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": f"leader-elector:{lease}", "namespace": namespace, "labels": OURS, **metadata},
            "rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [lease],
                       "verbs": ["get", "list", "watch", "create", "update"]},
                      {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}]}


def binding(lease, namespace="shop", **more):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": f"leader-elector:{lease}", "namespace": namespace, "labels": OURS},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": f"leader-elector:{lease}"},
            "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": namespace}], **more}


# Annotations of the workloads themselves.
ASKED = {"leader-elector.io/inject": "true", "leader-elector.io/port": "4042", "leader-elector.io/mode": "sidecar"}


def template(**more):
    pod = {"containers": [{"name": "it", "image": "it:1"}], "restartPolicy": "Always",
           "terminationGracePeriodSeconds": 3}
    annotations = {"theirs": "1", "leader-elector.io/port": "4041", "leader-elector.io/mode": "sidecar",
                   "leader-elector.io/log-level": "debug"}
    return {"metadata": {"labels": {"app": "web"}, "annotations": annotations},
            "spec": {**pod, **more}}


def workloads():
    selector = {"matchLabels": {"app": "web"}}
    once = {"template": template(restartPolicy="Never")}
    specs = {"Deployment": {"selector": selector, "template": template(), "replicas": 2},
             "StatefulSet": {"selector": selector, "template": template(), "serviceName": "web", "replicas": 2},
             "DaemonSet": {"selector": selector, "template": template()},
             "Job": {**once, "suspend": True},
             "CronJob": {"schedule": "@hourly", "jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": once}}}
    specs["Job"]["template"]["metadata"]["labels"] = {}
    for kind, spec in specs.items():
        group = "batch/v1" if kind.endswith("Job") else "apps/v1"
        yield {"apiVersion": group, "kind": kind,
               "metadata": {"name": "web", "namespace": "shop", "labels": {"team": "a"}, "annotations": ASKED}, "spec": spec}


def lease(name, namespace="shop", labels=None, holder="web-0", session="1/2"):
    annotations = {"leader-elector.io/session": session} if session else {}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": namespace, "labels": {"team": "a", **(labels or {})},
                         "annotations": annotations},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 10}}


def fresh(name, namespace="shop", **spec):
    """A Lease as the operator makes it."""
    time = "2026-01-01T00:00:00.000000Z"
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": namespace, "labels": OURS},
            "spec": {"holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": time, "renewTime": time, **spec}}


@pytest.fixture(scope="module", name="operator")
def fixture_operator(control_plane):
    for namespace in ("held", "shop", "kube-prometheus-stack"):
        control_plane.kubectl("create", "namespace", namespace)
    control_plane.tool("helm", "install", "held", str(CHART), "-n", "held", "--set", "policies.holders=false")
    control_plane.kubectl("create", "clusterrolebinding", "held", "--clusterrole=cluster-admin",
                          "--serviceaccount=held:held-leader-elector")
    foreign_role = role("foreign", labels={})
    foreign_binding = {**binding("foreign"), "metadata": foreign_role["metadata"]}
    things = [role("web"), binding("web"), foreign_role, foreign_binding, {**role("any"), "metadata": {
        "name": "theirs", "namespace": "shop", "labels": OURS}}, *workloads(), lease("unlabelled"),
              lease("theirs", session=""), lease("free", session="", holder=""),
              lease("vacant", session="", holder="leader-elector.io/vacant"),
              lease("web", labels=OURS),
        lease("web", "kube-public", OURS), {**next(workloads()), "metadata": {"name": "web", "namespace": "kube-public", "annotations": ASKED}},
        role("web", "kube-public"), lease("held-leader-elector-operator", "held")]
    control_plane.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": things}))
    caller = Caller(control_plane, "held", "held-leader-elector")
    until_in_force(lambda: caller.applies(role("web", "kube-public")))
    until_in_force(lambda: caller.patches("deployment", "web", "shop", {"spec": {"replicas": 7}}))
    until_in_force(lambda: caller.deletes("lease", "unlabelled", "shop"))
    yield caller
    control_plane.tool("helm", "uninstall", "held", "-n", "held")
    control_plane.kubectl("delete", "clusterrolebinding", "held")


# ------------------------------------------------------------------------------------------------ Roles, bindings

ALLOWED_RULES = {
    "all of them": role("new")["rules"],
    "no Events": role("new")["rules"][:1],
    "fewer verbs": [{**role("new")["rules"][0], "verbs": ["get", "update"]}],
}


@pytest.mark.parametrize("rules", ALLOWED_RULES.values(), ids=ALLOWED_RULES.keys())
def test_a_role_for_one_lease_is_made(operator, rules):
    assert operator.applies({**role("new"), "rules": rules}) is None


@pytest.mark.parametrize("lease_name", ["web", "a.b-c", "x" * 63])
def test_the_lease_is_the_rest_of_the_name(operator, lease_name):
    assert operator.applies(role(lease_name)) is None
    assert operator.applies(binding(lease_name)) is None


LEASE_RULE, EVENT_RULE = role("new")["rules"]
GRANT = ("the leader-elector operator grants only get, list, watch, create and update on the Lease new, and the "
         "creation of Events")
DENIED_RULES = {
    "another Lease": [{**LEASE_RULE, "resourceNames": ["other"]}],
    "another Lease besides": [{**LEASE_RULE, "resourceNames": ["new", "other"]}],
    "every Lease": [{key: value for key, value in LEASE_RULE.items() if key != "resourceNames"}],
    "deletion": [{**LEASE_RULE, "verbs": ["get", "delete"]}],
    "every verb": [{**LEASE_RULE, "verbs": ["*"]}],
    "other resources": [{**LEASE_RULE, "resources": ["leases", "leasecandidates"]}],
    "other groups": [{**LEASE_RULE, "apiGroups": ["coordination.k8s.io", "apps"]}],
    "Pods": [LEASE_RULE, EVENT_RULE, {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    "reading of Events": [{**EVENT_RULE, "verbs": ["create", "list"]}],
    "Secrets as well as Events": [{**EVENT_RULE, "resources": ["events", "secrets"]}],
    "everything": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
}


@pytest.mark.parametrize("rules", DENIED_RULES.values(), ids=DENIED_RULES.keys())
def test_a_role_with_other_rules_is_denied(operator, rules):
    assert operator.applies({**role("new"), "rules": rules}) == (ROLES, GRANT)


def test_a_role_is_not_widened_later(operator):
    wider = {"rules": DENIED_RULES["everything"]}
    assert operator.patches("role", "leader-elector:web", "shop", wider) == (ROLES, GRANT.replace("new", "web"))


NOT_OURS = ("the leader-elector operator writes only Roles and RoleBindings that it made, with the label "
            "app.kubernetes.io/managed-by=leader-elector-injector; leader-elector:foreign is none")


@pytest.mark.parametrize("kind", ["role", "rolebinding"])
def test_what_it_made_it_changes_and_deletes(operator, kind):
    assert operator.patches(kind, "leader-elector:web", "shop", {"metadata": {"annotations": {"a": "b"}}}) is None
    assert operator.deletes(kind, "leader-elector:web", "shop") is None


@pytest.mark.parametrize("kind", ["role", "rolebinding"])
def test_what_others_made_it_neither_changes_nor_deletes_nor_adopts(operator, kind):
    name = "leader-elector:foreign"
    assert operator.patches(kind, name, "shop", {"metadata": {"annotations": {"a": "b"}}}) == (ROLES, NOT_OURS)
    assert operator.patches(kind, name, "shop", {"metadata": {"labels": OURS}}) == (ROLES, NOT_OURS)
    assert operator.deletes(kind, name, "shop") == (ROLES, NOT_OURS)


def test_it_makes_none_without_its_label(operator):
    assert operator.applies(role("foreign2", labels={})) == (ROLES, NOT_OURS.replace("foreign", "foreign2"))
    assert operator.patches("role", "leader-elector:web", "shop", {"metadata": {"labels": {LABEL: None}}}) == (
        ROLES, NOT_OURS.replace("foreign", "web"))


def test_it_writes_none_of_another_name(operator):
    sentence = "the leader-elector operator writes only Roles and RoleBindings named leader-elector:LEASE, not theirs"
    assert operator.deletes("role", "theirs", "shop") == (ROLES, sentence)
    thing = role("new")
    thing["metadata"]["name"] = "theirs2"
    assert operator.applies(thing) == (ROLES, sentence + "2")
    thing["metadata"]["name"] = "leader-elector:"
    assert operator.applies(thing) == (ROLES, sentence.replace("theirs", "leader-elector:"))


def test_it_writes_none_in_kubernetes_own_namespaces(operator):
    sentence = "the leader-elector operator writes no Roles in kube-public"
    assert operator.applies(role("new", "kube-public")) == (ROLES, sentence)
    assert operator.applies(binding("new", "kube-public")) == (ROLES, sentence)
    assert operator.deletes("role", "leader-elector:web", "kube-public") == (ROLES, sentence)


def test_a_name_that_only_begins_like_theirs_is_a_tenants(operator):
    assert operator.applies(role("new", "kube-prometheus-stack")) is None
    assert operator.applies(fresh("new", namespace="kube-prometheus-stack")) is None


def test_a_binding_may_have_several_service_accounts(operator):
    accounts = [{"kind": "ServiceAccount", "name": name, "namespace": "shop"} for name in ("a", "b")]
    assert operator.applies(binding("new", subjects=accounts)) is None


GROUP = "rbac.authorization.k8s.io"
SAME_NAMESPACE = "the leader-elector operator binds only service accounts of the same namespace, shop"
SAME_ROLE = "the leader-elector operator binds only the Role of the same name, leader-elector:new"
DENIED_BINDINGS = {
    "an account of another namespace": ({"subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "held"}]},
                                        SAME_NAMESPACE),
    "one of several": ({"subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "shop"},
                                     {"kind": "ServiceAccount", "name": "a", "namespace": "held"}]}, SAME_NAMESPACE),
    "a user": ({"subjects": [{"apiGroup": GROUP, "kind": "User", "name": "eve"}]}, SAME_NAMESPACE),
    "a group": ({"subjects": [{"apiGroup": GROUP, "kind": "Group", "name": "system:authenticated"}]}, SAME_NAMESPACE),
    "another Role": ({"roleRef": {"apiGroup": GROUP, "kind": "Role", "name": "leader-elector:web"}}, SAME_ROLE),
    "a ClusterRole": ({"roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "leader-elector:new"}}, SAME_ROLE),
}


@pytest.mark.parametrize("change, sentence", DENIED_BINDINGS.values(), ids=DENIED_BINDINGS.keys())
def test_a_binding_of_another_kind_is_denied(operator, change, sentence):
    assert operator.applies(binding("new", **change)) == (ROLES, sentence)


# ------------------------------------------------------------------------------------------------------ workloads

KINDS = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"]


def plural(kind):
    return kind.lower() + "s"


def in_template(kind, change):
    spec = {"template": change}
    return {"spec": {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec}


@pytest.mark.parametrize("kind", KINDS)
def test_annotations_of_ours_are_copied_changed_and_taken_away(operator, kind):
    thing = next(each for each in workloads() if each["kind"] == kind)
    applied = {"apiVersion": thing["apiVersion"], "kind": kind, "metadata": {"name": "web", "namespace": "shop"},
               **in_template(kind, {"metadata": {"annotations": {"leader-elector.io/inject": "true"}}})}
    assert operator.applies(applied) is None
    for change in ({"leader-elector.io/port": "4042", "injector.leader-elector.io/copied": "x"}, {"leader-elector.io/log-level": None},
                   {"injector.leader-elector.io/copied": None}):
        assert operator.patches(kind, "web", "shop", in_template(kind, {"metadata": {"annotations": change}})) is None


COPIES = "the leader-elector operator only copies to Pod templates what stands on the {} themselves, with the same value"
TAKES = "the leader-elector operator takes no annotation from Pod templates that stands on the {} themselves"
NO_COPIES = {
    "what nobody asked for": ({"leader-elector.io/image": "attacker.example/evil:1"}, COPIES),
    "beside a copy": ({"leader-elector.io/inject": "true", "leader-elector.io/image": "attacker.example/evil:1"}, COPIES),
    "another value of what is new": ({"leader-elector.io/inject": "false"}, COPIES),
    "another value of what is there": ({"leader-elector.io/port": "4043"}, COPIES),
    "another value of what the template says": ({"leader-elector.io/log-level": "info"}, COPIES),
    "what is asked for away": ({"leader-elector.io/mode": None}, TAKES),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change, sentence", NO_COPIES.values(), ids=NO_COPIES.keys())
def test_only_what_stands_on_the_workload_is_copied(operator, kind, change, sentence):
    assert operator.patches(kind, "web", "shop", in_template(kind, {"metadata": {"annotations": change}})) == (
        WORKLOADS, sentence.format(plural(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_copied_that_is_written_on_the_workload_in_the_same_breath(operator, kind):
    image = {"metadata": {"annotations": {"leader-elector.io/image": "attacker.example/evil:1"}}}
    assert operator.patches(kind, "web", "shop", {**image, **in_template(kind, image)}) == (
        WORKLOADS, IN_METADATA.format(plural(kind)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [{"theirs": "2"}, {"theirs": None}, {"new": "1"}, {"leader-elector": "1"}], ids=str)
def test_annotations_of_others_are_left_alone(operator, kind, change):
    assert operator.patches(kind, "web", "shop", in_template(kind, {"metadata": {"annotations": change}})) == (
        WORKLOADS, "the leader-elector operator changes only annotations that begin with leader-elector.io/")


def test_the_annotations_of_others_are_not_taken_away_all_at_once(operator):
    assert operator.patches("Deployment", "web", "shop",
                            in_template("Deployment", {"metadata": {"annotations": None}})) == (
        WORKLOADS, "the leader-elector operator changes only annotations that begin with leader-elector.io/")


IN_TEMPLATE = "the leader-elector operator changes nothing in the Pod templates of {} but annotations"
IN_SPEC = "the leader-elector operator changes nothing in {} but annotations of their Pod templates"
IN_METADATA = ("the leader-elector operator changes no metadata of {} themselves, only annotations of their Pod "
               "templates")
TEMPLATE_CHANGES = {
    "image": {"spec": {"containers": [{"name": "it", "image": "evil:1"}]}},
    "another container": {"spec": {"containers": [{"name": "it", "image": "it:1"}, {"name": "b", "image": "evil:1"}]}},
    "service account": {"spec": {"serviceAccountName": "admin"}},
    "a field less": {"spec": {"terminationGracePeriodSeconds": None}},
    "labels": {"metadata": {"labels": {"b": "c"}}},
}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob"])
@pytest.mark.parametrize("change", TEMPLATE_CHANGES.values(), ids=TEMPLATE_CHANGES.keys())
def test_nothing_else_in_the_template_is_changed(operator, kind, change):
    assert operator.patches(kind, "web", "shop", in_template(kind, change)) == (
        WORKLOADS, IN_TEMPLATE.format(plural(kind)))


def test_nothing_else_is_changed_under_the_cover_of_an_annotation(operator):
    both = merged(TEMPLATE_CHANGES["image"], {"metadata": {"annotations": {"leader-elector.io/inject": "true"}}})
    assert operator.patches("Deployment", "web", "shop", in_template("Deployment", both)) == (
        WORKLOADS, IN_TEMPLATE.format("deployments"))


SPEC_CHANGES = [
    ("Deployment", {"replicas": 3}), ("Deployment", {"paused": True}), ("Deployment", {"minReadySeconds": 5}),
    ("Deployment", {"strategy": {"type": "Recreate", "rollingUpdate": None}}),
    ("Deployment", {"progressDeadlineSeconds": 60}),
    ("StatefulSet", {"replicas": 0}), ("StatefulSet", {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}),
    ("StatefulSet", {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}),
    ("DaemonSet", {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}),
    ("DaemonSet", {"minReadySeconds": 1}),
    ("Job", {"suspend": False}), ("Job", {"activeDeadlineSeconds": 9}), ("Job", {"ttlSecondsAfterFinished": 9}),
    ("CronJob", {"schedule": "* * * * *"}), ("CronJob", {"suspend": True}), ("CronJob", {"timeZone": "Etc/UTC"}),
    ("CronJob", {"jobTemplate": {"metadata": {"labels": {"a": "c"}}}}),
    ("CronJob", {"jobTemplate": {"metadata": {"annotations": {"leader-elector.io/inject": "true"}}}}),
    ("CronJob", {"jobTemplate": {"spec": {"parallelism": 5}}}),
    ("CronJob", {"jobTemplate": {"spec": {"backoffLimit": 1}}}),
]


@pytest.mark.parametrize("kind, change", SPEC_CHANGES, ids=[f"{kind} {change}"[:70] for kind, change in SPEC_CHANGES])
def test_nothing_else_in_the_spec_is_changed(operator, kind, change):
    assert operator.patches(kind, "web", "shop", {"spec": change}) == (WORKLOADS, IN_SPEC.format(plural(kind)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [{"labels": {"team": "b"}}, {"labels": {"team": None}},
                                    {"annotations": {"leader-elector.io/image": "a"}},
                                    {"annotations": {"leader-elector.io/inject": "false"}},
                                    {"annotations": {"leader-elector.io/inject": None}},
                                    {"finalizers": ["a/b"]}, {"ownerReferences": [
                                        {"apiVersion": "v1", "kind": "Secret", "name": "a", "uid": "b"}]}], ids=str)
def test_the_metadata_of_workloads_is_not_changed(operator, kind, change):
    assert operator.patches(kind, "web", "shop", {"metadata": change}) == (WORKLOADS, IN_METADATA.format(plural(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_workloads_are_neither_made_nor_deleted(operator, kind):
    sentence = f"the leader-elector operator only changes annotations of {plural(kind)}"
    thing = copy.deepcopy(next(each for each in workloads() if each["kind"] == kind))
    thing["metadata"]["name"] = "new"
    assert operator.applies(thing) == (WORKLOADS, sentence)
    assert operator.deletes(kind, "web", "shop") == (WORKLOADS, sentence)


def test_workloads_are_not_scaled_by_their_subresource(operator):
    assert operator.is_denied("scale", "deployment", "web", "-n", "shop", "--replicas=9") == (
        WORKLOADS, "the leader-elector operator only changes annotations of deployments")


def test_no_workload_is_changed_in_kubernetes_own_namespaces(operator):
    change = in_template("Deployment", {"metadata": {"annotations": {"leader-elector.io/inject": "true"}}})
    assert operator.patches("deployment", "web", "kube-public", change) == (
        WORKLOADS, "the leader-elector operator writes no deployments in kube-public")


# --------------------------------------------------------------------------------------------------------- Leases

def test_its_own_lease_it_writes_as_it_likes(operator):
    own = "held-leader-elector-operator"
    assert operator.patches("lease", own, "held", {"spec": {"holderIdentity": "me"}}) is None
    assert operator.deletes("lease", own, "held") is None


NOT_SO = ("the leader-elector operator creates Leases only with its own label, and released; {} would not be so")


def test_a_lease_of_that_name_elsewhere_is_not_its_own(operator):
    name = "held-leader-elector-operator"
    assert operator.applies(lease(name, "shop")) == (LEASES, NOT_SO.format(name))


def test_a_lease_that_nobody_holds_is_made(operator):
    assert operator.is_denied("create", "-f", "-", text=json.dumps(fresh("new"))) is None


NO_LEASES = {
    "held": {"spec": {"holderIdentity": "me"}},
    "without a holder": {"spec": {"holderIdentity": None}},
    "vacant": {"spec": {"holderIdentity": "leader-elector.io/vacant"}},
    "for longer": {"spec": {"leaseDurationSeconds": 2}},
    "with a history": {"spec": {"leaseTransitions": 5}},
    "without the label": {"metadata": {"labels": None}},
    "with another label": {"metadata": {"labels": {"team": "a"}}},
    "with an owner": {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}]}},
    "with a finalizer": {"metadata": {"finalizers": ["a/b"]}},
    "with an annotation": {"metadata": {"annotations": {"leader-elector.io/session": "a/b"}}},
}


@pytest.mark.parametrize("change", NO_LEASES.values(), ids=NO_LEASES.keys())
def test_no_other_lease_is_made(operator, change):
    assert operator.is_denied("create", "-f", "-", text=json.dumps(merged(fresh("new"), change))) == (
        LEASES, NOT_SO.format("new"))


@pytest.mark.parametrize("name", ["unlabelled", "free", "vacant"])
def test_leases_of_electors_are_labelled(operator, name):
    assert operator.patches("lease", name, "shop", {"metadata": {"labels": OURS}}) is None


def test_leases_are_unlabelled(operator):
    assert operator.patches("lease", "web", "shop", {"metadata": {"labels": {LABEL: None}}}) is None


def test_a_lease_that_somebody_else_elects_by_is_neither_labelled_nor_deleted(operator):
    assert operator.patches("lease", "theirs", "shop", {"metadata": {"labels": OURS}}) == (
        LEASES, "the leader-elector operator labels only Leases that electors hold or nobody does: theirs has a holder and no "
        "annotation leader-elector.io/session")
    assert operator.deletes("lease", "theirs", "shop")[0] == LEASES


IN_LEASE = "the leader-elector operator changes nothing in the Lease web but its own label"
LABEL_ONLY = ("the leader-elector operator changes no label of the Lease web but "
              "app.kubernetes.io/managed-by=leader-elector-injector")
LEASE_CHANGES = {
    "its holder": ({"spec": {"holderIdentity": "me"}}, IN_LEASE),
    "its holder away": ({"spec": {"holderIdentity": None}}, IN_LEASE),
    "its duration": ({"spec": {"leaseDurationSeconds": 1}}, IN_LEASE),
    "everything away": ({"spec": None}, IN_LEASE),
    "its annotations": ({"metadata": {"annotations": {"leader-elector.io/session": "a/b"}}}, IN_LEASE),
    "its owners": ({"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}]}},
                   IN_LEASE),
    "another label": ({"metadata": {"labels": {"team": "b"}}}, LABEL_ONLY),
    "another label away": ({"metadata": {"labels": {"team": None}}}, LABEL_ONLY),
    "the label to another value": ({"metadata": {"labels": {LABEL: "me"}}}, LABEL_ONLY),
}


@pytest.mark.parametrize("change, sentence", LEASE_CHANGES.values(), ids=LEASE_CHANGES.keys())
def test_nothing_else_of_a_lease_is_changed(operator, change, sentence):
    assert operator.patches("lease", "web", "shop", change) == (LEASES, sentence)


def test_only_labelled_leases_are_deleted(operator):
    assert operator.deletes("lease", "web", "shop") is None
    assert operator.deletes("lease", "unlabelled", "shop") == (
        LEASES, "the leader-elector operator deletes only Leases with the label "
        "app.kubernetes.io/managed-by=leader-elector-injector; unlabelled has it not")


def test_no_lease_is_written_in_kubernetes_own_namespaces(operator):
    sentence = "the leader-elector operator writes no Leases in kube-public"
    assert operator.deletes("lease", "web", "kube-public") == (LEASES, sentence)
    assert operator.patches("lease", "web", "kube-public", {"metadata": {"labels": {LABEL: None}}}) == (LEASES, sentence)


# --------------------------------------------------------------------------------------------------- and nobody else

def test_others_are_not_held(operator, control_plane):
    control_plane.kubectl("create", "clusterrolebinding", "other", "--clusterrole=cluster-admin",
                          "--serviceaccount=held:other")
    other = Caller(control_plane, "held", "other")
    assert other.applies(role("new", "kube-public")) is None
    assert other.patches("deployment", "web", "shop", {"spec": {"replicas": 7}}) is None
    assert other.deletes("lease", "unlabelled", "shop") is None


def test_a_large_workload_is_compared_within_the_limits_of_cost(operator, control_plane):
    """The API server stops expressions that cost too much, and that is a denial as well."""
    thing = copy.deepcopy(next(workloads()))
    thing["metadata"]["name"] = "large"
    variables = [{"name": f"A{number}", "value": "x" * 400} for number in range(150)]
    thing["spec"]["template"]["spec"]["containers"] = [
        {"name": f"c{number}", "image": "it:1", "env": variables} for number in range(12)]
    assert len(json.dumps(thing)) > 700_000
    control_plane.kubectl("create", "-f", "-", text=json.dumps(thing))
    change = {"metadata": {"annotations": {"leader-elector.io/inject": "true"}}}
    assert operator.patches("deployment", "large", "shop", in_template("Deployment", change)) is None
