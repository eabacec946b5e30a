"""The API server as its administrator sees it: many objects at once, and what the server says of itself."""
import http.client
import json
import re
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from plane import ADDRESS, CLUSTER, PORT

WRITERS = 8
METRIC = re.compile(r"^([a-z_]+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')


class Administrator:
    """Calls of the API server, each thread's over a connection of its own that stays open."""

    def __init__(self, directory):
        self.kubeconfig = Path(directory) / "pki" / "admin.kubeconfig"
        config = yaml.safe_load(self.kubeconfig.read_text(encoding="ascii"))
        user, cluster = config["users"][0]["user"], config["clusters"][0]["cluster"]
        self._tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._tls.load_cert_chain(user["client-certificate"], user["client-key"])
        self._local = threading.local()

    def call(self, method, path, body=None, kind="application/json"):
        """What was answered, as JSON or text. Raises RuntimeError where it is no success."""
        headers = {"Content-Type": kind}
        for attempt in (1, 2):  # an idle connection may just have been closed
            connection = self._connection()
            try:
                connection.request(method, path, json.dumps(body) if body is not None else None, headers)
                answer = connection.getresponse()
                text = answer.read().decode()
                break
            except (http.client.HTTPException, OSError):
                self._local.connection = None
                if attempt == 2:
                    raise
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text) if answer.getheader("Content-Type", "").startswith("application/json") else text

    def _connection(self):
        if getattr(self._local, "connection", None) is None:
            self._local.connection = http.client.HTTPSConnection(ADDRESS, int(PORT), timeout=120, context=self._tls)
        return self._local.connection

    def create_all(self, pairs):
        """Creates objects, several at a time; `pairs` are of a collection's path and an object. Returns what is there."""
        with ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(lambda pair: self.call("POST", *pair), pairs))

    def token(self, account, namespace):
        program = Path(subprocess.run([CLUSTER, "bin"], capture_output=True, text=True, check=True).stdout.strip(), "kubectl")
        return subprocess.run([program, "--kubeconfig", self.kubeconfig, "create", "token", account, "-n", namespace],
                              capture_output=True, text=True, check=True).stdout

    def metrics(self):
        return Metrics(self.call("GET", "/metrics"))


class Metrics:
    """What the API server counted, by series."""

    def __init__(self, text):
        self._series = [(name, dict(LABEL.findall(labels)), float(value)) for name, labels, value in METRIC.findall(text)]

    def sum(self, name, **labels):
        """The sum of all series of that name with these labels."""
        return sum(value for found, given, value in self._series
                   if found == name and all(given.get(label) == wanted for label, wanted in labels.items()))

    def by(self, name, *by, **labels):
        """The sums by the values of some labels."""
        sums = {}
        for found, given, value in self._series:
            if found == name and all(given.get(label) == wanted for label, wanted in labels.items()):
                key = tuple(given.get(label, "") for label in by)
                sums[key] = sums.get(key, 0) + value
        return sums
