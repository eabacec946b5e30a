"""What an elector answers is what its own document says, by the document's own tester."""
import json
import os
import subprocess
from pathlib import Path

from waiting import PATIENCE

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "leader-elector"
SCHEMATHESIS = sorted(CACHE.glob("schemathesis-*/bin/schemathesis"))
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method")


def run_tester(elector, document, folder, *more):
    """Streams do not end, and a leader that steps down answers otherwise: they are left out."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    return subprocess.run(
        [SCHEMATHESIS[-1], "run", folder / "openapi.json", f"--url=http://127.0.0.1:{elector.port}",
         "--max-examples=5", "--exclude-path-regex=/sse|/watch|/step-down", f"--checks={','.join(CHECKS)}", "--seed=1",
         "--suppress-health-check=all",
         "--generation-database=none", f"--request-timeout={PATIENCE}",
         *more],
        cwd=folder, capture_output=True, text=True, check=False)


def test_the_document_holds(electors, tmp_path):
    assert SCHEMATHESIS, "tests/setup.sh programs installs it"
    elector = electors("web-0")
    elector.await_leading()
    status, body = elector.get("/openapi.json")
    document = json.loads(body)
    assert status == 200 and document["openapi"] == "3.1.0" and document["info"]["version"].count(".") == 2
    run = run_tester(elector, document, tmp_path)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]

    # A document that promises something else is found out.
    document["components"]["schemas"]["State"]["properties"]["seq"] = {"type": "string"}
    run = run_tester(elector, document, tmp_path, "--include-path=/api/leader", "--phases=examples,fuzzing")
    assert run.returncode != 0 and "/api/leader" in run.stdout


def test_what_is_streamed_is_as_documented(electors):
    """By hand, since it never ends."""
    elector = electors("web-0")
    elector.await_leading()
    document = json.loads(elector.get("/openapi.json")[1])["components"]["schemas"]
    stream = subprocess.run(["curl", "-sN", "--max-time", "1", f"http://127.0.0.1:{elector.port}/api/leader/watch"],
                            capture_output=True, text=True, check=False).stdout
    state = json.loads(next(line for line in stream.splitlines() if line.startswith("data: "))[len("data: "):])
    assert set(document["State"]["required"]) <= set(state) <= set(document["State"]["properties"]) - {"validForMs"}
    stream = subprocess.run(["curl", "-sN", "--max-time", "1", f"http://127.0.0.1:{elector.port}/sse"],
                            capture_output=True, text=True, check=False).stdout
    name = json.loads(next(line for line in stream.splitlines() if line.startswith("data: "))[len("data: "):])
    assert set(name) == set(document["Name"]["properties"])
