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


def lease(name, holder, labels=None):
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": SPACE, "labels": labels or {}},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 10, "renewTime": "2026-01-01T00:00:00.000000Z"}}


def injected(restart_policy, **more):
    sidecar = {"name": "leader-elector", "image": "it:1",
               **({"restartPolicy": restart_policy} if restart_policy else {})}
    spec = {"initContainers": [{"name": "theirs", "image": "it:1"}, sidecar],
            "containers": [{"name": "it", "image": "it:1"}],
            "automountServiceAccountToken": False, "serviceAccountName": "web"}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {**spec, **more}, "metadata": {
        "name": "new", "namespace": SPACE, "labels": {"leader-elector.io/injected": "true"}}})


@pytest.fixture(scope="module", name="bank")
def fixture_bank(control_plane):
    """Pods of one Deployment share a service account, and Leases: held by web-0, free, vacant, and one not ours."""
    for namespace in ("shared", SPACE):
        control_plane.kubectl("create", "namespace", namespace)
    control_plane.tool("helm", "install", "shared", str(CHART), "-n", "shared")
    control_plane.kubectl("create", "serviceaccount", "web", "-n", SPACE)
    things = [lease("held", "web-0", OURS), lease("free", "", OURS), lease("vacant", VACANT, OURS),
              lease("unlabelled", "web-0")]
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


def test_a_pod_touches_other_metadata(pod):
    assert pod("web-1").patches("lease", "held", SPACE, {"metadata": {"annotations": {"a": "b"}}}) is None


def test_a_service_account_without_a_pod_writes_no_holder(bank):
    nobody = Caller(bank, SPACE, "web")
    assert nobody.patches("lease", "free", SPACE, holder("web-0")) == (
        HOLDERS, "the Lease free is written by the Pods that campaign for it: system:serviceaccount:bank:web shows no "
                 "token of a Pod")
    assert nobody.patches("lease", "held", SPACE, {"metadata": {"annotations": {"a": "b"}}}) is None


def test_an_account_of_the_operators_name_elsewhere_is_not_the_operator(bank):
    impostor = Caller(bank, SPACE, "shared-leader-elector", "web-0")
    assert impostor.patches("lease", "held", SPACE, {"metadata": {"labels": {LABEL: None}}}) == (
        HOLDERS, LABEL_SENTENCE.format("held"))


def test_the_operator_changes_the_label(bank):
    operator = Caller(bank, "shared", "shared-leader-elector", "shared-leader-elector-5c9-x")
    assert operator.patches("lease", "unlabelled", SPACE, {"metadata": {"labels": OURS}}) is None
    assert operator.patches("lease", "held", SPACE, {"metadata": {"labels": {LABEL: None}}}) is None


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


def test_a_native_sidecar_is_let_through(pod):
    assert pod("web-0").is_denied("create", "-f", "-", text=injected("Always")) is None


def test_a_sidecar_among_the_containers_is_let_through(pod):
    containers = [{"name": "it", "image": "it:1"}, {"name": "leader-elector", "image": "it:1"}]
    assert pod("web-0").is_denied("create", "-f", "-",
                                  text=injected(None, initContainers=[], containers=containers)) is None


def test_a_pod_that_was_not_injected_is_not_judged(pod):
    made = injected(None).replace("leader-elector.io/injected", "theirs")
    assert pod("web-0").is_denied("create", "-f", "-", text=made) is None
