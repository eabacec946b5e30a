"""The alerts, each by a series that fires it and one that does not, and the dashboard."""
import re
import subprocess

import pytest
import yaml

import monitoring
from chart import render
from monitoring import ROOT, RUNBOOK

LEASE = 'namespace="shop",lease="web"'
USED = "leader_elector_renewal_deadline_used_ratio"
EXPIRY = "leader_elector_injector_certificate_expiry_seconds"
DAY = 24 * 3600

# By alert: labels that it fires with; series that fire it; series that do not. A value for each minute of an hour.
CASES = {
    "LeaderElectorNobodyLeads": (
        {"namespace": "shop", "lease": "web"},
        {f'leader_elector_leader_known{{{LEASE},pod="a"}}': "0x60", f'leader_elector_leader_known{{{LEASE},pod="b"}}': "0x60"},
        # One knows the leader; of another Lease the candidates have gone, the last of them while nobody led.
        {f'leader_elector_leader_known{{{LEASE},pod="a"}}': "0x60", f'leader_elector_leader_known{{{LEASE},pod="b"}}': "1x60",
         'leader_elector_leader_known{namespace="shop",lease="gone",pod="c"}': "0x50 stale"}),
    "LeaderElectorTwoLeaders": (
        {"namespace": "shop", "lease": "web"},
        {f'leader_election_master_status{{name="web",{LEASE},pod="a"}}': "1x60",
         f'leader_election_master_status{{name="web",{LEASE},pod="b"}}': "0x56 1x3"},
        # A change of leader, seen late of one; and controllers with client-go.
        {f'leader_election_master_status{{name="web",{LEASE},pod="a"}}': "0x57 1x3",
         f'leader_election_master_status{{name="web",{LEASE},pod="b"}}': "1x58 0x2",
         'leader_election_master_status{name="m",namespace="shop",pod="c"}': "1x60",
         'leader_election_master_status{name="m",namespace="shop",pod="d"}': "1x60"}),
    "LeaderElectorFlapping": (
        {"namespace": "shop", "lease": "web"},
        # The Pods are made anew meanwhile.
        {f'leader_elector_lease_transitions{{{LEASE},pod="a"}}': "7+1x30 stale", f'leader_elector_lease_transitions{{{LEASE},pod="b"}}':
         "_x30 38+1x30"},
        {f'leader_elector_lease_transitions{{{LEASE},pod="a"}}': "70x40 71x6 73x15"}),
    "LeaderElectorRenewalsNearDeadline": (
        {"namespace": "shop", "lease": "web"},
        {f'{USED}_bucket{{{LEASE},le="0.75"}}': "0+27x60", f"{USED}_count{{{LEASE}}}": "0+30x60"},
        {f'{USED}_bucket{{{LEASE},le="0.75"}}': "0+29x60", f"{USED}_count{{{LEASE}}}": "0+30x60",
         # Of a follower: no renewals.
         f'{USED}_bucket{{namespace="shop",lease="idle",le="0.75"}}': "5x60", f'{USED}_count{{namespace="shop",lease="idle"}}': "9x60"}),
    "LeaderElectorTokenWentBack": (
        {"namespace": "shop", "lease": "web"},
        {f'leader_elector_events_total{{event="revision_went_back",{LEASE}}}': "0x30 1x30"},
        {f'leader_elector_events_total{{event="revision_went_back",{LEASE}}}': "1x60",
         f'leader_elector_events_total{{event="leader_changed",{LEASE}}}': "0+1x60"}),
    "LeaderElectorDegraded": (
        {"namespace": "shop", "lease": "web"},
        {f'leader_elector_degraded{{{LEASE},pod="a"}}': "0x40 1x20", f'leader_elector_degraded{{{LEASE},pod="b"}}': "0x60"},
        # A healthy one has taken over.
        {f'leader_elector_degraded{{{LEASE},pod="a"}}': "0x40 1x8 0x12", f'leader_elector_degraded{{{LEASE},pod="b"}}': "0x60"}),
    "LeaderElectorNotInjected": (
        {},
        {'leader_elector_injector_uninjected_pods{pod="a"}': "2x60", 'leader_elector_injector_uninjected_pods{pod="b"}': "0x60"},
        # They were replaced soon.
        {'leader_elector_injector_uninjected_pods{pod="a"}': "0x40 2x8 0x12"}),
    "LeaderElectorCertificateExpires": (
        {"namespace": "election"},
        {f'{EXPIRY}{{namespace="election",pod="a"}}': f"{13 * DAY}-60x60", f'{EXPIRY}{{namespace="election",certificate="authority"}}':
         f"{900 * DAY}x60"},
        # Just before a renewal.
        {f'{EXPIRY}{{namespace="election",pod="a"}}': f"{30 * DAY}-60x60"}),
    "LeaderElectorOperatorAbsent": (
        {},
        {'leader_election_master_status{namespace="election",lease="leader-elector-operator",pod="a"}': "0x60",
         'leader_election_master_status{namespace="shop",lease="leader-elector-operator",pod="a"}': "1x60"},
        # A change of leader takes less than that.
        {'leader_election_master_status{namespace="election",lease="leader-elector-operator",pod="a"}': "1x56 0x4",
         'leader_election_master_status{namespace="election",lease="leader-elector-operator",pod="b"}': "0x59 1x1"}),
}


