"""What `inject` prints means to Kubernetes what it was given, with a sidecar."""
import copy
import json
import subprocess
from pathlib import Path

import pytest
from waiting import eventually

GOLDENS = Path(__file__).resolve().parents[1] / "golden" / "offline"
MANIFESTS = GOLDENS.parents[2] / "docs" / "manifests"
# Files whose objects all are of kinds that any cluster has, and valid.
FILES = ["anchors", "deployment", "template-wins", "workloads"]
TEMPLATES = {"CronJob": ("spec", "jobTemplate", "spec", "template"), "Pod": ()}


def inject(injector, text):
    return subprocess.run([injector, "inject", "-f", "-", "--image=leader-elector:test"], input=text, capture_output=True,
                          text=True, check=True).stdout


def objects(control_plane, text, how):
    """The objects as kubectl reads them: on this side, or as the API server would store them."""
    # "kubectl label --local" reads as every command of kubectl does, and asks no server.
    printed = control_plane.kubectl(*how, "-o", "json", "-f", "-", text=text)
    found, decoder = [], json.JSONDecoder()
    while printed.strip():
        value, end = decoder.raw_decode(printed.lstrip())
        printed = printed.lstrip()[end:]
        found += value["items"] if value["kind"] == "List" else [value]
    return found


def template_of(thing):
    for key in TEMPLATES.get(thing["kind"], ("spec", "template")):
        thing = thing.get(key, {})
    return thing


def without_sidecar(thing):
    """The object as it was, if what is added is nothing but what a sidecar needs."""
    thing = copy.deepcopy(thing)
    template = template_of(thing)
    spec, metadata = template["spec"], template["metadata"]
    first = spec["initContainers"].pop(0)
    assert first["name"] == "leader-elector" and first["restartPolicy"] == "Always"
    assert [volume["name"] for volume in spec["volumes"]].count("leader-elector-token") == 1
    spec["volumes"] = [volume for volume in spec["volumes"] if volume["name"] != "leader-elector-token"]
    for name in ("initContainers", "volumes"):
        if not spec[name]:
            del spec[name]
    metadata["labels"].pop("leader-elector.io/injected")
    for key in ("labels", "annotations"):
        metadata[key] = {name: value for name, value in metadata.get(key, {}).items() if not name.startswith("leader-elector.io/")}
        if not metadata[key]:
            del metadata[key]
    if not metadata:
        del template["metadata"]
    return thing


def without_ours(thing):
    thing = copy.deepcopy(thing)
    template = template_of(thing)
    annotations = template.get("metadata", {}).get("annotations", {})
    for name in [name for name in annotations if name.startswith("leader-elector.io/")]:
        del annotations[name]
    if "metadata" in template and not annotations:
        template["metadata"].pop("annotations", None)
        if not template["metadata"]:
            del template["metadata"]
    return thing


@pytest.mark.parametrize("name", [*FILES, "types"])
def test_kubectl_reads_the_same_but_for_the_sidecar(control_plane, injector, name):
    [path] = GOLDENS.glob(f"{name}.in.*")
    text = path.read_bytes().decode()
    how = ["label", "--local", "read=yes"]
    before, after = objects(control_plane, text, how), objects(control_plane, inject(injector, text), how)
    assert len(before) == len(after) > 0
    injected = 0
    for old, new in zip(before, after):
        if "leader-elector.io/injected" in template_of(new).get("metadata", {}).get("labels", {}):
            assert without_sidecar(new) == without_ours(old)
            injected += 1
        else:
            assert new == old
    assert injected > 0


