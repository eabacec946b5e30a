"""Objects in the worst form that a real API server takes, beside tenants who want nothing but to work."""
import json
import re
from pathlib import Path

import pytest
from injected import KINDS, LABEL, OURS, Space, annotated
from observation import Timing
from waiting import eventually

MIB = 1024 * 1024
OPERATOR_LIMIT = 128 * MIB  # of the chart, for the operator
SIDECAR_LIMIT = 32 * MIB    # and for a sidecar
DEPTH = 130                 # a depth of 128 was the most that our own reader took


def fields(depth=DEPTH):
    """The fieldsV1 of a manager, nested."""
    nested = {}
    for _ in range(depth):
        nested = {"f:a": nested}
    return nested


def managed(api, content):
    return [{"manager": "m", "operation": "Update", "apiVersion": api, "time": "2026-01-01T00:00:00Z",
             "fieldsType": "FieldsV1", "fieldsV1": content}]


def wide(count):
    return {"f:metadata": {"f:labels": {f"f:{'x' * 40}{index:06}": {} for index in range(count)}}}


def worst_pods():
    """Pods that no node runs, by their names: metadata and spec."""
    labels = {**annotated(injected="true"), "app": "x"}
    spec = {"nodeSelector": {"no": "no"}, "containers": [{"name": "c", "image": "x"}]}
    sidecar = {"name": "leader-elector", "image": "x"}
    yield "deep", {"managedFields": managed("v1", fields())}, spec
    yield "deep-and-ours", {"labels": labels, "managedFields": managed("v1", fields())}, spec
    yield "long", {"labels": labels, "managedFields": managed("v1", wide(15_000))}, spec
    yield "many-labels", {"labels": {**labels, **{f"l{index:06}": "v" * 60 for index in range(12_000)}}}, spec
    yield "long-annotations", {"labels": labels, "annotations": annotated(status="<" * 250_000)}, spec
    yield "many-owners", {"labels": labels, "ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "<" * 500, "uid": f"{index:036}"} for index in range(1_000)]}, spec
    # 6 bytes of JSON for each of what is stored: more than 3 MiB, which is what an API server takes as a request.
    yield "long-arguments", {"labels": labels}, {**spec, "initContainers": [
        {**sidecar, "restartPolicy": "Always", "args": ["--lease-name=other", "<" * 1_000_000]}]}


def post(space, path, content):
    space.kubectl("create", "--raw", path, "-f", "-", text=json.dumps(content, ensure_ascii=False))


def create_pods(space, suffix):
    for name, metadata, spec in worst_pods():
        post(space, f"/api/v1/namespaces/{space.name}/pods",
             {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-{suffix}", **metadata}, "spec": spec})


def test_no_form_of_a_pod_keeps_rights_from_the_pods_of_others(operators, space, control_plane):
    victim = Space(control_plane, "victim-of-worst-pods")
    victim.pod("before", "lease-before")
    create_pods(space, "listed")
    operators.start("a")
    eventually("the Pod of before has its Role", lambda: victim.accounts("lease-before"))
    create_pods(space, "watched")
    victim.pod("after", "lease-after")
    eventually("the Pod of after has its Role", lambda: victim.accounts("lease-after"))
    # What such Pods ask for, they get, as far as it can be understood.
    eventually("the Pod with long arguments has its Role", lambda: space.accounts("other"))
    log = operators.log("a")
    assert "list or watch failed" not in log, log[-4000:]
    assert "not JSON" not in log, log[-4000:]
    assert "truncated an object, parts of it are too long" in log, log[-4000:]
    assert operators.metric("a", 'list_age_seconds{resource="pods"}') < 300
    assert operators.metric("a", 'unreadable_objects_total{resource="pods"}') == 0
    assert operators.peak_memory("a") < OPERATOR_LIMIT


def kinds_of_the_code():
    """Of all objects that the injector deals with: kind, and group or version with the plural as they stand in a path."""
    text = Path(__file__).parents[2].joinpath("injector/cluster/resource.h").read_text(encoding="utf-8")
    found = re.findall(r'Resource k\w+\{\s*"([^"]+)",\s*"([^"]+)",\s*"([^"]+)"\}', text)
    assert len(found) == text.count("inline constexpr Resource")
    return {kind: (api, plural) for api, kind, plural in found}


# What each kind has besides its metadata, where tenants may write it and the operator lists, watches or reads it.
BODIES = {
    **{kind: {"spec": spec} for kind, (_, spec) in KINDS.items()},
    "Pod": {"spec": {"nodeSelector": {"no": "no"}, "containers": [{"name": "c", "image": "x"}]}},
    "Lease": {"spec": {}},
    "Role": {"rules": []},
    "RoleBinding": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}},
}
# The operator writes Events and reads none; Secrets and webhook configurations it reads by name, those of its own release.
# LimitRanges and ResourceQuotas are read by `check` alone, which runs for whoever calls it.
NOT_OF_TENANTS = {"Event", "Secret", "MutatingWebhookConfiguration", "LimitRange", "ResourceQuota"}


def worst_metadata(api):
    """Metadata by names: close to what etcd stores (1.5 MiB), or to what an API server takes of annotations (256 KiB)."""
    ours = {"labels": {LABEL: OURS, **annotated(injected="true")}, "annotations": annotated(inject="true", lease_name="x")}
    yield "deep", {**ours, "managedFields": managed(api, fields())}
    yield "long", {**ours, "managedFields": managed(api, wide(15_000))}
    yield "many-labels", {**ours, "labels": {**ours["labels"], **{f"l{index:06}": "v" * 60 for index in range(12_000)}}}
    yield "long-annotation", {**ours, "annotations": annotated(inject="true", status="<" * 250_000)}
    yield "many-annotations", {**ours, "annotations": {f"leader-elector.io/a{index:05}": "" for index in range(10_000)}}
    yield "many-owners", {**ours, "ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "<" * 500, "uid": f"{index:036}"} for index in range(1_000)]}


def create_worst(space, kind, api, plural, suffix):
    path = f"/{'apis' if '/' in api else 'api'}/{api}/namespaces/{space.name}/{plural}"
    for form, metadata in worst_metadata(api):
        name = f"{'leader-elector:' if kind.startswith('Role') else ''}{form}-{suffix}"
        post(space, path, {"apiVersion": api, "kind": kind, "metadata": {**metadata, "name": name}, **BODIES[kind]})


def test_each_kind_that_tenants_write_has_its_worst_form():
    assert set(kinds_of_the_code()) == set(BODIES) | NOT_OF_TENANTS


def test_no_form_of_any_kind_keeps_rights_from_the_pods_of_others(operators, space, control_plane):
    kinds = {kind: kinds_of_the_code()[kind] for kind in BODIES}
    victim = Space(control_plane, "victim-of-worst-kinds")
    victim.pod("before", "lease-before")
    for kind, (api, plural) in kinds.items():
        create_worst(space, kind, api, plural, "listed")
    operators.start("a", waits=False)
    eventually("the Pod of before has its Role", lambda: victim.accounts("lease-before"), 60)
    for kind, (api, plural) in kinds.items():
        create_worst(space, kind, api, plural, "watched")
        victim.pod(f"after-{kind.lower()}", f"after-{kind.lower()}")
        eventually(f"the Pod behind a {kind} has its Role", lambda: victim.accounts(f"after-{kind.lower()}"))
    # Who is made by them is read up to them.
    for form in ("deep", "long", "many-labels"):
        space.pod(form, f"of-{form}", owner=space.find("replicaset", f"{form}-listed"))
        eventually("a Pod of theirs has its Role", lambda: space.accounts(f"of-{form}"))
    log = operators.log("a")
    assert "list or watch failed" not in log and "not JSON" not in log, log[-4000:]
    watched = [plural for kind, (_, plural) in kinds.items() if kind not in ("Lease", "ReplicaSet")]
    for plural in watched:
        assert operators.metric("a", f'list_age_seconds{{resource="{plural}"}}') < 300, plural
        assert operators.metric("a", f'unreadable_objects_total{{resource="{plural}"}}') == 0, plural
    peak = operators.peak_memory("a")
    print(f"peak memory of the operator beside the worst of {len(kinds)} kinds: {peak / MIB:.1f} MiB")
    assert peak < OPERATOR_LIMIT


def test_large_annotations_of_many_pods_take_no_memory(operators, space, control_plane):
    count, batch = 560, 28
    victim = Space(control_plane, "victim-of-large-annotations")
    for begin in range(0, count, batch):
        pods = [{"apiVersion": "v1", "kind": "Pod",
                 "metadata": {"name": f"p{index}", "namespace": space.name, "labels": annotated(injected="true"),
                              "annotations": annotated(status="x" * 250_000)},
                 "spec": {"nodeSelector": {"no": "no"}, "containers": [{"name": "c", "image": "x"}]}}
                for index in range(begin, begin + batch)]
        space.kubectl("create", "-f", "-", "--validate=false", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}))
    operators.start("a", waits=False)
    victim.pod("web-0", "web")
    eventually("the other tenant's Pod has its Role", lambda: victim.accounts("web"), seconds=120)
    peak = operators.peak_memory("a")
    print(f"peak memory of the operator beside {count} Pods of 250 kB: {peak / MIB:.1f} MiB")
    assert peak < OPERATOR_LIMIT


