"""What Pods may write into the Lease that they share, and what a Pod with a sidecar must look like when it is made."""
import base64
import json

import pytest

from caller import Caller, until_in_force
from chart import CHART

LABEL = "app.kubernetes.io/managed-by"
OURS = {LABEL: "leader-elector-injector"}
HOLDERS, SIDECARS = "shared-leader-elector-holders", "shared-leader-elector-sidecars"
VACANT = "leader-elector.io/vacant"
SPACE = "bank"


def lease(name, holder, labels=None, seconds=10):
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": SPACE, "labels": labels or {}},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": "2026-01-01T00:00:00.000000Z"}}


def role(name):
    """As the operator makes it."""
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [],
            "metadata": {"name": f"leader-elector:{name}", "namespace": SPACE, "labels": OURS}}


def injected(restart_policy, arguments=(), **more):
    sidecar = {"name": "leader-elector", "image": "it:1", "args": list(arguments),
               **({"restartPolicy": restart_policy} if restart_policy else {})}
    spec = {"initContainers": [{"name": "theirs", "image": "it:1"}, sidecar],
            "containers": [{"name": "it", "image": "it:1"}],
            "automountServiceAccountToken": False, "serviceAccountName": "web"}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {**spec, **more}, "metadata": {
        "name": "new", "namespace": SPACE, "labels": {"leader-elector.io/injected": "true"}}})


@pytest.fixture(scope="module", name="bank")
def fixture_bank(control_plane):
    """Pods of one Deployment share a service account, and Leases: held by web-0, free, vacant, made again without the label,
    missing, and one not ours."""
    for namespace in ("shared", SPACE):
        control_plane.kubectl("create", "namespace", namespace)
    control_plane.tool("helm", "install", "shared", str(CHART), "-n", "shared")
    control_plane.kubectl("create", "serviceaccount", "web", "-n", SPACE)
    things = [lease("held", "web-0", OURS), lease("free", "", OURS), lease("vacant", VACANT, OURS),
              lease("unlabelled", "web-0"), lease("unheld", ""), lease("again", "web-0"), lease("long", "web-0", OURS, 3000),
              *(role(name) for name in ("held", "again", "missing"))]
    control_plane.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": things}))
    control_plane.kubectl("create", "role", "web", "-n", SPACE, "--verb=*",
                          "--resource=leases.coordination.k8s.io,pods")
    control_plane.kubectl("create", "rolebinding", "web", "-n", SPACE, "--role=web", f"--serviceaccount={SPACE}:web",
                          f"--serviceaccount={SPACE}:shared-leader-elector")
    web_1 = Caller(control_plane, SPACE, "web", "web-1")
    until_in_force(lambda: web_1.patches("lease", "held", SPACE, {"spec": {"holderIdentity": "web-2"}}))
    until_in_force(lambda: web_1.is_denied("create", "-f", "-", text=injected(None)))
    yield control_plane
    control_plane.tool("helm", "uninstall", "shared", "-n", "shared")


@pytest.fixture(name="pod")
def fixture_pod(bank):
    return lambda name: Caller(bank, SPACE, "web", name)


def holder(name):
    return {"spec": {"holderIdentity": name, "renewTime": "2026-01-01T00:00:01.000000Z"}}


ITSELF = "the Pod {} may write only itself as the holder of the Lease {}, not {}"
NO_POD = "the Lease {} is written by the Pods that campaign for it: system:serviceaccount:bank:web shows no token of a Pod"
RENEWAL = {"spec": {"renewTime": "2026-01-01T00:00:01.000000Z"}}

# ------------------------------------------------------------------------------------------------------- holders


@pytest.mark.parametrize("name, who, change", [
    ("held", "web-0", RENEWAL),
    ("held", "web-1", holder("web-1")),  # a take-over: when it is due, the elector knows
    ("free", "web-1", holder("web-1")),
    ("vacant", "web-1", holder("web-1")),
    ("held", "web-0", holder("")),
    ("held", "web-0", holder(VACANT)),
    ("free", "web-1", holder(VACANT)),
    ("vacant", "web-1", RENEWAL),
])
def test_a_pod_writes_itself_and_releases_its_own_term(pod, name, who, change):
    assert pod(who).patches("lease", name, SPACE, change) is None