@pytest.fixture(scope="module", name="rules")
def fixture_rules():
    return monitoring.rules()


def promtool(command, path):
    return subprocess.run(["promtool", *command, path], capture_output=True, text=True, timeout=60, check=False)


def alerted(directory, rules, series, alert, expected):
    """What promtool says against exactly the `expected` instances of this alert firing after an hour."""
    (directory / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": list(rules.values())}]}), encoding="utf-8")
    test = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [{
        "interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": "1h", "alertname": alert, "exp_alerts": expected}]}]}
    (directory / "test.yaml").write_text(yaml.safe_dump(test), encoding="utf-8")
    done = promtool(["test", "rules"], directory / "test.yaml")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_alert_has_its_cases(rules):
    assert set(rules) == set(CASES)


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_and_says_of_what(alert, rules, tmp_path):
    labels, fires, _ = CASES[alert]
    complaint = alerted(tmp_path, rules, fires, alert, [])
    assert complaint, "it does not fire"
    got = complaint.partition("got:")[2]
    for name, value in {**labels, "severity": rules[alert]["labels"]["severity"]}.items():
        assert f'{name}="{value}"' in got, complaint
    assert f'summary="{rules[alert]["annotations"]["summary"].split("{{")[0]}' in got
    assert "error" not in got and "<no value>" not in got, complaint


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_is_quiet_where_nothing_is_wrong(alert, rules, tmp_path):
    assert alerted(tmp_path, rules, CASES[alert][2], alert, []) == ""


def test_promtool_finds_nothing_wrong(rules, tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": list(rules.values())}]}), encoding="utf-8")
    done = promtool(["check", "rules", "--lint=all", "--lint-fatal"], tmp_path / "rules.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_what_a_mixin_has_and_a_section_of_its_own_in_the_runbook(rules):
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for alert, rule in rules.items():
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, alert
        assert rule["labels"] == {"severity": rule["labels"]["severity"]} and rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["runbook_url"] == f"{RUNBOOK}#{alert.lower()}"
    assert re.findall(r"^### (LeaderElector\w+)$", page, re.M) == list(rules)


def test_without_a_runbook_alerts_name_none():
    [group] = render({"metrics": {"prometheusRule": {"enabled": True}}}).the("PrometheusRule")["spec"]["groups"]
    assert group["rules"] and not [rule for rule in group["rules"] if "runbook_url" in rule["annotations"]]


def test_the_operator_that_is_missed_is_the_releases_own():
    rendered = render({"metrics": {"prometheusRule": {"enabled": True}}}, "platform", "prod")
    [group] = rendered.the("PrometheusRule")["spec"]["groups"]
    [lease] = [argument.partition("=")[2] for argument in
               rendered.the("Deployment", "-operator")["spec"]["template"]["spec"]["containers"][0]["args"]
               if argument.startswith("--lease-name=")]
    assert f'{{namespace="platform", lease="{lease}"}}' in group["rules"][-1]["expr"]
    assert "@" not in str(group)


def test_nothing_of_it_is_rendered_unless_asked_for():
    kinds = {each["kind"] for each in render().objects}
    assert not kinds & {"PrometheusRule", "ConfigMap", "ServiceMonitor", "PodMonitor"}


def test_alerts_and_panels_name_metrics_that_there_are():
    declared = monitoring.declared()
    assert len(declared) > 30
    assert monitoring.unknown(declared) == set()
    assert monitoring.unknown(declared - {"leader_elector_take_over_seconds"}) == {
        ("Take-over, 95th percentile", "leader_elector_take_over_seconds_bucket")}


def test_the_documentation_names_all_metrics_and_no_others():
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(leader_elect\w+)` \|", page, re.M)
    assert sorted(listed) == sorted(monitoring.declared())


def test_the_dashboard_is_found_by_grafana_and_asks_the_data_source_that_is_chosen():
    board = monitoring.dashboard()
    assert board["uid"] == "leader-elector" and "id" not in board
    assert render(monitoring.VALUES).the("ConfigMap", "-grafana")["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["templating"]["list"][0]["type"] == "datasource"
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in panels:
        sources = [panel["datasource"], *[target["datasource"] for target in panel["targets"]]]
        assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources), panel["title"]
        assert panel["description"], panel["title"]


def test_panels_do_not_overlap():
    taken = set()
    for panel in monitoring.dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


def test_panels_ask_what_prometheus_understands(tmp_path):
    texts = [target["expr"] for panel in monitoring.dashboard()["panels"] for target in panel.get("targets", [])]
    rules = [{"record": f"r{number}", "expr": re.sub(r"\$__(rate_)?(interval|range)", "5m", text)} for number, text in enumerate(texts)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    done = promtool(["check", "rules", "--lint=none"], tmp_path / "rules.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
