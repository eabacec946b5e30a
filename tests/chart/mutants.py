#!/usr/bin/python3
"""Takes one rule after another out of a copy of the chart, and lets the tests of that rule run on it: they must fail.

    tests/chart/mutants.py [WORD...]     all of them, or those whose names have a WORD (a minute for each)

Prints each with the test that noticed it. The exit code is 1 if one went unnoticed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from chart import CHART, HERE

OPERATOR, HOLDERS, WEBHOOK = "policy-operator.yaml", "policy-holders.yaml", "webhook.yaml"
OPERATOR_TESTS, POD_TESTS, WEBHOOK_TESTS = "test_operator_policies.py", "test_pod_policies.py", "test_webhook.py"

# What the rule is, the template, what stands there, what stands there instead, and the tests that must notice.
MUTANTS = [
    ("Roles in kube-*", OPERATOR, "!request.namespace.startsWith('kube-')", "true", OPERATOR_TESTS),
    ("names of Roles", OPERATOR, "expression: variables.lease != ''", "expression: 'true'", OPERATOR_TESTS),
    ("labels of Roles", OPERATOR,
     ".orValue('') == 'leader-elector-injector')\n      messageExpression: >-\n        'the "
     "leader-elector operator writes only", ".orValue('') != 'x')\n      messageExpression: >-\n        'the "
     "leader-elector operator writes only", OPERATOR_TESTS),
    ("the Lease in a Role's rule", OPERATOR, "r.?resourceNames.orValue([]) == [variables.lease]", "true",
     OPERATOR_TESTS),
    ("verbs in a Role's rule", OPERATOR, "r.verbs.all(v, v in ['get', 'list', 'watch', 'create', 'update'])", "true",
     OPERATOR_TESTS),
    ("the Role that is bound", OPERATOR, "dyn(object).roleRef.kind == 'Role' && ", "", OPERATOR_TESTS),
    ("namespaces of service accounts", OPERATOR, " && s.?namespace.orValue('') == request.namespace", "",
     OPERATOR_TESTS),
    ("specs of Pod templates", OPERATOR,
     "variables.newTemplate.?spec.orValue({}) == variables.oldTemplate.?spec.orValue({})", "true",
     OPERATOR_TESTS),
    ("specs of workloads", OPERATOR, "\"k == (variables.cron ? 'jobTemplate' : 'template')\"", '"true"',
     OPERATOR_TESTS),
    ("foreign annotations", OPERATOR, "\"k.startsWith('leader-elector.io/')\"", '"true"', OPERATOR_TESTS),
    ("metadata of workloads", OPERATOR, "\"k == 'deprecated.daemonset.template.generation'\"", '"true"',
     OPERATOR_TESTS),
    ("the count of a DaemonSet's templates", OPERATOR, "\"k == 'deprecated.daemonset.template.generation'\"", '"false"',
     OPERATOR_TESTS),
    ("what stands on the workload", OPERATOR,
     "(k in variables.oldOwnAnnotations && variables.oldOwnAnnotations[k] == variables.newAnnotations[k])", "true",
     OPERATOR_TESTS),
    ("the value that stands on the workload", OPERATOR, "variables.oldOwnAnnotations[k] == variables.newAnnotations[k]", "true",
     OPERATOR_TESTS),
    ("the value that stands on the template", OPERATOR,
     "(k in variables.oldAnnotations && variables.oldAnnotations[k] == variables.newAnnotations[k])",
     "k in variables.oldAnnotations", OPERATOR_TESTS),
    ("the CronJob's template", OPERATOR, "variables.cron ? variables.new.spec.jobTemplate.spec.template", "variables.cron ? "
     "variables.old.spec.jobTemplate.spec.template", OPERATOR_TESTS),
    ("what is taken from the template", OPERATOR, "k in variables.newAnnotations || !(k in variables.oldOwnAnnotations)", "true",
     OPERATOR_TESTS),
    ("labels on Leases of others", OPERATOR,
     "variables.old.?spec.?holderIdentity.orValue('') in variables.nobody", "true", OPERATOR_TESTS),
    ("labels on Leases of electors", OPERATOR,
     "variables.old.metadata.?annotations[?'leader-elector.io/session'].orValue('') != ''", "false", OPERATOR_TESTS),
    ("holders of Leases that it makes", OPERATOR, "variables.new.?spec.?holderIdentity.orValue('x') == '' &&", "",
     OPERATOR_TESTS),
    ("durations of Leases that it makes", OPERATOR, "variables.new.?spec.?leaseDurationSeconds.orValue(0) == 1", "true",
     OPERATOR_TESTS),
    ("fields of Leases that it makes", OPERATOR, "all(k, k in ['holderIdentity', 'leaseDurationSeconds', 'acquireTime', "
     "'renewTime'])", "all(k, true)", OPERATOR_TESTS),
    ("metadata of Leases that it makes", OPERATOR, "'managedFields', 'labels']) &&", "'managedFields', 'labels'] || true) &&",
     OPERATOR_TESTS),
    ("labels of Leases that it makes", OPERATOR,
     "variables.newLabels == {'app.kubernetes.io/managed-by': 'leader-elector-injector'}", "true", OPERATOR_TESTS),
    ("specs of Leases", OPERATOR, "variables.new.?spec.orValue({}) == variables.old.?spec.orValue({})", "true",
     OPERATOR_TESTS),
    ("creation of Leases", OPERATOR, "request.operation != 'CREATE' ||", "true ||", OPERATOR_TESTS),
    ("deletion of Leases", OPERATOR, "request.operation != 'DELETE' ||", "true ||", OPERATOR_TESTS),
    ("the name of another Pod", HOLDERS, "|| variables.holder == variables.pod", "|| true", POD_TESTS),
    ("the release of another's term", HOLDERS, "|| variables.oldHolder == variables.pod", "|| true", POD_TESTS),
    ("tokens of no Pod", HOLDERS, "variables.unchanged || variables.pod != ''", "true", POD_TESTS),
    ("sessions of others", HOLDERS, "variables.new == variables.old && variables.newAnnotations[?'leader-elector.io/session'] ==\n"
     "        variables.oldAnnotations[?'leader-elector.io/session']", "variables.new == variables.old", POD_TESTS),
    ("fields of another election", HOLDERS, "'renewTime', 'leaseTransitions']", "'renewTime', 'leaseTransitions', 'strategy', "
     "'preferredHolder']", POD_TESTS),
    ("how long a missing Lease is kept vacant", HOLDERS, " && variables.duration <= 3600", "", POD_TESTS),
    ("who holds a missing Lease for longer", HOLDERS, "variables.holder == 'leader-elector.io/vacant' && variables.duration",
     "variables.duration", POD_TESTS),
    ("a missing Lease of a longer duration", HOLDERS, "(oldObject == null && variables.holder", "(false && variables.holder", POD_TESTS),
    ("the label", HOLDERS, "== (oldObject == null ? '' : dyn(oldObject).{{ $label }})\n      message", "!= 'x'\n      message",
     POD_TESTS),
    ("metadata of Leases", HOLDERS, "'resourceVersion', 'generation', 'annotations']\"", "'resourceVersion', 'generation', "
     "'annotations'] || true\"", POD_TESTS),
    ("owners of Leases", HOLDERS, "'generation', 'annotations']", "'generation', 'annotations', 'ownerReferences']", POD_TESTS),
    ("annotations of Leases", HOLDERS, "\"k == 'leader-elector.io/session'\"", '"true"', POD_TESTS),
    ("who campaigns, and who else", HOLDERS, "'system:serviceaccount:' + request.namespace + ':'", "'system:'", POD_TESTS),
    ("Leases without the label", HOLDERS, ": params.metadata.name == 'leader-elector:' + request.name", ": false", POD_TESTS),
    ("Leases with the label", HOLDERS, "? (dyn(object).{{ $label }} == 'leader-elector-injector' ||", "? (false &&", POD_TESTS),
    ("the Role's Lease alone", HOLDERS, ": params.metadata.name == 'leader-elector:' + request.name", ": true", POD_TESTS),
    ("the longest lease", HOLDERS, "variables.duration <= {{ $longest }} ||", "true ||", POD_TESTS),
    ("a longer lease that stands there", HOLDERS, " || variables.duration <= variables.old.?leaseDurationSeconds.orValue(0)", "",
     POD_TESTS),
    ("sidecars with a longer lease", "policy-sidecars.yaml", "c.?args.orValue([]).all(a, !a.matches(",
     "c.?args.orValue([]).all(a, true || !a.matches(", POD_TESTS),
    ("sidecars without restartPolicy", "policy-sidecars.yaml", "c.name != 'leader-elector' ||", "true ||", POD_TESTS),
    ("inject=false", WEBHOOK, "!= 'false'", "!= 'x'", WEBHOOK_TESTS),
    ("annotations of others", WEBHOOK, "k.startsWith('leader-elector.io/')", "true", WEBHOOK_TESTS),
    ("Kubernetes' own namespaces", WEBHOOK, "values: [kube-system, kube-public, kube-node-lease]",
     "values: [kube-system]", WEBHOOK_TESTS),
    ("the injector's own Pods", WEBHOOK, "!('leader-elector.io/injector' in object.metadata.labels)", "true",
     WEBHOOK_TESTS),
    ("Secrets without data", "secrets.yaml", "type: Opaque", 'type: Opaque\ndata: {ca.crt: ""}', "test_release.py"),
    ("no caBundle", WEBHOOK, "        port: 443\n", "        port: 443\n      caBundle: Cg==\n", "test_release.py"),
    ("the operator's Lease, at the end", "lease.yaml", "helm.sh/hook: post-delete", "helm.sh/hook: pre-rollback",
     "test_release.py"),
    ("a token of the webhook", "_pods.tpl", "automountServiceAccountToken: false", "automountServiceAccountToken: true",
     "test_objects.py"),
    ("the webhook's own service account", "deployment.yaml", "leader-elector.webhookServiceAccountName",
     "leader-elector.serviceAccountName", "test_objects.py"),
    ("keys that the webhook waits for", "deployment.yaml", "              - key: tls.key\n                path: tls.key\n", "",
     "test_objects.py"),
    ("the webhook's Pods in its Service alone", "service.yaml",
     '{{- include "leader-elector.selectorLabels" (dict "context" . "component" "injector") | nindent 4 }}',
     "app.kubernetes.io/instance: {{ .Release.Name }}", "test_objects.py"),
    ("the selector of the webhook's Deployment", "deployment.yaml", '"component" "injector"', '"component" "webhook"',
     "test_objects.py"),
    ("the label of the operator's Pods", "_pods.tpl", 'leader-elector.io/injector: "true"', 'leader-elector.io/injector: "false"',
     "test_objects.py"),
    ("the port of sidecars", "networkpolicy.yaml", "endPort: 4039", "endPort: 4040", "test_sidecars_network.py"),
    ("ports above that of sidecars", "networkpolicy.yaml", "port: 4041, endPort: 65535", "port: 4041",
     "test_sidecars_network.py"),
    ("Pods whose sidecar has another port", "networkpolicy.yaml", "operator: DoesNotExist", "operator: Exists",
     "test_sidecars_network.py"),
    ("the capabilities", "../values.yaml", "drop: [ALL]", "drop: [NET_RAW]", "test_server.py"),
]


def mutated(directory, template, old, new):
    copy = Path(directory, "leader-elector")
    shutil.copytree(CHART, copy)
    file = copy / "templates" / template
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{template} has no {old!r}: mend this list"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return copy


def noticed(name, template, old, new, tests):
    """The first test that failed; None if all passed."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as directory:
        done = subprocess.run(
            ["pytest-3", "-p", "no:cacheprovider", "-q", "-x", "--tb=no", "-rfE", str(HERE / tests)],
            capture_output=True, text=True,
            check=False, env={**os.environ, "CHART": str(mutated(directory, template, old, new))})
    found = re.search(r"^(?:FAILED|ERROR) \S*::(.*?)(?: - .*)?$", done.stdout, re.M)
    verdict, by = ("noticed", found[1]) if found else ("UNNOTICED", done.stdout.strip().splitlines()[-1])
    print(f"{verdict}: {name}: {by}", flush=True)
    return found


def main(words):
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant[0] for word in words)]
    return 0 if all([noticed(*mutant) for mutant in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
