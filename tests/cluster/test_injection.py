"""Workloads that ask for a sidecar by an annotation alone, on a cluster with the chart installed."""
import json

import pytest
from workload import (INJECT, bare_pod, cron_job, deployment, job, pod_template, sidecar_of, stateful_set,
                      tools_image)
from waiting import eventually

ASK = {INJECT: "true"}


# A program that asks its elector, and ends well if it was answered.
ASKING = "for i in $(seq 100); do curl -sf localhost:4040/api/leader && exit 0; sleep 0.1; done; exit 1"


def test_annotating_a_deployment_is_all_it_takes(space):
    space.apply(deployment("web", replicas=3))
    eventually("three bare Pods", lambda: len(space.pods("web")) == 3)
    space.kubectl("annotate", "deployment", "web", f"{INJECT}=true")
    pods = space.ready_pods("web", 3)
    assert space.grants("web") == ["default"]
    leader = space.agreed_leader("web", "web")
    for pod in pods:
        said = space.kubectl("exec", pod["metadata"]["name"], "-c", "program", "--",
                             "curl", "-s", "localhost:4040/api/leader")
        assert json.loads(said)["leader"] == leader
        assert pod["metadata"]["annotations"]["leader-elector.io/status"].startswith("injected ")
    space.kubectl("delete", "pod", leader, "--wait=false")
    eventually("another leads", lambda: space.leader("web") not in ("", leader))
    # Taking the annotation away takes the sidecar away, and what it was allowed.
    space.kubectl("annotate", "deployment", "web", f"{INJECT}-")
    eventually("three Pods without a sidecar",
               lambda: len(space.pods("web")) == 3 and not any(map(sidecar_of, space.pods("web"))))
    eventually("no Role", lambda: space.grants("web") is None)


def test_a_template_that_asks(space):
    space.apply(deployment("web", replicas=2, annotations=ASK))
    space.ready_pods("web", 2)
    space.agreed_leader("web", "web")


def test_a_stateful_set(space):
    space.apply(stateful_set("db", replicas=2, annotations=ASK))
    space.ready_pods("db", 2)
    assert space.agreed_leader("db", "db") in ("db-0", "db-1")


def test_a_job_completes_although_a_sidecar_ran(space):
    space.apply(job("once", ASKING, ASK))
    eventually("the Job is complete", lambda: space.get("job", "once")["status"].get("succeeded") == 1, 90)
    pod = space.get("pods", "-l", "app=once")["items"][0]
    assert sidecar_of(pod)["restartPolicy"] == "Always"
    eventually("its Role is gone", lambda: space.grants("once") is None)


def test_the_jobs_of_a_cron_job_meet_in_one_lease(space):
    space.apply(cron_job("tick", ASKING, ASK))
    for number in (27000001, 27000002):  # as the controller names them, by minutes
        space.kubectl("create", "job", f"tick-{number}", "--from=cronjob/tick")
    for number in (27000001, 27000002):
        eventually("a Job is complete", lambda: space.get("job", f"tick-{number}")["status"].get("succeeded") == 1, 90)
    assert {pod["metadata"]["annotations"]["leader-elector.io/lease-name"]
            for pod in space.get("pods", "-l", "app=tick")["items"]} == {"tick"}


def test_a_bare_pod_that_names_its_lease(space):
    space.apply(bare_pod("alone", {**ASK, "leader-elector.io/lease-name": "alone"}))
    space.ready_pods("alone", 1)
    assert space.agreed_leader("alone", "alone") == "alone"


def test_a_bare_pod_that_names_none_is_refused_with_the_remedy(space):
    with pytest.raises(AssertionError, match="leader-elector.io/lease-name"):
        space.apply(bare_pod("alone", ASK))


