"""Who may write which Lease, and what the operator itself may not do."""
import json

import pytest
from release import OPERATOR, OPERATORS, SPACE
from workload import INJECT, bare_pod, deployment, program
from waiting import eventually

ASK = {INJECT: "true"}


def with_account(space, account):
    space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}})
    return {"serviceAccountName": account}


def may_update(space, account, lease, namespace):
    try:
        space.cluster.kubectl("auth", "can-i", "update", f"leases.coordination.k8s.io/{lease}",
                              "--namespace", namespace, f"--as=system:serviceaccount:{space.name}:{account}")
        return True
    except AssertionError as error:
        assert "\nno" in str(error), error
        return False


def test_ten_workloads_each_write_their_own_lease_only(spaces):
    names = [f"w{number}" for number in range(5)]
    for space in spaces:
        for name in names:
            space.apply(deployment(name, annotations=ASK, **with_account(space, name)))
    for space in spaces:
        for name in names:
            space.ready_pods(name, 1, 180)
            space.agreed_leader(name, name)
    for space in spaces:
        for account in names:
            allowed = {(where.name, lease) for where in spaces for lease in names
                       if may_update(space, account, lease, where.name)}
            assert allowed == {(space.name, account)}
    # And by trying: what its Pod writes on another's Lease is refused.
    pod = spaces[0].pods("w0")[0]["metadata"]["name"]
    for where, lease in ((spaces[0].name, "w1"), (spaces[1].name, "w0")):
        other = spaces[0].cluster.get("lease", lease, "-n", where)
        other["spec"]["holderIdentity"] = pod
        with pytest.raises(AssertionError, match="cannot update resource"):
            spaces[0].cluster.kubectl("replace", "-f", "-", "--raw",
                                      f"/apis/coordination.k8s.io/v1/namespaces/{where}/leases/{lease}",
                                      f"--as=system:serviceaccount:{spaces[0].name}:w0", text=json.dumps(other))


def test_sharers_of_an_account_share_rights_and_are_told(spaces):
    here, there = spaces
    for space in spaces:
        for name in ("one", "two"):
            space.apply(deployment(name, annotations=ASK))
    for space in spaces:
        for name in ("one", "two"):
            space.ready_pods(name, 1, 120)
            space.agreed_leader(name, name)
    for lease in ("one", "two"):
        assert may_update(here, "default", lease, here.name)
        assert not may_update(here, "default", lease, there.name)
    message = here.event("LeaseShared", "one")
    assert "default" in message and "two" in message


def test_a_pod_writes_only_itself_as_holder(spaces):
    space = spaces[0]
    container = program(env=[{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}],
                        volumeMounts=[{"name": "token", "mountPath": "/token"}])
    volume = {"name": "token", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}
    space.apply(deployment("web", replicas=2, annotations=ASK, container=container, volumes=[volume]))
    space.ready_pods("web", 2)
    leader = space.agreed_leader("web", "web")
    follower = next(pod["metadata"]["name"] for pod in space.pods("web") if pod["metadata"]["name"] != leader)
    eventually("the Lease is labelled",
             lambda: "app.kubernetes.io/managed-by" in space.find("lease", "web")["metadata"].get("labels", {}))
    forge = f"""
        call() {{
            curl -s --cacert /token/ca.crt -H "Authorization: Bearer $(cat /token/token)" \\
                -H "Content-Type: application/json" "$@" \\
                https://10.96.0.1/apis/coordination.k8s.io/v1/namespaces/$N/leases/web
        }}
        call | jq '.spec.holderIdentity = "{leader}" | .spec.leaseDurationSeconds = 3600' >/tmp/forged
        call -X PUT --data-binary @/tmp/forged | jq -r .message"""
    answers = []

    def is_judged():
        answers.append(space.kubectl("exec", follower, "-c", "program", "--", "bash", "-c", forge))
        return "the object has been modified" not in answers[-1]
    # The leader's renewal may come between the read and the write.
    eventually("the forged write is judged", is_judged)
    assert f"the Pod {follower} may write only itself as the holder of the Lease web, not {leader}" in answers[-1]


def test_a_second_workload_of_one_lease_gets_no_rights_and_is_told(spaces):
    space = spaces[0]
    lease = {**ASK, "leader-elector.io/lease-name": "common"}
    space.apply(deployment("first", annotations=lease, **with_account(space, "first")))
    space.ready_pods("first", 1)
    eventually("its Role", lambda: space.grants("common") == ["first"])
    space.apply(deployment("second", annotations=lease, **with_account(space, "second")))
    message = space.event("LeaseConflict", "second")
    assert "common" in message and "first" in message and "leader-elector.io/shared" in message
    assert space.grants("common") == ["first"]


def test_workloads_that_both_say_so_meet_in_one_lease(spaces):
    space = spaces[0]
    lease = {**ASK, "leader-elector.io/lease-name": "common", "leader-elector.io/shared": "true"}
    for name in ("first", "second"):
        space.apply(deployment(name, annotations=lease, **with_account(space, name)))
    for name in ("first", "second"):
        space.ready_pods(name, 1)
    eventually("both may campaign", lambda: space.grants("common") == ["first", "second"])
    eventually("one of them leads", lambda: space.leader("common"))


