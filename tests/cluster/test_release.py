"""The life of a release: its own test, outages, upgrades, removal."""
import json

import pytest
from release import NAME, OPERATORS, leftovers
from workload import INJECT, deployment, sidecar_of
from waiting import eventually

ASK = {INJECT: "true"}


@pytest.fixture
def changed(release):
    """For a test that changes the release: it is as it was afterwards."""
    yield release
    release.upgrade()
    release.ready_pods()


def test_helm_test_injects_a_pod_and_sees_a_leader(release):
    assert "Succeeded" in release.test()


def test_an_upgrade_restarts_no_injected_pod_and_keeps_the_certificates(changed, space):
    space.apply(deployment("web", replicas=2, annotations=ASK))
    before = {pod["metadata"]["uid"] for pod in space.ready_pods("web", 2)}
    authority = changed.kubectl("get", "secret", f"{NAME}-ca", "-o", "jsonpath={.data}")
    assert "ca.crt" in authority
    for values in ({"sidecar.logLevel": "debug"}, {"sidecar.logLevel": "warn", "replicas": 1}):
        changed.upgrade(**values)
    changed.ready_pods(1)
    assert {pod["metadata"]["uid"] for pod in space.ready_pods("web", 2)} == before
    assert changed.kubectl("get", "secret", f"{NAME}-ca", "-o", "jsonpath={.data}") == authority
    space.apply(deployment("later", annotations=ASK))
    assert "--log-level=warn" in sidecar_of(space.ready_pods("later", 1)[0])["args"]


def test_without_a_webhook_others_start_and_the_annotated_are_refused(changed, space):
    changed.scale(0)
    try:
        space.apply(deployment("plain"), deployment("web", annotations=ASK))
        eventually("the Pod that asks for nothing", lambda: space.pods("plain"))
        replica_set = eventually("a ReplicaSet", lambda: [
            item["metadata"]["name"] for item in space.get("replicasets", "-l", "app=web")["items"]])[0]
        message = space.event("FailedCreate", replica_set, 60)
        assert "inject.leader-elector.io" in message
        assert space.pods("web") == []
    finally:
        changed.scale(2)
    changed.ready_pods()
    space.ready_pods("web", 1, 180)


def test_what_started_bare_is_found_and_reported(changed, space):
    changed.upgrade(**{"webhook.failurePolicy": "Ignore"})
    changed.ready_pods()
    changed.scale(0)
    try:
        space.apply(deployment("web", annotations=ASK))
        pod = eventually("a bare Pod", lambda: space.pods("web"), 60)[0]
        assert sidecar_of(pod) is None
    finally:
        changed.scale(2)
    changed.ready_pods()
    assert space.event("InjectionMissed", "web", 90) == (
        f'Pod "{pod["metadata"]["name"]}" asks for a sidecar (leader-elector.io/inject: "true") but came up without '
        "one, as the webhook was not asked when it was made: delete the Pod, and the next one gets it")
    leader = eventually("an operator works", changed.operator_leader)
    operator = next(pod for pod in changed.pods(OPERATORS) if pod["metadata"]["name"] == leader)
    eventually("the metric says so",
             lambda: changed.metric(operator, 8082, "leader_elector_injector_uninjected_pods") == 1)


def test_check_lists_sidecars_of_an_older_version(release, space, tmp_path, injector):
    space.apply(deployment("web", annotations=ASK))
    pod = space.ready_pods("web", 1)[0]["metadata"]["name"]
    said = injector("check", "-n", space.name, "deployment/web")
    assert "web" in said and "its Pods get a sidecar" in said
    space.kubectl("annotate", "--overwrite", "pod", pod, "leader-elector.io/status=injected 0.0.9")
    listed = next(line.split() for line in injector("check", "-A").splitlines() if pod in line)
    assert listed[:-1] == [space.name, pod, "Deployment/web", "web", "outdated", "0.0.9"]


def test_an_uninstalled_release_leaves_only_what_running_pods_need(changed, space):
    space.apply(deployment("web", annotations=ASK))
    space.ready_pods("web", 1)
    space.agreed_leader("web", "web")
    changed.uninstall()
    try:
        assert leftovers(changed.cluster) == []
        assert space.grants("web") == ["default"], "a running Pod still campaigns"
        space.apply(deployment("later", annotations=ASK))
        pod = eventually("a new Pod", lambda: space.pods("later"))[0]
        assert sidecar_of(pod) is None
        space.kubectl("delete", "deployment", "web")
        eventually("Role and binding are gone with their workload", lambda: space.grants("web") is None)
    finally:
        changed.install()
        changed.ready_pods()


def test_the_rendered_release_has_no_certificate_in_it(release):
    manifest = release.manifest()
    assert "caBundle:" not in manifest and "PRIVATE KEY" not in manifest
    secret = json.loads(release.kubectl("get", "secret", f"{NAME}-tls", "-o", "json"))
    assert set(secret["data"]) >= {"tls.crt", "tls.key"}
