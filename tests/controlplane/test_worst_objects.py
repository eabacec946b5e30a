"""Objects in the worst form that a real API server takes, beside tenants who want nothing but to work."""
import json

import pytest
from injected import Space, annotated
from observation import Timing
from operators import eventually

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
    assert "cannot list or watch" not in log, log[-4000:]
    assert "not JSON" not in log, log[-4000:]
    assert "ignored parts of an object that are too long" in log, log[-4000:]
    assert operators.metric("a", 'list_age_seconds{resource="pods"}') < 300
    assert operators.metric("a", 'unreadable_objects_total{resource="pods"}') == 0
    assert operators.peak_memory("a") < OPERATOR_LIMIT


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