def worst_lease(name, text):
    """Close to what etcd stores, of which the API server itself makes little work."""
    owners = [{"apiVersion": "v1", "kind": "Pod", "name": text, "uid": f"{index:036}"} for index in range(240)]
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {}, "metadata": {
        "name": name, "namespace": "default", "labels": {f"l{index:06}": "v" * 60 for index in range(1_000)},
        "ownerReferences": owners, "managedFields": managed("coordination.k8s.io/v1", fields())}}


def test_a_namespace_with_more_than_is_kept_of_one_is_told_once(operators, space):
    """Of a kind 8 MiB are kept: some 280 Deployments with as long annotations of ours as are read."""
    large = annotated(inject="true", **{f"x{index}": "v" * 4_000 for index in range(7)})
    for begin in range(0, 320, 40):
        space.create_all([space.object("Deployment", f"d{number}", annotations=large) for number in range(begin, begin + 40)])
    operators.start("a", waits=False)
    # The other tests' namespaces are still there, and have their turns.
    events = eventually("the Event", lambda: space.events("TooManyObjects"), 180)
    (about, message), = events.items()
    name = about.removeprefix("Deployment/")
    assert message == (
        "the namespace has more deployments with annotations or labels of ours than the operator keeps of one namespace: it does "
        f'nothing for "{name}" and for others until there are fewer; use several namespaces, or bound them by a ResourceQuota '
        "(count/deployments.apps)")
    space.create("Deployment", "another", annotations=large)
    eventually("it is passed over", lambda: operators.metric("a", 'passed_over_objects_total{resource="deployments"}') >= 20)
    space.pod("web", "web")
    eventually("a Pod's rights: of another kind there is room", lambda: space.binding("web"))
    assert space.events("TooManyObjects") == events


