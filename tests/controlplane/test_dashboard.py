"""The dashboard of a real operator at a real API server, in a real Chromium."""
import json
import os
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest

from chromium import Chromium
from injected import LABEL, OURS
from observation import in_network

PORT = 8190
PAGE = f"http://localhost:{PORT}/"
AXE = "axe-core-python==0.1.0"
HOSTILE = "<img src=x onerror=document.title='taken'>"


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, fetched once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "leader-elector" / AXE
    if not list(cache.glob("*.whl")):
        subprocess.run(["/usr/bin/python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", cache, AXE], check=True,
                       timeout=300)
    with zipfile.ZipFile(next(cache.glob("*.whl"))) as wheel:
        return wheel.read("axe_core_python/axe.min.js").decode()


@pytest.fixture(scope="module")
def browser(control_plane):
    chromium = Chromium(control_plane.network("cp"))
    yield chromium
    chromium.close()


@pytest.fixture
def served(operators):
    """An operator that serves the dashboard, and works."""
    operators.start("a", flags=[f"--dashboard-addr=localhost:{PORT}"])
    return operators


@pytest.fixture
def page(served, browser):
    """The dashboard, open and live; the page has nothing to complain of."""
    browser.size(1280, 900)
    browser.colors("light")
    browser.complaints.clear()
    show(browser)
    yield browser
    assert browser.complaints == []


def show(browser):
    browser.open(PAGE)
    browser.wait("document.getElementById('connection').textContent === 'live'")


def row(name):
    """JavaScript for the row of an election."""
    return f"[...document.querySelectorAll('#rows tr')].find((row) => row.innerText.includes({json.dumps(name)}))"


def lease(control_plane, space, name, holder, seconds=3600, renewed="2026-11-01T00:00:00.000000Z"):
    spec = {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": renewed, "acquireTime": renewed,
            "leaseTransitions": 7}
    control_plane.apply(json.dumps({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {
        "name": name, "namespace": space, "labels": {LABEL: OURS}}, "spec": spec}))


def ask(control_plane, path):
    def get():
        with urllib.request.urlopen(PAGE + path, timeout=10) as answer:
            return dict(answer.headers), answer.read()

    return in_network(control_plane.network("cp"), get)


def test_a_take_over_is_on_the_page_at_once(control_plane, electors, page):
    lease(control_plane, "default", electors.lease, "", 1)
    electors.start("first")
    page.wait(f"{row(electors.lease)}?.innerText.includes('first')")
    electors.start("second")
    page.run(f"{row(electors.lease)}.querySelector('button').click()")
    electors.terminate("first")
    page.wait(f"{row(electors.lease)}?.innerText.includes('second')")
    page.wait(f"{row(electors.lease)}.nextSibling.innerText.includes('second after a release')")
    token = page.run(f"{row(electors.lease)}.nextSibling.innerText").split("Fencing token")[1].split()[0]
    said = json.loads(ask(control_plane, "api/elections")[1])
    election = next(each for each in said["elections"] if each["name"] == electors.lease)
    assert (election["holder"], election["token"]) == ("second", token)
    assert election["expiresAt"] > said["now"]
    assert said["source"] == {"replica": "a", "leads": True, "problem": ""}


def test_candidates_come_from_their_pods(space, page):
    space.workload("web")
    page.wait(f"{row(space.name + '/web')}?.innerText.includes('no leader')")
    page.run(f"{row(space.name + '/web')}.querySelector('button').click()")
    page.wait(f"{row(space.name + '/web')}.nextSibling.innerText.includes('web-1 follows')")
    # A minute is too long for a test to wait until nobody leads for longer than a take-over takes.
    lease(space.plane, space.name, "web", "web-1")
    page.wait(f"{row(space.name + '/web')}.nextSibling.innerText.includes('web-1 leads')")


def test_hostile_names_are_text(control_plane, space, page):
    lease(control_plane, space.name, "evil", HOSTILE, 10 ** 6, "2026-11-27T00:00:00.000000Z")
    page.wait(f"{row(space.name + '/evil')} !== undefined")
    page.run(f"{row(space.name + '/evil')}.querySelector('button').click()")
    assert page.run("document.querySelectorAll('#rows img').length") == 0
    assert page.run("document.title") == "Leader elections"
    refused = page.run("(() => { try { document.body.innerHTML = '<b>x</b>'; return '' } catch (error) { return error.name } })()")
    assert refused == "TypeError", "Trusted Types are not enforced"
    page.complaints.clear()  # of that attempt


