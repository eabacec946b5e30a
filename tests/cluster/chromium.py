"""A real Chromium, led by the DevTools protocol."""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

import websocket

from observation import in_network

# Chromium calls home at every start unless it is told not to.
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --disable-dev-shm-usage --mute-audio --remote-debugging-port=0 "
         "--remote-allow-origins=*").split()


def row(name):
    """JavaScript for the row of an election on the dashboard."""
    return f"[...document.querySelectorAll('#rows tr')].find((row) => row.innerText.includes({json.dumps(name)}))"


class Chromium:
    """One browser with one page, in a network namespace. What the page complained of is in `complaints`."""

    def __init__(self, network):
        self.network = network
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dashboard-chromium-"))
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(
            ["nsenter", f"--net={network}", "setpriv", "--pdeathsig", "KILL", "chromium", *FLAGS,
             f"--user-data-dir={self.folder}/profile", "about:blank"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.answers = {}
        self.events = []
        self.complaints = []
        self.sent = 0
        try:
            self.socket = in_network(network, lambda: websocket.create_connection(self._page(), timeout=60))
        except BaseException:
            self.close()
            raise
        for domain in ("Page", "Runtime", "Log", "Audits", "Network"):
            self.call(f"{domain}.enable")

    def _page(self):
        found = self.folder / "profile" / "DevToolsActivePort"
        deadline = time.monotonic() + 60
        while True:
            try:
                port = found.read_text().split()[0]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=10) as answer:
                    return next(each["webSocketDebuggerUrl"] for each in json.load(answer) if each["type"] == "page")
            except (OSError, IndexError, StopIteration):
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError("no Chromium: " + (self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.1)

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, **parameters):
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.sent:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._note(message)

    def _note(self, message):
        kind, about = message.get("method"), message.get("params", {})
        self.events.append(message)
        if kind == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif kind == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.complaints.append(about["entry"]["text"])
        elif kind == "Audits.issueAdded" and "ContentSecurityPolicy" in about["issue"]["code"]:
            self.complaints.append(json.dumps(about["issue"]))

    def run(self, expression):
        """The value of a JavaScript expression; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, expression, seconds=30):
        """Until the expression is true; its value."""
        deadline = time.monotonic() + seconds
        while not (value := self.run(expression)):
            assert time.monotonic() < deadline, f"not within {seconds} s: {expression}; the page says:\n{self.text()}"
            time.sleep(0.05)
        return value

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState !== 'loading' && document.querySelector('main') !== null")

    def open_dashboard(self, url):
        """Until it is live."""
        self.open(url)
        self.wait("document.getElementById('connection').textContent === 'live'")

    def text(self):
        return self.run("document.body.innerText")

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def colors(self, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key, code=None, text=None):
        more = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code or key, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key)

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot", format="png")
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))
