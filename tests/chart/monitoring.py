"""What the chart renders for Prometheus and Grafana, and the metrics that it names."""
import json
import re
from pathlib import Path

from chart import HERE, render

ROOT = HERE.parent.parent
RUNBOOK = "https://example.com/docs/monitoring.md"
VALUES = {"metrics": {"prometheusRule": {"enabled": True, "runbookUrl": RUNBOOK}, "grafanaDashboard": {"enabled": True}}}
NAME = re.compile(r"\bleader_elect(?:or|ion)_[a-z_]+\b")
SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


def rules():
    """The rules of the chart, by alert."""
    [group] = render(VALUES).the("PrometheusRule")["spec"]["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def dashboard():
    return json.loads(render(VALUES).the("ConfigMap", "-grafana")["data"]["leader-elector.json"])


def expressions():
    """Each expression of an alert or a panel, by where it stands."""
    found = {name: [rule["expr"]] for name, rule in rules().items()}
    for panel in dashboard()["panels"]:
        found[panel["title"]] = [target["expr"] for target in panel.get("targets", [])]
    found["variables"] = [each["definition"] for each in dashboard()["templating"]["list"] if "definition" in each]
    return found


def named(expression):
    """The metrics that an expression names: families, without what a histogram's series have behind their name."""
    return set(NAME.findall(expression))


def unknown(families):
    """What alerts and panels name and `families` has not: a histogram's parts are its own."""
    histograms = {f"{name}{part}" for name in families for part in ("_bucket", "_sum", "_count")}
    return {(place, name) for place, texts in expressions().items() for text in texts
            for name in named(text) - set(families) - histograms}


def declared():
    """The metrics that the programs describe, as their sources say: this tier builds nothing."""
    sources = [path for part in ("elector", "injector") for path in Path(ROOT, part).rglob("*.cpp")]
    return {name for path in sources
            for name in re.findall(r'\b(?:counter|gauge|histogram)\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}