def test_a_pod_without_a_token_of_its_own(space):
    space.apply(deployment("web", annotations=ASK, automountServiceAccountToken=False))
    pod = space.ready_pods("web", 1)[0]
    space.agreed_leader("web", "web")
    mounts = {container["name"]: [mount["mountPath"] for mount in container.get("volumeMounts", [])]
              for container in pod["spec"]["initContainers"] + pod["spec"]["containers"]}
    assert mounts == {"leader-elector": ["/var/run/secrets/kubernetes.io/serviceaccount"], "program": []}


def test_a_namespace_that_enforces_the_restricted_standard(space):
    space.cluster.kubectl("label", "namespace", space.name, "pod-security.kubernetes.io/enforce=restricted")
    space.apply(deployment("web", annotations=ASK))
    space.ready_pods("web", 1)
    space.agreed_leader("web", "web")


def test_a_namespace_with_a_quota_and_a_limit_range(space):
    space.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"},
                 "spec": {"hard": {"limits.cpu": "1", "limits.memory": "512Mi", "requests.cpu": "1",
                                   "requests.memory": "512Mi"}}},
                {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits"},
                 "spec": {"limits": [{"type": "Container", "default": {"cpu": "100m", "memory": "64Mi"},
                                      "max": {"cpu": "200m", "memory": "128Mi"}}]}})
    space.apply(deployment("web", replicas=2, annotations=ASK))
    pods = space.ready_pods("web", 2)
    assert {pod["status"]["qosClass"] for pod in pods} == {"Guaranteed"}
    space.agreed_leader("web", "web")


def test_a_template_with_init_containers_and_volumes(space):
    mount = {"name": "scratch", "mountPath": "/scratch"}
    container = pod_template("web")["spec"]["containers"][0]
    first = {**container, "name": "first", "volumeMounts": [mount],
             "command": ["bash", "-c", f"({ASKING}) >/scratch/answer"]}
    space.apply(deployment("web", annotations=ASK, container={**container, "volumeMounts": [mount]},
                           initContainers=[first], volumes=[{"name": "scratch", "emptyDir": {}}]))
    pod = space.ready_pods("web", 1)[0]
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["leader-elector", "first"]
    said = space.kubectl("exec", pod["metadata"]["name"], "-c", "program", "--", "cat", "/scratch/answer")
    assert "leader" in json.loads(said), "an init container was answered"


def test_a_plain_container_where_it_is_asked_for(space):
    space.apply(deployment("web", annotations={**ASK, "leader-elector.io/mode": "container"}))
    pod = space.ready_pods("web", 1)[0]
    assert "--on-shutdown=expire" in sidecar_of(pod)["args"]
    assert space.kubectl("exec", pod["metadata"]["name"], "--", "bash", "-c", "echo program").strip() == "program"


def test_a_container_of_the_users_own_is_left_as_it_is_and_said_so(space):
    own = {**pod_template("web")["spec"]["containers"][0], "name": "leader-elector", "image": tools_image()}
    space.apply(deployment("web", annotations=ASK, container=own))
    pod = eventually("a Pod", lambda: space.pods("web"))[0]
    assert pod["metadata"]["annotations"]["leader-elector.io/status"].startswith("skipped: ")
    assert "leader-elector" in space.event("InjectionSkipped", "web")


def test_an_annotation_that_nobody_knows_is_refused_where_people_look(space):
    space.apply(deployment("web", annotations={**ASK, "leader-elector.io/lease-nam": "x"}))
    message = space.event("FailedCreate", next(iter(eventually(
        "a ReplicaSet", lambda: [item["metadata"]["name"] for item in space.get("replicasets")["items"]]))))
    assert "leader-elector.io/lease-nam" in message and "inject.leader-elector.io" in message
    assert space.pods("web") == []


def test_a_job_that_runs_already_is_told_what_to_do(space):
    manifest = job("once", "sleep 60 & wait")
    manifest["metadata"]["annotations"] = ASK
    space.apply(manifest)
    assert "spec.template" in space.event("AnnotationsNotCopied", "once")
