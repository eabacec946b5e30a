"""The promises of a Lease store, kept by a real API server."""
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def test_the_lease_contract_holds_on_a_real_api_server(control_plane, tmp_path):
    build = Path(os.environ["ELECTOR"]).parents[1]
    report = Path(os.environ.get("RESULTS", tmp_path), "contract.xml")
    binaries = control_plane.tool("bin").strip()
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}",
                   "CONTRACT_KUBECONFIG": str(control_plane.directory / "pki" / "admin.kubeconfig")}
    done = subprocess.run(
        ["nsenter", f"--net={control_plane.network('cp')}", build / "tests/contract/contract",
         "--gtest_filter=*ApiServer*:-*FakeApiServer*", f"--gtest_output=xml:{report}", "--gtest_color=no"],
        env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert len(list(ElementTree.parse(report).getroot().iter("testcase"))) > 0, "no test of the contract has run"