@pytest.mark.parametrize("name, who, change, sentence", [
    ("held", "web-1", holder("web-2"), ITSELF.format("web-1", "held", "web-2")),
    ("held", "web-1", RENEWAL, ITSELF.format("web-1", "held", "web-0")),
    ("free", "web-1", holder("web-0"), ITSELF.format("web-1", "free", "web-0")),
    ("vacant", "web-1", holder("web"), ITSELF.format("web-1", "vacant", "web")),
    ("held", "web-1", holder(""), "the Pod web-1 may not release the Lease held, which web-0 holds"),
    ("held", "web-1", holder(VACANT), "the Pod web-1 may not release the Lease held, which web-0 holds"),
    ("held", "web-1", holder(None), "the Pod web-1 may not release the Lease held, which web-0 holds"),
    ("held", "web-1", {"spec": None}, "the Pod web-1 may not release the Lease held, which web-0 holds"),
])
def test_a_pod_writes_nobody_else(pod, name, who, change, sentence):
    assert pod(who).patches("lease", name, SPACE, change) == (HOLDERS, sentence)


def test_a_pod_that_makes_a_labelled_lease_writes_only_itself(pod):
    """The operator's labels come later; who sets them first is denied in any case."""
    made = json.dumps(lease("new", "web-0", OURS))
    assert pod("web-1").is_denied("create", "-f", "-", text=made) == (
        HOLDERS, ITSELF.format("web-1", "new", "web-0"))


LABEL_SENTENCE = "the label app.kubernetes.io/managed-by of the Lease {} is changed by the leader-elector operator only"


@pytest.mark.parametrize("name, change", [
    ("held", {LABEL: None}), ("held", {LABEL: "me"}), ("unlabelled", OURS),
])
def test_a_pod_does_not_touch_the_label(pod, name, change):
    assert pod("web-0").patches("lease", name, SPACE, {"metadata": {"labels": change}}) == (
        HOLDERS, LABEL_SENTENCE.format(name))


def test_a_pod_does_not_make_a_lease_with_the_label(pod):
    made = json.dumps(lease("new", "web-1", OURS))
    assert pod("web-1").is_denied("create", "-f", "-", text=made) == (HOLDERS, LABEL_SENTENCE.format("new"))


OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "nobody", "uid": "00000000-0000-0000-0000-000000000000"}
METADATA = ("who campaigns for the Lease {} writes nothing of its metadata but the annotations "
            "leader-elector.io/session and leader-elector.io/degraded, and the holder leader-elector.io/preferred-holder and "
            "leader-elector.io/hand-over")
METADATA_CHANGES = {
    "an owner": {"ownerReferences": [OWNER]},
    "a finalizer": {"finalizers": ["a/b"]},
    "a label": {"labels": {"a": "b"}},
    "an annotation": {"annotations": {"a": "b"}},
    "an annotation of ours": {"annotations": {"leader-elector.io/sessions": "b"}},
}


@pytest.mark.parametrize("change", METADATA_CHANGES.values(), ids=METADATA_CHANGES.keys())
@pytest.mark.parametrize("who", ["web-0", None])
@pytest.mark.parametrize("name", ["held", "again"])
def test_a_candidate_touches_no_other_metadata(bank, name, who, change):
    assert Caller(bank, SPACE, "web", who).patches("lease", name, SPACE, {"metadata": change}) == (
        HOLDERS, METADATA.format(name))


def test_a_candidate_takes_no_metadata_away(pod, bank):
    bank.kubectl("annotate", "lease", "held", "-n", SPACE, "theirs=1")
    assert pod("web-0").patches("lease", "held", SPACE, {"metadata": {"annotations": {"theirs": None}}}) == (
        HOLDERS, METADATA.format("held"))
    bank.kubectl("annotate", "lease", "held", "-n", SPACE, "theirs-")


def test_a_candidate_writes_its_session(pod):
    assert pod("web-0").patches("lease", "held", SPACE, {**SESSION, **RENEWAL}) is None


def test_any_candidate_asks_an_unhealthy_leader_for_the_lease(pod):
    """Who holds it stays as it is."""
    asked = {"metadata": {"annotations": {"leader-elector.io/degraded": "asked by web-1"}}}
    assert pod("web-1").patches("lease", "held", SPACE, asked) is None
    assert pod("web-1").patches("lease", "held", SPACE, {**asked, "spec": {"holderIdentity": "web-2"}}) == (
        HOLDERS, ITSELF.format("web-1", "held", "web-2"))


