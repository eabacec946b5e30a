"""Releases that differ as much as the chart allows; what holds of all of them is tested of each."""

CA = """-----BEGIN CERTIFICATE-----
MIIBdDCCARmgAwIBAgIUfakeAAAAAAAAAAAAAAAAAAAAAAAwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----
"""

EVERYTHING = {
    "commonLabels": {"team": "platform"},
    "image": {"registry": "registry.example:5000", "digest": "sha256:" + "0af9" * 16, "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "global": {"imagePullSecrets": [{"name": "mirror"}]},
    "replicas": 3,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
    "podAnnotations": {"example.com/a": "b"},
    "podLabels": {"example.com/a": "b"},
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}}},
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
                                   "whenUnsatisfiable": "DoNotSchedule",
                                   "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "injector"}}}],
    "dnsPolicy": "Default",
    "serviceAccount": {"name": "leader-elector-operator", "annotations": {"example.com/a": "b"}},
    "webhook": {
        "failurePolicy": "Ignore", "timeoutSeconds": 30, "reinvocationPolicy": "Never",
        "namespaceSelector": {"matchLabels": {"elect": "yes"},
                              "matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]},
        "objectSelector": {"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["c"]}]},
        "matchConditions": [{"name": "no-jobs",
                             "expression": "!has(object.metadata.labels) || !('job-name' in object.metadata.labels)"}],
        "annotations": {"example.com/a": "b"}, "port": 10250, "extraArgs": ["--log-level=debug"],
        "extraEnv": [{"name": "A", "value": "b"}]},
    "operator": {"replicas": 4, "copyAnnotations": False, "manageRbac": False, "dashboard": {"enabled": False}, "extraEnv": [{"name": "A", "value": "b"}]},
    "sidecar": {"image": "registry.example/sidecar:1", "mode": "container", "ready": "synced", "leaseDuration": "30s",
                "leaseRenewDuration": "20s",
                "retryPeriod": "5s", "logLevel": "warn", "resources": {"limits": {"cpu": ""}}},
    "service": {"annotations": {"example.com/a": "b"}, "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"]},
    "podDisruptionBudget": {"minAvailable": "", "maxUnavailable": "34%"},
    "networkPolicy": {"enabled": True, "webhookFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
                      "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
                      "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}], "ports": [{"port": 6443}]}],
                      "sidecars": {"namespaces": ["shop", "bank"],
                                   "from": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]}},
    "tests": {"enabled": True},
    "flowSchema": {"enabled": True, "matchingPrecedence": 300, "priorityLevel": "workload-high"},
    "metrics": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "annotations": {"a": "b"},
                           "interval": "30s",
                           "scrapeTimeout": "5s", "relabelings": [{"action": "labeldrop", "regex": "pod"}],
                           "metricRelabelings": [{"action": "drop", "regex": "a"}]},
        "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "annotations": {"a": "b"},
                       "interval": "30s",
                       "scrapeTimeout": "5s", "namespaces": ["shop", "bank"],
                       "relabelings": [{"action": "labeldrop", "regex": "pod"}],
                       "metricRelabelings": [{"action": "drop", "regex": "a"}]},
        "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}, "annotations": {"a": "b"},
                           "runbookUrl": "https://example.com/monitoring"},
        "grafanaDashboard": {"enabled": True, "labels": {"grafana_dashboard": "yes"},
                             "annotations": {"grafana_folder": "Elections"}}},
}

VALUE_SETS = {
    "defaults": {},
    "everything": EVERYTHING,
    "monitored, in the node's network": {
        "hostNetwork": True, "networkPolicy": {"enabled": True},
        "metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
    "cert-manager with a CA of its own": {"certificates": {"mode": "certManager"}},
    "cert-manager with an issuer": {
        "certificates": {"mode": "certManager",
                         "certManager": {"issuerRef": {"name": "company", "kind": "ClusterIssuer"}}}},
    "a given Secret": {"certificates": {"mode": "secret", "secret": {"name": "leader-elector-given", "caBundle": CA}}},
    "a given Secret whose CA is injected": {
        "certificates": {"mode": "secret", "secret": {"name": "leader-elector-given"}},
        "webhook": {"annotations": {"cert-manager.io/inject-ca-from-secret": "election/leader-elector-given"}}},
    "least": {
        "replicas": 1, "rbac": {"create": False}, "serviceAccount": {"create": False, "name": "leader-elector-mine"},
        "policies": {"operator": False, "holders": False, "sidecars": False}, "podDisruptionBudget": {"enabled": False},
        "webhook": {"resources": None}, "operator": {"resources": None}, "podSecurityContext": None,
        "securityContext": None,
        "nodeSelector": None, "sidecar": {"resources": None}},
}
