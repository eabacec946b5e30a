"""The rules of RBAC, by service accounts with tokens of a real API server."""
import base64
import json
import time

from observation import boottime
from processes import LEASE_SECONDS

VERBS = ["get", "list", "watch", "create", "update"]


def role(name, verbs):
    """A Role for one Lease, and Events, bound to the service account of the same name."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name, "namespace": "default"},
         "rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [name], "verbs": verbs},
                   {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
         "metadata": {"name": name, "namespace": "default"},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
         "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}]}]})


def kubeconfig_of(plane, account, directory, namespace="default", pod=None):
    """Of a service account; with a token as the kubelet fetches it for its Pod, if one is named."""
    bound = ["--bound-object-kind=Pod", f"--bound-object-name={pod}"] if pod else []
    token = plane.kubectl("-n", namespace, "create", "token", account, *bound).strip()
    authority = base64.b64encode((plane.directory / "pki" / "ca.crt").read_bytes()).decode()
    path = directory / f"kubeconfig-{pod or account}"
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": {
            "server": "https://10.99.0.10:6443", "certificate-authority-data": authority}}],
        "users": [{"name": "it", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]}), encoding="utf-8")
    return path


def service_account(electors, directory):
    """A kubeconfig of a new service account, named as the Lease, which may do nothing yet."""
    electors.control_plane.kubectl("create", "serviceaccount", electors.lease)
    return kubeconfig_of(electors.control_plane, electors.lease, directory)


def refusals(electors):
    user = f"system:serviceaccount:default:{electors.lease}"
    return [f"{event['verb']} {event['requestURI']}" for event in electors.control_plane.audit()
            if event["user"].get("username") == user and event.get("responseStatus", {}).get("code") == 403]


def test_one_resource_name_suffices_for_creation_watch_renewal_and_takeover(electors, tmp_path):
    kubeconfig = service_account(electors, tmp_path)
    electors.control_plane.apply(role(electors.lease, VERBS))
    electors.start("a", "b", kubeconfig=kubeconfig)
    old = electors.observation.agreed()
    time.sleep(LEASE_SECONDS)
    electors.kill(old["by"])
    electors.observation.successor(old["token"], 0, LEASE_SECONDS + 2)
    assert refusals(electors) == []


def test_without_list_and_watch_the_elector_polls_and_warns_once(electors, tmp_path):
    kubeconfig = service_account(electors, tmp_path)
    electors.control_plane.apply(role(electors.lease, ["get", "create", "update"]))
    electors.start("a", "b", kubeconfig=kubeconfig)
    old = electors.observation.agreed()
    killed = boottime()
    electors.kill(old["by"])
    new = electors.observation.successor(old["token"], killed, LEASE_SECONDS + 3)
    complaints = [line for line in electors.log(new["by"]).splitlines() if "not allowed to" in line]
    assert len(complaints) == 1, complaints


def test_without_a_role_it_stays_up_says_why_once_and_joins_when_the_role_appears(electors, tmp_path):
    kubeconfig = service_account(electors, tmp_path)
    electors.start("a", kubeconfig=kubeconfig)
    electors.observation.wait("it answers", lambda: electors.observation.answer("a"))
    time.sleep(3 * LEASE_SECONDS)  # of which every attempt is refused
    assert electors.alive("a")
    assert electors.status("a", "/healthz") == 200
    assert electors.status("a", "/readyz") == 503
    complaints = [line for line in electors.log("a").splitlines() if "not allowed to" in line]
    assert len(complaints) == 1, complaints
    assert "Role" in complaints[0] and electors.lease in complaints[0]
    electors.control_plane.apply(role(electors.lease, VERBS))
    electors.observation.agreed(15)
    assert electors.status("a", "/readyz") == 200
