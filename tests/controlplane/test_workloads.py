"""One workload has one Lease, however many objects stand between it and its Pods; where that is not known, it is said."""
import json
import time

import pytest
from injected import SELECTOR, annotated
from test_check import Checks
from waiting import eventually

KNATIVE, ARGO, UNKNOWN = "serving.knative.dev/v1", "argoproj.io/v1alpha1", "unknown.example.com/v1"


def define(plane, api, kind):
    """A kind of somebody else's, of any content."""
    group, version = api.split("/")
    plural = kind.lower() + "s"
    plane.apply(json.dumps({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                 "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                     "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}))
    plane.kubectl("wait", "--for=condition=Established", f"crd/{plural}.{group}")


@pytest.fixture(scope="module", autouse=True)
def kinds(control_plane):
    for api, kind in ((KNATIVE, "Revision"), (ARGO, "Rollout"), (UNKNOWN, "App")):
        define(control_plane, api, kind)


def pod(space, name, lease, owner, labels):
    thing = space.pod_object(name, lease, owner)
    thing["metadata"]["labels"] |= labels
    space.create_all([thing])


def is_told(space, operators, injector, about, target, said):
    """The Event about the workload; `check` says so too, and no rights are given."""
    message = eventually("the Event", lambda: space.events("LeaseNameNeeded").get(about))
    assert said in message and "set the annotation leader-elector.io/lease-name on the Pod template" in message
    code, out, err = Checks(operators.control_plane, injector, space).call("-n", space.name, target)
    assert code == 1 and "set leader-elector.io/lease-name on the Pod template" in out, out + err


def test_a_job_made_by_hand_is_its_cronjobs(operators, injector, space):
    operators.start("a")
    space.create("CronJob", "report")
    space.kubectl("create", "job", "by-hand", "--from=cronjob/report")
    job = space.find("job", "by-hand")
    space.pod("by-hand-1", "by-hand", job)
    is_told(space, operators, injector, "CronJob/report", "job/by-hand", 'after Job "by-hand", which is not its workload: that is '
            'CronJob "report"')
    assert space.role("by-hand") is None
    # With a name that all have, there is one Lease, and the CronJob has it.
    space.pod("by-hand-2", "report", job)
    space.pod("report-1", "report", space.create("Job", "report-28000000", owner=space.find("cronjob", "report")))
    eventually("rights", lambda: space.accounts("report") == ["default"])
    assert space.role("by-hand") is None and space.events("LeaseConflict") == {}


def test_revisions_of_knative_have_one_lease(operators, space):
    operators.start("a")
    for number in ("00001", "00002"):
        revision = space.create("Revision", f"web-{number}", api=KNATIVE, spec={"any": "thing"})
        labels = {"serving.knative.dev/configuration": "web", "serving.knative.dev/revision": f"web-{number}"}
        replicas, _ = space.deployment(f"web-{number}-deployment", owner=revision, labels=labels)
        pod(space, f"web-{number}-1", "web", replicas, labels)
    eventually("rights", lambda: space.accounts("web") == ["default"])
    time.sleep(1)
    assert space.events("LeaseConflict") == {} and space.events("LeaseNameNeeded") == {}


def test_versions_of_a_rollout_have_one_lease(operators, space):
    operators.start("a")
    rollout = space.create("Rollout", "web", api=ARGO, spec={"any": "thing"})
    for version in ("5d4f8c7b9", "6d4f8c7b9"):
        labels = {**SELECTOR["matchLabels"], "rollouts-pod-template-hash": version}
        pod(space, f"web-{version}-1", "web", space.create("ReplicaSet", f"web-{version}", owner=rollout, labels=labels), labels)
    eventually("rights", lambda: space.accounts("web") == ["default"])
    time.sleep(1)
    assert space.events("LeaseConflict") == {} and space.events("LeaseNameNeeded") == {}


def test_an_unknown_owner_has_to_say_the_name(operators, injector, space):
    """It has a ReplicaSet for each version."""
    operators.start("a")
    app = space.create("App", "web", api=UNKNOWN, spec={"any": "thing"})
    for version in ("v1", "v2"):
        replicas = space.create("ReplicaSet", f"web-{version}", owner=app, labels=SELECTOR["matchLabels"],
                                annotations=annotated(inject="true"))
        space.pod(f"web-{version}-1", f"web-{version}", replicas)
    is_told(space, operators, injector, "App/web", "pod/web-v1-1", 'which is not its workload: that is App "web"')
    time.sleep(1)
    assert space.role("web-v1") is None and space.role("web-v2") is None