COMPLETE = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: web, annotations: {{leader-elector.io/inject: "true"}}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: "example.org/web:1"}}]}}
"""


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_the_api_server_takes_it_strictly(control_plane, injector, space, kind):
    text = inject(injector, COMPLETE.format(kind=kind))
    [stored] = objects(control_plane, text, ["create", "-n", space.name, "--dry-run=server", "--validate=strict"])
    sidecar = stored["spec"]["template"]["spec"]["initContainers"][0]
    assert sidecar["args"] == ["--lease-name=web"] and sidecar["image"] == "leader-elector:test"


def test_the_api_server_takes_what_is_added_to_the_program(control_plane, injector, space):
    """Variables and shared folders; as a Pod, of which it judges each part, under the restricted standard."""
    control_plane.kubectl("label", "namespace", space.name, "pod-security.kubernetes.io/enforce=restricted")
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"}}
    annotations = {"inject": "true", "lease-name": "web", "env": "nais", "status-dir": "/run/leader", "health-file": "/run/health/alive",
                   "degraded-after": "10m", "admin": "on"}
    pod = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {
        "name": "web", "annotations": {f"leader-elector.io/{name}": value for name, value in annotations.items()}}, "spec": {
            "initContainers": [{"name": "migrate", "image": "x", "securityContext": safe}],
            "containers": [{"name": "app", "image": "x", "securityContext": safe, "env": [{"name": "ELECTOR_PATH", "value": "own"}]}]}})
    text = inject(injector, pod)
    assert objects(control_plane, inject(injector, text), ["label", "--local", "x=y"]) == objects(control_plane, text, ["label", "--local", "x=y"])
    [stored] = objects(control_plane, text, ["create", "-n", space.name, "--validate=strict"])
    sidecar, init, app = *stored["spec"]["initContainers"], *stored["spec"]["containers"]
    assert {"--status-dir=/run/leader", "--health-file=/run/health/alive", "--degraded-after=10m", "--admin=on"} <= set(sidecar["args"])
    urls = {"ELECTOR_GET_URL": "http://localhost:4040/", "ELECTOR_SSE_URL": "http://localhost:4040/sse"}
    for container, path in ((init, "localhost:4040"), (app, "own")):
        assert {each["name"]: each["value"] for each in container["env"]} == {"ELECTOR_PATH": path, **urls}
    reads = [{mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]
              if mount["name"] in ("leader-elector-status", "leader-elector-health")} for container in (sidecar, init, app)]
    assert reads == [{"/run/leader": False, "/run/health": True}, {}, {"/run/leader": True, "/run/health": False}]


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in MANIFESTS.glob("*/kustomization.yaml")))
def test_the_api_server_takes_each_of_the_manifests(control_plane, injector, space, folder):
    control_plane.kubectl("create", "-n", space.name, "--validate=strict", "-k", str(MANIFESTS / folder))
    template = space.find("deployment", "web")["spec"]["template"]
    # A Pod of it, which is judged by the restricted standard.
    control_plane.kubectl("label", "namespace", space.name, "pod-security.kubernetes.io/enforce=restricted")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", **template["metadata"]}, "spec": template["spec"]}
    space.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))


def test_the_operator_changes_nothing_in_what_was_injected(control_plane, injector, space, operators):
    """It would copy the workload's annotations to the template, and restart every Pod, if they were not there already."""
    control_plane.kubectl("create", "-n", space.name, "-f", "-", text=inject(injector, COMPLETE.format(kind="Deployment")))
    before = space.find("deployment", "web")
    operators.start("one")
    # A second workload, made later, that has to be written to: once it was, the first one was looked at.
    control_plane.kubectl("create", "-n", space.name, "-f", "-", text=COMPLETE.format(kind="DaemonSet"))
    eventually("annotations are copied", lambda: space.template("daemonset", "web").get("leader-elector.io/inject"))
    after = space.find("deployment", "web")
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert after["spec"] == before["spec"]


# What a Pod has for all its containers and for one; with what class it comes out.
FITTING = [
    ({"requests": {"cpu": "100m", "memory": "64Mi"}}, {"requests": {"cpu": "80m", "memory": "64Mi"}}, "Burstable"),
    ({"limits": {"cpu": "40m", "memory": "16Mi"}}, {}, "Guaranteed"),
    ({"limits": {"cpu": "1", "memory": "1Gi"}}, {"limits": {"cpu": "500m"}}, "Burstable"),
    ({"limits": {"cpu": "1"}}, {}, "Burstable"),
    (None, {"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
    (None, {"requests": {"cpu": "1"}}, "Burstable"),
    (None, {}, "Burstable"),
]


@pytest.mark.parametrize("shared,own,quality", FITTING)
def test_a_sidecar_fits_and_only_best_effort_changes(control_plane, injector, space, shared, own, quality):
    annotations = {"leader-elector.io/inject": "true", "leader-elector.io/lease-name": "web"}
    pod = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "fits", "annotations": annotations},
                      "spec": {"resources": shared, "containers": [{"name": "c", "image": "x", "resources": own}]}})
    before = quality if shared or own else "BestEffort"  # which it is no more: the sidecar requests something
    for text, expected in ((pod, before), (inject(injector, pod), quality)):
        stored = json.loads(control_plane.kubectl("create", "--dry-run=server", "-n", space.name, "-o", "json", "-f", "-", text=text))
        assert stored["status"]["qosClass"] == expected
    assert stored["spec"]["initContainers"][0]["name"] == "leader-elector"


def test_a_copy_that_kubectl_debug_makes_has_the_sidecar_and_not_the_name_of_its_lease(injector, space):
    """By that name the elector knows whether its Pod campaigns: test_election.py has what it does without."""
    thing = space.object("Pod", "web-1", api="v1", annotations={"leader-elector.io/inject": "true", "leader-elector.io/lease-name": "web"},
                         spec={"containers": [{"name": "app", "image": "app"}]})
    space.kubectl("create", "-f", "-", text=inject(injector, json.dumps(thing)))
    space.kubectl("debug", "web-1", "--copy-to=copy", "--container=app", "--image=app", "--", "sleep", "100000")
    made = eventually("the copy", lambda: space.find("pod", "copy"))
    [sidecar] = [each for each in made["spec"]["initContainers"] if each["name"] == "leader-elector"]
    assert "--lease-name=web" in sidecar["args"]
    [said] = [each for each in sidecar["env"] if each["name"] == "POD_LEASE"]
    assert said["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.annotations['leader-elector.io/lease-name']"
    assert "leader-elector.io/lease-name" not in made["metadata"].get("annotations", {})
    assert "leader-elector.io/injected" not in made["metadata"].get("labels", {})
