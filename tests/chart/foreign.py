"""Kinds of others that the chart renders on demand, as CustomResourceDefinitions: their names, and of their contents
what the chart uses, closed, so that a misspelt field is refused."""
import json

TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}
ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
LABELS = {"type": "object", "additionalProperties": TEXT}


def thing(*required, **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def things(item):
    return {"type": "array", "items": item}


DURATION = {"type": "string",
            "pattern": "^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"}
NAMESPACES = thing(any=FLAG, matchNames=TEXTS)
SCRAPE = thing(port=TEXT, path=TEXT, interval=DURATION, scrapeTimeout=DURATION, relabelings=things(ANY),
               metricRelabelings=things(ANY))
SELECTOR = thing(matchLabels=LABELS)
ISSUER_REF = thing("name", name=TEXT, kind=TEXT, group=TEXT)

KINDS = [
    ("monitoring.coreos.com", "ServiceMonitor",
     thing("selector", "endpoints", selector=SELECTOR, namespaceSelector=NAMESPACES, endpoints=things(SCRAPE))),
    ("monitoring.coreos.com", "PodMonitor",
     thing("selector", selector=SELECTOR, namespaceSelector=NAMESPACES, podMetricsEndpoints=things(SCRAPE))),
    ("monitoring.coreos.com", "PrometheusRule", thing("groups", groups=things(thing(
        "name", "rules", name=TEXT, rules=things(thing(
            "alert", "expr", alert=TEXT, expr=TEXT, **{"for": DURATION}, labels=LABELS, annotations=LABELS)))))),
    ("cert-manager.io", "Issuer", thing(selfSigned=ANY, ca=thing("secretName", secretName=TEXT))),
    ("cert-manager.io", "Certificate",
     thing("secretName", "issuerRef", secretName=TEXT, issuerRef=ISSUER_REF, commonName=TEXT, isCA=FLAG, dnsNames=TEXTS,
           duration=TEXT, renewBefore=TEXT, usages=TEXTS,
           privateKey=thing(algorithm=TEXT, size={"type": "integer"}, rotationPolicy=TEXT))),
]


def definition(group, kind, spec):
    plural = kind.lower() + "s"
    schema = {"type": "object", "required": ["spec"], "properties": {"spec": spec}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced",
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"},
                     "versions": [{"name": "v1", "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": schema}}]}}


def install(cluster):
    definitions = [definition(*each) for each in KINDS]
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions}))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s",
                    *[f"crd/{each['metadata']['name']}" for each in definitions])