ORDER = '{"from":"web-0","token":"1","to":"web-1"}'


@pytest.mark.parametrize("annotation", [{"leader-elector.io/hand-over": ORDER}, {"leader-elector.io/preferred-holder": "web-1"}],
                         ids=["hand-over", "preferred-holder"])
def test_the_holder_alone_writes_of_hand_overs(pod, bank, annotation):
    """And takes away what somebody else, who may, has written."""
    written = {"metadata": {"annotations": annotation}}
    taken = {"metadata": {"annotations": dict.fromkeys(annotation)}}
    for who, answer in [("web-1", (HOLDERS, METADATA.format("held"))), ("web-0", None)]:
        assert pod(who).patches("lease", "held", SPACE, written) == answer
    bank.kubectl("annotate", "lease", "held", "-n", SPACE, *[f"{key}={value}" for key, value in annotation.items()])
    for who, answer in [("web-1", (HOLDERS, METADATA.format("held"))), ("web-0", None)]:
        assert pod(who).patches("lease", "held", SPACE, taken) == answer
    assert pod("web-1").patches("lease", "held", SPACE, {**taken, **holder("web-1")}) is None
    bank.kubectl("annotate", "lease", "held", "-n", SPACE, *[f"{key}-" for key in annotation])


SESSION = {"metadata": {"annotations": {"leader-elector.io/session": "a/b"}}}


@pytest.mark.parametrize("name", ["held", "again"])
def test_a_session_is_written_for_oneself_only(bank, pod, name):
    """By it a leader knows its own writes, and followers its renewals."""
    assert pod("web-1").patches("lease", name, SPACE, SESSION) == (HOLDERS, ITSELF.format("web-1", name, "web-0"))
    assert Caller(bank, SPACE, "web").patches("lease", name, SPACE, SESSION) == (HOLDERS, NO_POD.format(name))


SPEC = "who campaigns for the Lease {} writes its holder, duration, times and transitions, and nothing else of its spec"


@pytest.mark.parametrize("change", [{"strategy": "OldestEmulationVersion"},
                                    {"strategy": "OldestEmulationVersion", "preferredHolder": "web-2"}], ids=str)
def test_a_candidate_hands_the_election_to_nobody_else(pod, change):
    """Kubernetes has an election of its own, in which it names the holder."""
    assert pod("web-0").patches("lease", "held", SPACE, {"spec": {**change, **RENEWAL["spec"]}}) == (HOLDERS, SPEC.format("held"))


def test_others_touch_metadata(bank):
    """Garbage collectors, backups and GitOps controllers: whoever has rights on it that are not of our making."""
    bank.kubectl("create", "clusterrolebinding", "elsewhere", "--clusterrole=cluster-admin",
                 "--serviceaccount=shared:elsewhere")
    elsewhere = Caller(bank, "shared", "elsewhere", "a-pod")
    assert elsewhere.patches("lease", "held", SPACE, {"metadata": {"annotations": {"a": "b"}, "ownerReferences": [OWNER]}}) is None
    assert elsewhere.patches("lease", "held", SPACE, RENEWAL) == (HOLDERS, ITSELF.format("a-pod", "held", "web-0"))
    bank.kubectl("delete", "clusterrolebinding", "elsewhere")


def test_a_lease_without_the_label_is_held_to_the_same_while_there_is_our_role(pod):
    assert pod("web-1").patches("lease", "again", SPACE, RENEWAL) == (HOLDERS, ITSELF.format("web-1", "again", "web-0"))
    assert pod("web-0").patches("lease", "again", SPACE, RENEWAL) is None


def made_again(holder_name, seconds=10, **metadata):
    thing = lease("missing", holder_name, seconds=seconds)
    thing["metadata"] |= metadata
    return json.dumps(thing)


LONGER = "leaseDurationSeconds {} of the Lease {} is more than the 300 that policies.longestLease of the leader-elector chart allows"


@pytest.mark.parametrize("seconds", [10, 3600])
def test_a_missing_lease_is_made_again_as_an_elector_does(pod, seconds):
    """With the longest duration that the elector saw: it believes an hour, whoever wrote that."""
    assert pod("web-1").is_denied("create", "-f", "-", text=made_again(VACANT, seconds)) is None


