"""Each command that README and the documentation show is run by a test, or it is said here why by none."""
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [TOP / "README.md", TOP / "charts/leader-elector/README.md", *sorted((TOP / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NEWCOMER = "tests/cluster/test_newcomer.py"
INSTALL = "helm install leader-elector charts/leader-elector --namespace leader-elector --create-namespace"

# The command; the file that runs it; how it stands there, if not as in the document.
RUN = [
    ("curl -s localhost:4040/api/leader", "tests/cluster/test_injection.py", '"curl", "-s", "localhost:4040/api/leader"'),
    ("tests/demo.sh", "tests/run.sh", None),
    ("docker build -t leader-elector:0.1.0 .", "tests/cluster/image.sh", 'build "$elector" "$top"'),
    (f"{INSTALL} --wait", "tests/cluster/release.py", '"install", NAME, str(CHART), "--create-namespace", "--wait"'),
    (f"{INSTALL} --set tests.enabled=true --wait", "tests/cluster/release.py", '{"tests.enabled": "true", **values}'),
    (f"{INSTALL} --set image.registry=registry.example.com --wait", "tests/cluster/release.py", '"image.registry": registry'),
    ("helm test leader-elector --namespace leader-elector", "tests/cluster/release.py", '_helm("test", NAME'),
    ("kubectl create deployment web --image=nginx --replicas=3", NEWCOMER,
     'f"kubectl create deployment web --image={image} --replicas=3'),
    ("kubectl annotate deployment web leader-elector.io/inject=true", NEWCOMER, None),
    ("kubectl wait --for=create lease/web --timeout=1m", NEWCOMER, None),
    ("kubectl rollout status deployment web", NEWCOMER, None),
    ("kubectl exec deployment/web -c leader-elector -- /usr/bin/leader-elector status", NEWCOMER, None),
    ("kubectl get lease web", NEWCOMER, None),
    ("kubectl -n leader-elector port-forward deployment/leader-elector-operator 8083", NEWCOMER, None),
    ('kubectl exec deployment/web -c net-debug -- bash -c "curl -s localhost:4040/api/leader | jq -r .leader"',
     "tests/cluster/test_election.py", '"curl -s localhost:4040/api/leader | jq -r .leader"'),
    ("leader-elector --id=a --lease-name=web --store=file:/tmp/leases --addr=localhost:4041",
     "tests/integration/file_store_test.cpp", '{"--id=" + id, "--lease-name=web", "--addr=127.0.0.1:0", "--store=file:" + root_}'),
    ("cmake -S . -B build -G Ninja && cmake --build build", "tests/run.sh", 'cmake -S . -B "$tree"'),
    ("cmake -S . -B build-asan -DELECTOR_SANITIZE=address", "tests/run.sh", "-DELECTOR_SANITIZE="),
    ("leader-elector exec --lease-name=web -- /bin/worker --queue=orders", "tests/exec/trials.py",
     '"exec", *self.campaign(name), *flags, "--", *program'),
    ("leader-elector step-down", "tests/unit/commands/step_down_test.cpp", "runStepDown("),
    ("leader-elector hand-over --lease=web --namespace=shop --to=web-2 --wait", "tests/integration/preferred_holder_test.cpp",
     '"hand-over", "--lease=web", "--to=" + to'),
    ("curl -sX POST -H 'Content-Type: application/json' -d '{}' localhost:4040/api/step-down",
     "tests/unit/elector/term_api_test.cpp", '"POST /api/step-down HTTP/1.1'),
    ("leader-elector-injector inject -f web.yaml --image=registry.example.com/leader-elector:0.1.0 | kubectl apply -f -",
     "tests/controlplane/test_inject.py", '[injector, "inject", "-f", "-", "--image='),
    ("kubectl patch lease web --type=merge -p '{\"spec\":{\"holderIdentity\":\"\",\"leaseDurationSeconds\":1}}'",
     "tests/controlplane/test_election.py", '\'{"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}\''),
    ("kubectl leader list -A", "tests/controlplane/test_plugin.py", 'leader("list", "-A")'),
    ("kubectl leader hand-over web --to=web-2 --wait -n shop", "tests/controlplane/test_plugin.py",
     'ask("hand-over", f"--to={second}")'),
    ("tests/run.sh fuzz", "tests/run.sh", "tier_fuzz() {"),
]
NOT_RUN = {
    "tests/run.sh": "it is what runs this test",
    "kind load docker-image leader-elector:0.1.0": "no kind here; `cluster load` does the same",
    "kubectl delete leases --all-namespaces -l app.kubernetes.io/managed-by=leader-elector-injector":
        "it would end the elections of all tests of the cluster",
    "helm upgrade leader-elector charts/leader-elector --namespace leader-elector --reuse-values"
    " --set metrics.serviceMonitor.enabled=true,metrics.podMonitor.enabled=true"
    " --set metrics.prometheusRule.enabled=true,metrics.grafanaDashboard.enabled=true":
        "no Prometheus operator here; tests/chart renders these values",
    "tests/fuzz/run.py --target review --seconds 1200": "it takes 20 minutes",
    "tests/fuzz/run.py --seconds 1200 --keep": "it takes hours",
    "build/fuzz/tests/fuzz/review_fuzz FILE...": "for a file that somebody has",
    "sudo tests/setup.sh bench && sudo tests/bench/run.py": "it takes half an hour",
    "sudo tests/bench/run.py --only growth operator": "it takes 25 minutes",
    "tests/cluster/cluster pin 1.34.4": "to build that version takes minutes",
    "tests/run.sh chart cluster": "it would run on that version",
    "git checkout tests/cluster/tools": "it ends such a run",
    'if read -r token until 2>/dev/null < /run/leader/leader && [ "$(awk \'{ print int($1 * 1000) }\' /proc/uptime)" -lt'
    ' "$until" ]; then act --fencing-token="$token" fi': "a part of a program; tests/programs runs a whole one",
}


def is_complete(text):
    return not text.rstrip().endswith("\\") and subprocess.run(
        ["bash", "-n"], input=text, text=True, capture_output=True, check=False).returncode == 0


def commands_in(text):
    """Each on one line, without comments; of `console` blocks what stands behind a prompt."""
    found = []
    for kind, block in BLOCK.findall(text):
        part = ""
        for line in block.splitlines():
            if kind == "console" and not part and not line.startswith("$ "):
                continue
            part += re.sub(r"(^|\s+)#( .*)?$", "", line.removeprefix("$ ")) + "\n"
            if is_complete(part):
                if part.strip():
                    found.append(" ".join(part.replace("\\\n", " ").split()))
                part = ""
        assert not part, f"no command: {part}"
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_each_command_is_known(document):
    known = {command for command, *_ in RUN} | NOT_RUN.keys()
    unknown = [each for each in commands_in(document.read_text(encoding="utf-8")) if each not in known]
    assert unknown == [], "have a test run it, and name it in RUN; or say in NOT_RUN why none does"


def test_what_is_known_is_still_documented():
    shown = {each for document in DOCUMENTS for each in commands_in(document.read_text(encoding="utf-8"))}
    assert {command for command, *_ in RUN} | NOT_RUN.keys() == shown


@pytest.mark.parametrize("command, file, there", RUN, ids=lambda value: value and value.split("/")[-1][:60])
def test_it_stands_in_the_test_that_runs_it(command, file, there):
    text = (TOP / file).read_text(encoding="utf-8")
    assert (there or command) in (text if there else " ".join(text.split()))


def test_commands_are_found_however_they_are_written():
    text = ("```sh\na --b \\\n    --c   # why\n# a remark\nd | e\nif f; then\n  g\nfi\n```\n"
            "```console\n$ h #1\nanswer\n```\n```yaml\nno: command\n```\n")
    assert commands_in(text) == ["a --b --c", "d | e", "if f; then g fi", "h #1"]
