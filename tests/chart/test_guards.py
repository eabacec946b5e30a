"""Values that are well-formed, and make no sense together, are refused with one sentence."""
import pytest

from chart import merged, nested, notes, refusal, render

PEM = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
INJECTED = {"cert-manager.io/inject-ca-from": "a/b"}


def values(**settings):
    """a__b=1 is {"a": {"b": 1}}."""
    return merged(*(nested(path.replace("__", "."), value) for path, value in settings.items()))


REFUSED = [
    (values(certificates__mode="secret", certificates__secret__caBundle=PEM),
     "certificates.mode is secret, so certificates.secret.name must name the Secret with tls.crt and tls.key."),
    (values(certificates__mode="secret", certificates__secret__name="a"),
     "certificates.mode is secret, so certificates.secret.caBundle must be the PEM of the CA that signed the "
     "certificate, or "
     "webhook.annotations must have cert-manager.io/inject-ca-from or cert-manager.io/inject-ca-from-secret."),
    (values(certificates__mode="secret", certificates__secret={"name": "a", "caBundle": PEM},
            webhook__annotations=INJECTED),
     "certificates.secret.caBundle and a cert-manager.io/inject-ca-from annotation in webhook.annotations exclude each "
     "other: "
     "two would write the webhook's caBundle."),
    (values(certificates__secret__name="a"),
     "certificates.secret is set, but certificates.mode is own: set certificates.mode=secret to use it, or leave "
     "certificates.secret empty."),
    (values(certificates__mode="certManager", certificates__secret__caBundle=PEM),
     "certificates.secret is set, but certificates.mode is certManager: set certificates.mode=secret to use it, or "
     "leave "
     "certificates.secret empty."),
    (values(webhook__annotations=INJECTED),
     "webhook.annotations has a cert-manager.io/inject-ca-from annotation, but with certificates.mode=own somebody "
     "else writes "
     "the webhook's caBundle: use certificates.mode=secret or certManager."),
    (values(certificates__certManager__issuerRef={"name": "a"}),
     "certificates.certManager.issuerRef is set, but certificates.mode is own: set certificates.mode=certManager to "
     "use it, or "
     "leave it empty."),
    (values(certificates={"mode": "certManager", "certManager": {"duration": "24h", "renewBefore": "1440m"}}),
     "certificates.certManager.renewBefore 1440m must be less than certificates.certManager.duration 24h."),
    (values(webhook__port=8081),
     "webhook.port and webhook.healthPort are both 8081, and must differ: one process listens on both."),
    (values(operator__dashboard__port=8082),
     "operator.dashboard.port and operator.healthPort are both 8082, and must differ: one process listens on both."),
    (values(hostNetwork=True, webhook__port=10250),
     "webhook.port is 10250 and hostNetwork is true: on every node that port is the kubelet's or kube-proxy's, and the "
     "webhook would not start. Take another one, such as 8443, or leave hostNetwork false, so that the port is the "
     "Pod's own."),
    (values(hostNetwork=True, webhook__healthPort=10256),
     "webhook.healthPort is 10256 and hostNetwork is true: on every node that port is the kubelet's or kube-proxy's, "
     "and the webhook would not start. Take another one, such as 8443, or leave hostNetwork false, so that the port is "
     "the Pod's own."),
    (values(terminationGracePeriodSeconds=10),
     "terminationGracePeriodSeconds 10 must be more than webhook.shutdownDelaySeconds 10: the webhook would be killed "
     "while it "
     "still answers."),
    (values(podDisruptionBudget__maxUnavailable=1),
     "podDisruptionBudget.minAvailable 1 and podDisruptionBudget.maxUnavailable 1 exclude each other: set one of them "
     "to \"\"."),
    (values(podDisruptionBudget__minAvailable=""),
     "podDisruptionBudget.enabled is true, so one of podDisruptionBudget.minAvailable and "
     "podDisruptionBudget.maxUnavailable "
     "must be set."),
    (values(podDisruptionBudget__minAvailable=2),
     "podDisruptionBudget.minAvailable 2 with replicas 2 would let no node be drained: at most replicas - 1."),
    (values(replicas=3, operator__replicas=2, podDisruptionBudget__minAvailable=2),
     "podDisruptionBudget.minAvailable 2 with operator.replicas 2 would let no node be drained: at most operator.replicas - 1."),
    (values(podDisruptionBudget__minAvailable="100%"),
     "podDisruptionBudget.minAvailable 100% with replicas 2 would let no node be drained: at most replicas - 1."),
    (values(podDisruptionBudget={"minAvailable": "", "maxUnavailable": 0}),
     "podDisruptionBudget.maxUnavailable 0 would let no node be drained: at least 1."),
    (values(sidecar__leaseDuration="1500ms"),
     "sidecar.leaseDuration 1500ms must be whole seconds, from 1s to 1h."),
    (values(sidecar__leaseDuration="0s"),
     "sidecar.leaseDuration 0s must be whole seconds, from 1s to 1h."),
    (values(sidecar__leaseDuration="1h1s"),
     "sidecar.leaseDuration 1h1s must be whole seconds, from 1s to 1h."),
    (values(sidecar__leaseDuration="5s"),
     "sidecar.leaseRenewDuration (the default) 5s is more than 0.9 of sidecar.leaseDuration 5s: two clocks that run at "
     "different rates could let two lead."),
    (values(sidecar__leaseRenewDuration="9001ms"),
     "sidecar.leaseRenewDuration 9001ms is more than 0.9 of sidecar.leaseDuration (the default) 10s: two clocks that "
     "run at "
     "different rates could let two lead."),
    (values(sidecar__retryPeriod="5s"),
     "sidecar.retryPeriod 5s must be less than sidecar.leaseRenewDuration (the default) 5s: a leader would stop "
     "leading before "
     "it renews."),
]