@pytest.mark.parametrize("made, sentence", [
    (made_again("attacker-chosen-name"), ITSELF.format("web-1", "missing", "attacker-chosen-name")),
    (made_again(VACANT, ownerReferences=[OWNER]), METADATA.format("missing")),
    (made_again(VACANT, labels={"a": "b"}), METADATA.format("missing")),
    (made_again(VACANT, finalizers=["a/b"]), METADATA.format("missing")),
    (made_again(VACANT, 3601), LONGER.format(3601, "missing")),
    (made_again("web-1", 301), LONGER.format(301, "missing")),
    (made_again("", 301), LONGER.format(301, "missing")),
])
def test_a_missing_lease_is_made_again_in_no_other_way(pod, made, sentence):
    assert pod("web-1").is_denied("create", "-f", "-", text=made) == (HOLDERS, sentence)


@pytest.mark.parametrize("name, seconds, denied", [
    ("held", 300, None), ("held", 301, LONGER.format(301, "held")), ("held", 3600, LONGER.format(3600, "held")),
    ("again", 3600, LONGER.format(3600, "again")), ("long", 3000, None), ("long", 2999, None),
    ("long", 3001, LONGER.format(3001, "long")),
])
def test_a_pod_records_no_longer_lease_than_allowed_or_than_stands_there(pod, name, seconds, denied):
    change = {"spec": {"leaseDurationSeconds": seconds, "renewTime": "2026-01-01T00:00:01.000000Z"}}
    assert pod("web-0").patches("lease", name, SPACE, change) == (denied and (HOLDERS, denied))


def test_a_service_account_without_a_pod_writes_no_holder(bank):
    nobody = Caller(bank, SPACE, "web")
    assert nobody.patches("lease", "free", SPACE, holder("web-0")) == (HOLDERS, NO_POD.format("free"))


def test_an_account_of_the_operators_name_elsewhere_is_not_the_operator(bank):
    impostor = Caller(bank, SPACE, "shared-leader-elector", "web-0")
    assert impostor.patches("lease", "held", SPACE, {"metadata": {"labels": {LABEL: None}}}) == (
        HOLDERS, LABEL_SENTENCE.format("held"))


def test_the_operator_changes_the_label(bank):
    operator = Caller(bank, "shared", "shared-leader-elector", "shared-leader-elector-5c9-x")
    assert operator.patches("lease", "unheld", SPACE, {"metadata": {"labels": OURS}}) is None
    assert operator.patches("lease", "held", SPACE, {"metadata": {"labels": {LABEL: None}}}) is None


@pytest.mark.parametrize("namespace", [SPACE, "elsewhere"])
def test_the_operator_of_another_release_changes_the_label(bank, namespace):
    """In its own namespace too. It is known by a right that the chart gives it, which no resource has."""
    account = f"another-{namespace}"
    bank.kubectl("create", "clusterrole", account, "--verb=get,patch,create", "--resource=leases.coordination.k8s.io")
    another = Caller(bank, namespace, account, "another-operator-1")
    try:
        bank.kubectl("create", "clusterrolebinding", account, f"--clusterrole={account}", f"--serviceaccount={namespace}:{account}")
        made = json.dumps({**lease("new", "", OURS, 1), "metadata": {"name": "new", "namespace": SPACE, "labels": OURS}})
        assert another.patches("lease", "unheld", SPACE, {"metadata": {"labels": OURS}}) is not None
        assert another.is_denied("create", "-f", "-", text=made) is not None
        bank.kubectl("patch", "clusterrole", account, "--type=json", "-p", json.dumps([{"op": "add", "path": "/rules/-", "value": {
            "apiGroups": ["leader-elector.io"], "resources": ["leases"], "verbs": ["label"]}}]))
        until_in_force(lambda: another.patches("lease", "unheld", SPACE, {"metadata": {"labels": OURS}}) is None)
        assert another.is_denied("create", "-f", "-", text=made) is None
        assert another.patches("lease", "held", SPACE, RENEWAL) == (HOLDERS, ITSELF.format("another-operator-1", "held", "web-0"))
    finally:
        bank.kubectl("delete", "clusterrolebinding,clusterrole", account, "--ignore-not-found")