# The defaults: an attempt has time for a body of a megabyte, on a machine that does other things too.
# Six bytes of JSON for "<" make a body of 2.9 MB, close to what an API server takes of a write.
@pytest.mark.parametrize("timing", [Timing(lease=15, deadline=10, retry=2)], ids=["defaults"])
@pytest.mark.parametrize("text", ["x" * 5_000, "<" * 2_000], ids=["stored", "escaped"])
def test_electors_take_and_renew_a_lease_in_its_worst_form(electors, text):
    plane = electors.control_plane
    worst = worst_lease(electors.lease, text)
    plane.kubectl("create", "--raw", "/apis/coordination.k8s.io/v1/namespaces/default/leases", "-f", "-", text=json.dumps(worst))
    electors.start("a", "b")
    led = electors.observation.agreed(60)
    renewed = plane.get("lease", electors.lease)["metadata"]["resourceVersion"]
    eventually("it is renewed", lambda: plane.get("lease", electors.lease)["metadata"]["resourceVersion"] != renewed)
    found = json.loads(plane.kubectl("get", "lease", electors.lease, "-o", "json", "--show-managed-fields"))
    assert found["spec"]["holderIdentity"] == led["by"]
    for part in ("labels", "ownerReferences"):
        assert found["metadata"][part] == worst["metadata"][part]
    # Electors write no managed fields, and take none away.
    assert [entry["fieldsV1"] for entry in found["metadata"]["managedFields"] if entry["manager"] == "m"] == [fields()]
    for name in ("a", "b"):
        assert electors.status(name, "/readyz") == 200
        peak = electors.peak_memory(name)
        print(f"peak memory of {name}: {peak / MIB:.1f} MiB")
        assert peak < SIDECAR_LIMIT