@pytest.mark.parametrize("given, sentence", REFUSED, ids=[sentence[:70] for _, sentence in REFUSED])
def test_it_refuses(given, sentence):
    assert f": {sentence}\n" in refusal(given)


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease"])
def test_it_refuses_kubernetes_own_namespaces(namespace):
    assert (
        f"leader-elector must not be released into {namespace}: the webhook leaves Kubernetes' own namespaces alone, "
        f"and the "
        "operator may write nothing there. Take a namespace of its own: --namespace leader-elector "
        "--create-namespace.\n"
    ) in refusal(namespace=namespace)


TAKEN = {
    "a Lease of an hour": values(sidecar={"leaseDuration": "1h", "leaseRenewDuration": "54m"}),
    "a Lease of 90 s": values(sidecar={"leaseDuration": "1m30s", "leaseRenewDuration": "81s",
                                       "retryPeriod": "80999ms"}),
    "0.9 of the default": values(sidecar__leaseRenewDuration="9s"),
    "a budget by percentage": values(podDisruptionBudget__minAvailable="50%"),
    "a budget by what may go": values(podDisruptionBudget={"minAvailable": "", "maxUnavailable": 1}),
    "a budget that fits three": values(replicas=3, podDisruptionBudget__minAvailable=2),
    "ports of Pods that share no address": values(webhook__port=8082),
    "a budget that only the webhook's replicas need fit": values(replicas=3, operator__replicas=1, podDisruptionBudget__minAvailable=2),
    "a kubelet's port in a network of the Pod's own": values(webhook__port=10250),
    "a budget that is not rendered": values(replicas=1, podDisruptionBudget__minAvailable=1),
    "a Secret whose CA cert-manager injects": values(
        certificates={"mode": "secret", "secret": {"name": "a"}}, webhook__annotations=INJECTED),
}


@pytest.mark.parametrize("given", TAKEN.values(), ids=TAKEN.keys())
def test_it_takes(given):
    render(given)


def test_helm_refuses_an_older_kubernetes():
    assert "chart requires kubeVersion: >=1.33.0-0" in refused_by_version("1.32.9")
    render(None, "election", "leader-elector", "--kube-version", "1.33.0-gke.1")


def refused_by_version(version):
    with pytest.raises(AssertionError) as error:
        render(None, "election", "leader-elector", "--kube-version", version)
    return str(error.value)


NOTED = [
    ({}, ["rollout status deployment/leader-elector\n", "rollout status deployment/leader-elector-operator\n",
          "kubectl annotate deployment NAME leader-elector.io/inject=true"],
     ["WARNING", "You chose", "helm test"]),
    (values(tests__enabled=True), ["rollout status deployment/leader-elector-operator\n"
                                   "    helm test leader-elector -n election\n"], []),
    (values(replicas=1), ["WARNING: with one replica and webhook.failurePolicy=Fail, annotated Pods are refused "
                          "whenever"], []),
    (values(replicas=1, webhook__failurePolicy="Ignore"),
     ["WARNING: with webhook.failurePolicy=Ignore, annotated Pods start without a sidecar"], ["with one replica"]),
    (values(operator__copyAnnotations=False), ["kubectl patch deployment NAME -p "],
     ["kubectl annotate deployment NAME"]),
    (values(operator__manageRbac=False), ["You chose operator.manageRbac=false"], []),
    (values(rbac__create=False), ["You chose rbac.create=false"], []),
    (values(certificates__mode="certManager"), ["delete secret leader-elector-tls leader-elector-ca"], []),
    (values(certificates={"mode": "certManager", "certManager": {"issuerRef": {"name": "a"}}}),
     ["delete secret leader-elector-tls\n"], []),
    (values(certificates={"mode": "secret", "secret": {"name": "mine", "caBundle": PEM}}),
     ["The Secret mine was not found in election"], []),
]


@pytest.mark.parametrize("given, present, absent", NOTED, ids=[str(given)[:60] for given, _, _ in NOTED])
def test_the_notes_say(given, present, absent):
    said = notes(given)
    assert [text for text in present if text not in said] + [text for text in absent if text in said] == []