def test_leases_that_are_not_ours_are_not_held(pod):
    assert pod("web-1").patches("lease", "unlabelled", SPACE, holder("web-2")) is None


def test_people_are_not_held(bank):
    bank.kubectl("patch", "lease", "held", "-n", SPACE, "--dry-run=server", "--type=merge", "-p",
                 json.dumps(holder("somebody")))


def kubeconfig_of_a_pod(cluster, name, directory):
    """With a token as the kubelet fetches it for that Pod."""
    spec = {"containers": [{"name": "it", "image": "it:1"}], "serviceAccountName": "web",
            "automountServiceAccountToken": False}
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SPACE},
                              "spec": spec}))
    token = cluster.kubectl("create", "token", "web", "-n", SPACE, "--bound-object-kind=Pod",
                            f"--bound-object-name={name}")
    authority = base64.b64encode((cluster.directory / "pki" / "ca.crt").read_bytes()).decode()
    path = directory / name
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": "https://10.99.0.10:6443",
                                                "certificate-authority-data": authority}}],
        "users": [{"name": "it", "user": {"token": token.strip()}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]}), encoding="utf-8")
    return path


def test_a_pods_real_token_names_the_pod(bank, tmp_path):
    flag = f"--kubeconfig={kubeconfig_of_a_pod(bank, 'web-9', tmp_path)}"
    patch = ("patch", "lease", "free", "-n", SPACE, "--dry-run=server", "--type=merge", flag, "-p")
    bank.kubectl(*patch, json.dumps(holder("web-9")))
    with pytest.raises(AssertionError, match=ITSELF.format("web-9", "free", "web-0")):
        bank.kubectl(*patch, json.dumps(holder("web-0")))


# ------------------------------------------------------------------------------------------------------ sidecars

LOST = ("the sidecar leader-elector lost its restartPolicy Always to another webhook, and the Pod would wait for its "
        "end for ever; "
        "have that webhook updated or skip this Pod, or annotate the Pod with leader-elector.io/mode=container")


def test_a_sidecar_that_became_an_init_container_is_refused(pod):
    assert pod("web-0").is_denied("create", "-f", "-", text=injected(None)) == (SIDECARS, LOST)


@pytest.mark.parametrize("argument", ["--lease-duration=5m", "--lease-duration=300s", "--lease-duration=1m30s", "--lease-duration=x",
                                      "--lease-renew-duration=10m", "--lease-name=--lease-duration=1h"])
def test_a_sidecar_with_a_lease_duration_that_it_may_record_is_let_through(pod, argument):
    assert pod("web-0").is_denied("create", "-f", "-", text=injected("Always", [argument])) is None


@pytest.mark.parametrize("argument", ["--lease-duration=301s", "--lease-duration=1h", "--lease-duration=4m60.5s"])
@pytest.mark.parametrize("place", ["initContainers", "containers"])
def test_a_sidecar_with_a_lease_duration_that_it_could_not_record_is_refused(pod, argument, place):
    text = injected("Always", [argument])
    if place == "containers":
        thing = json.loads(text)
        thing["spec"]["containers"].append(thing["spec"]["initContainers"].pop())
        del thing["spec"]["containers"][-1]["restartPolicy"]
        text = json.dumps(thing)
    assert pod("web-0").is_denied("create", "-f", "-", text=text) == (
        SIDECARS, "the sidecar leader-elector has a lease duration of more than the 300s that policies.longestLease of the leader-elector "
        "chart allows; annotate the Pod with a shorter leader-elector.io/lease-duration, or raise that value")


def test_a_native_sidecar_is_let_through(pod):
    assert pod("web-0").is_denied("create", "-f", "-", text=injected("Always")) is None


def test_a_sidecar_among_the_containers_is_let_through(pod):
    containers = [{"name": "it", "image": "it:1"}, {"name": "leader-elector", "image": "it:1"}]
    assert pod("web-0").is_denied("create", "-f", "-",
                                  text=injected(None, initContainers=[], containers=containers)) is None


def test_a_pod_that_was_not_injected_is_not_judged(pod):
    made = injected(None).replace("leader-elector.io/injected", "theirs")
    assert pod("web-0").is_denied("create", "-f", "-", text=made) is None