def test_rights_go_with_the_last_pod_and_come_back(spaces):
    space = spaces[0]
    space.apply(deployment("web", annotations=ASK))
    space.ready_pods("web", 1)
    eventually("its Role", lambda: space.grants("web") == ["default"])
    space.kubectl("scale", "deployment", "web", "--replicas=0")
    eventually("no Role and no binding", lambda: not space.find("role", "leader-elector:web")
             and not space.find("rolebinding", "leader-elector:web"), 90)
    space.kubectl("scale", "deployment", "web", "--replicas=1")
    space.ready_pods("web", 1)
    space.agreed_leader("web", "web")
    space.kubectl("delete", "deployment", "web")
    eventually("no Role again", lambda: space.grants("web") is None, 90)


def test_a_role_that_was_there_before_is_nobodys_to_take(spaces):
    space = spaces[0]
    foreign = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "leader-elector:web"},
               "rules": []}
    space.apply(foreign)
    space.apply(deployment("web", annotations=ASK))
    assert "leader-elector:web" in space.event("ForeignRole", "web")
    assert space.find("role", "leader-elector:web")["rules"] in ([], None)


def test_an_edited_role_is_mended(spaces):
    space = spaces[0]
    space.apply(deployment("web", annotations=ASK))
    space.ready_pods("web", 1)
    eventually("its Role", lambda: space.grants("web") == ["default"])
    granted = space.find("role", "leader-elector:web")["rules"]
    space.kubectl("patch", "role", "leader-elector:web", "--type=merge", "-p",
                  json.dumps({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}))
    eventually("the rules are back", lambda: space.find("role", "leader-elector:web")["rules"] == granted)


DENIED = "ValidatingAdmissionPolicy 'leader-elector-operator-.* denied request"


def as_operator(release, *arguments, text=None):
    """kubectl with a token of the operator's ServiceAccount, and with nothing else."""
    cluster = release.cluster
    server = cluster.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    token = release.kubectl("create", "token", OPERATOR.rpartition(":")[2]).strip()
    return cluster.kubectl("--kubeconfig=/dev/null", f"--server={server}", "--insecure-skip-tls-verify",
                           f"--token={token}", *arguments, text=text)


def test_the_operators_account_is_confined(release, spaces):
    space = spaces[0]
    space.apply(deployment("web"))
    space.kubectl("create", "role", "theirs", "--verb=get", "--resource=pods")

    def role(name, namespace, rules, label="leader-elector-injector"):
        return json.dumps({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                           "metadata": {"name": name, "namespace": namespace,
                                        "labels": {"app.kubernetes.io/managed-by": label}}, "rules": rules})

    pods = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    other = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["other"],
              "verbs": ["get", "list", "watch", "create", "update"]}]
    image = json.dumps({"spec": {"template": {"spec": {"containers": [{"name": "program", "image": "evil"}]}}}})
    denied = {
        "an image": ("patch", "deployment", "web", "--type=strategic", "-p", image),
        "the number of replicas": ("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":9}}'),
        "a foreign Role's deletion": ("delete", "role", "theirs"),
    }
    for what, arguments in denied.items():
        with pytest.raises(AssertionError, match=DENIED):
            as_operator(release, "--namespace", space.name, *arguments)
        print(f"denied: {what}")
    for manifest in (role("leader-elector:web", space.name, pods), role("leader-elector:web", space.name, other),
                     role("mine", space.name, other), role("leader-elector:other", "kube-node-lease", other),
                     role("leader-elector:other", space.name, other, label="somebody")):
        with pytest.raises(AssertionError, match=DENIED):
            as_operator(release, "apply", "--server-side", "-f", "-", text=manifest)
    with pytest.raises(AssertionError, match=DENIED):
        as_operator(release, "patch", "lease", "node1", "-n", "kube-node-lease", "--type=merge", "-p",
                    '{"spec":{"holderIdentity":"me"}}')
    assert space.find("deployment", "web")["spec"]["replicas"] == 1 and space.find("role", "theirs")


def test_the_webhooks_pods_have_no_token(release):
    def tokens(pod):
        assert pod["metadata"]["namespace"] == SPACE
        return [mount for container in pod["spec"]["containers"] for mount in container["volumeMounts"]
                if "serviceaccount" in mount["mountPath"]]

    for pod in release.ready_pods():
        assert not tokens(pod) and pod["spec"]["serviceAccountName"] == "leader-elector-webhook"
    for pod in release.ready_pods(component=OPERATORS):
        assert tokens(pod)


def test_the_releases_own_pods_are_not_injected(release):
    own = bare_pod("own", {**ASK, "leader-elector.io/lease-name": "own"})
    own["metadata"]["labels"] = {label: value for label, value in release.ready_pods()[0]["metadata"]["labels"].items()
                                 if label.startswith("leader-elector.io/")}
    assert own["metadata"]["labels"]
    release.cluster.apply(json.dumps(own), "--namespace", SPACE)
    try:
        pod = release.cluster.get("pod", "own", "--namespace", SPACE)
        assert "initContainers" not in pod["spec"]
    finally:
        release.kubectl("delete", "pod", "own", "--grace-period=0", "--force")
