"""The chart's alerts in a real Prometheus, of real electors, the webhook and the operator."""
import json
import re
import subprocess
import urllib.error
import urllib.request

import monitoring
import pytest
import yaml
from observation import in_network
from operators import FIRST_PORT as OPERATOR_PORT
from processes import FIRST_PORT as ELECTOR_PORT
from waiting import eventually

PROMETHEUS_PORT, WEBHOOK_PORT, HEALTH_PORT = 9090, 8443, 8081
DURATION = re.compile(r"\b\d+[mh]\b")
LIMIT = 60


def with_short_durations(rule):
    """The chart's rule, its durations alone made short."""
    return {**rule, **{key: DURATION.sub("5s", rule[key]) for key in ("expr", "for") if key in rule}}


class InNetwork:
    """Programs in the control plane's network, and what they answer."""

    def __init__(self, control_plane, directory):
        self._network, self._directory, self._processes = control_plane.network("cp"), directory, []

    def start(self, *command):
        # setpriv: should this driver be killed, then so is what it started.
        with open(self._directory / f"{len(self._processes)}.log", "wb") as log:
            self._processes.append(subprocess.Popen(
                ["nsenter", f"--net={self._network}", "setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def ask(self, port, path):
        """What is answered; "" where nobody answers yet."""
        def ask():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.read().decode()
            except (urllib.error.URLError, ConnectionError):
                return ""

        return in_network(self._network, ask)

    def close(self):
        for number, process in enumerate(self._processes):
            process.kill()
            process.wait()
            print(f"--- {process.args[5]}\n" + (self._directory / f"{number}.log").read_text(encoding="utf-8")[-3000:])


@pytest.fixture(name="programs")
def fixture_programs(control_plane, tmp_path):
    programs = InNetwork(control_plane, tmp_path)
    try:
        yield programs
    finally:
        programs.close()


def start_webhook(programs, injector, directory):
    """With a certificate that expires tomorrow."""
    key, certificate = directory / "tls.key", directory / "tls.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-days", "1"], check=True,
                   stderr=subprocess.DEVNULL)
    programs.start(injector, "webhook", f"--addr=127.0.0.1:{WEBHOOK_PORT}", f"--health-addr=127.0.0.1:{HEALTH_PORT}",
                   f"--certificate={certificate}", f"--key={key}", "--image=leader-elector:1", "--namespace=default")


def start_prometheus(programs, directory, ports):
    rules = [with_short_durations(rule) for rule in monitoring.rules().values()]
    (directory / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    (directory / "prometheus.yaml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "all", "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}],
    }), encoding="utf-8")
    programs.start("prometheus", f"--config.file={directory / 'prometheus.yaml'}", f"--storage.tsdb.path={directory / 'tsdb'}",
                   f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}")


def test_nobody_leads_and_certificate_expires_fire_for_real(electors, operators, programs, policy, injector, tmp_path):
    def alerts(name):
        answer = programs.ask(PROMETHEUS_PORT, "/api/v1/alerts")
        return [each for each in json.loads(answer)["data"]["alerts"] if each["labels"]["alertname"] == name] if answer else []

    def firing(name, **labels):
        return [each for each in alerts(name) if each["state"] == "firing" and labels.items() <= each["labels"].items()]

    def value(expression):
        answer = programs.ask(PROMETHEUS_PORT, "/api/v1/query?query=" + urllib.request.quote(expression))
        return [each["value"][1] for each in json.loads(answer)["data"]["result"]] if answer else []

    ours = f'{{namespace="default",lease="{electors.lease}"}}'
    electors.start("a", "b")
    former = electors.observation.agreed()["by"]
    operators.start("operator")
    start_webhook(programs, injector, tmp_path)
    ports = [ELECTOR_PORT, ELECTOR_PORT + 1, OPERATOR_PORT, HEALTH_PORT]
    start_prometheus(programs, tmp_path, ports)
    eventually("the certificate expires", lambda: firing("LeaderElectorCertificateExpires"), LIMIT)
    assert value(f"max by (namespace, lease) (leader_elector_leader_known{ours})") == ["1"]
    assert alerts("LeaderElectorNobodyLeads") == []

    electors.terminate(former)
    electors.start(former)
    electors.observation.agreed()
    eventually("the take-over is measured",
               lambda: value(f"sum by (namespace, lease) (leader_elector_take_over_seconds_count{ours})") == ["1"], LIMIT)
    exported = {name for port in ports for name in re.findall(r"^# TYPE (\w+) ", programs.ask(port, "/metrics"), re.M)}
    assert monitoring.unknown(exported) == set()
    assert exported <= monitoring.declared()  # some there are only with their flag

    policy.enforce()
    eventually("nobody leads", lambda: firing("LeaderElectorNobodyLeads", namespace="default", lease=electors.lease), LIMIT)
    policy.remove()
    electors.observation.agreed(60)
    eventually("it is over", lambda: not alerts("LeaderElectorNobodyLeads"), LIMIT)