def test_headers_let_nothing_foreign_in(control_plane, served):
    for path in ("", "main.js", "style.css"):
        headers, body = ask(control_plane, path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ") and "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert body


def test_a_lost_connection_leaves_nothing_green(control_plane, electors, served, browser):
    lease(control_plane, "default", electors.lease, "", 1)
    electors.start("first")
    show(browser)
    browser.wait(f"{row(electors.lease)}?.dataset.state === 'led'")
    served.kill("a")
    browser.wait("document.getElementById('connection').textContent === 'connection lost'")
    browser.wait("document.querySelectorAll('#rows tr[data-state=led]').length === 0")
    browser.wait("document.getElementById('stale').innerText.includes('What is shown was true')")
    served.start("a", flags=[f"--dashboard-addr=localhost:{PORT}"])
    browser.wait(f"{row(electors.lease)}?.dataset.state === 'led'", 60)
    assert browser.run("document.getElementById('stale').hidden")


def test_an_api_server_that_is_down_is_said(control_plane, page):
    control_plane.tool("stop", "apiserver")
    try:
        page.wait("document.getElementById('stale').innerText.includes('cannot be followed')", 60)
    finally:
        control_plane.tool("start", "apiserver")
    page.wait("document.getElementById('stale').hidden", 90)


def test_the_keyboard_suffices(control_plane, space, page):
    lease(control_plane, space.name, "web", "web-0")
    page.wait(f"{row(space.name + '/web')} !== undefined")
    page.press("/", "Slash", text="/")
    assert page.run("document.activeElement.id") == "search"
    page.call("Input.insertText", text=f"{space.name}/web")
    page.wait("document.querySelectorAll('#rows tr').length === 1")
    for _ in range(20):
        page.press("Tab")
        if page.run("document.activeElement.closest('tbody') !== null"):
            break
    page.press("Enter", text="\r")
    page.wait("document.querySelector('#rows .details') !== null")
    assert page.run("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.call("Input.insertText", text="")


def test_nothing_to_show_is_explained(page):
    page.run("(() => { const search = document.getElementById('search'); search.value = 'no-such-election';"
             " search.dispatchEvent(new Event('input')) })()")
    page.wait("document.getElementById('empty').innerText === 'No election fits the filter.'")
    assert page.run("document.getElementById('elections').hidden")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(control_plane, space, page, axe, width, scheme):
    lease(control_plane, space.name, "led", "web-0", 3600, "2037-01-01T00:00:00.000000Z")
    space.workload("web")
    page.size(width, 900)
    page.colors(scheme)
    page.wait(f"{row(space.name + '/led')}?.dataset.state === 'led'")
    page.run(f"{row(space.name + '/led')}.querySelector('button').click()")
    page.run(axe + "; 0")
    found = page.run("axe.run().then((result) => result.violations.map((each) => each.id + ': ' + each.nodes[0].html))")
    assert found == []
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def test_a_thousand_elections_are_drawn_at_once(control_plane, space, page):
    leases = [{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
               "metadata": {"name": f"lease-{number}", "namespace": space.name, "labels": {LABEL: OURS}},
               "spec": {"holderIdentity": "web-0", "leaseDurationSeconds": 3600, "acquireTime": "2037-01-01T00:00:00.000000Z",
                        "renewTime": "2037-01-01T00:00:00.000000Z"}} for number in range(1000)]
    space.create_all(leases)
    page.wait("document.getElementById('more').innerText.match(/Show all 1[0-9]{3}/) !== null", 60)
    show(page)
    page.wait("document.getElementById('more').innerText.match(/Show all 1[0-9]{3}/) !== null", 60)
    assert page.run("document.querySelectorAll('#rows tr').length") == 200
    paint = page.run("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first paint with 1,000 elections: {paint:.0f} ms")
    page.run("document.getElementById('more').click()")
    page.wait("document.querySelectorAll('#rows tr').length >= 1000", 60)
    space.kubectl("delete", "leases", "--all", "--wait=false")
    page.wait("document.getElementById('more').hidden && document.querySelectorAll('#rows tr').length < 200", 60)
