"""The two webhooks that are measured: ours, and a Go peer (tests/peer-webhook), each as a process on localhost."""
import base64
import http.client
import json
import socket
import ssl
import subprocess
import time
from pathlib import Path

import process

TESTS = Path(__file__).resolve().parents[1]
IMAGE = "registry.example.com/leader-elector:1"
PATH = "/inject"
START_SECONDS = 20


def build_peer(directory):
    """The Go peer as it would be shipped."""
    peer = directory / "peer-webhook"
    subprocess.run([TESTS / "cluster" / "tools" / "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w",
                    "-o", peer, "."], cwd=TESTS / "peer-webhook", check=True)
    return peer


def make_certificate(directory):
    """A PEM file with a key and its certificate, of the kind that the injector makes for itself."""
    key, certificate, both = (directory / name for name in ("key.pem", "certificate.pem", "both.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-days", "2",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Webhook:
    """A running webhook; a context manager."""

    def __init__(self, command, log):
        self.port = free_port()
        self._certificate_check = ssl._create_unverified_context()  # who it is has been settled by who started it
        command = [str(part).replace("@PORT@", str(self.port)) for part in command]
        # setpriv: should this driver be killed, then so is what it started.
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log)

    @classmethod
    def ours(cls, program, certificate, log):
        return cls([program, "webhook", "--addr=127.0.0.1:@PORT@", f"--health-addr=127.0.0.1:{free_port()}",
                    f"--certificate={certificate}", f"--image={IMAGE}", "--namespace=leader-elector"], log)

    @classmethod
    def peer(cls, program, certificate, log):
        return cls([program, "--addr=127.0.0.1:@PORT@", f"--certificate={certificate}", f"--image={IMAGE}"], log)

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask(b"{}")
                return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__()
                    raise
                time.sleep(0.01)

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}{PATH}"

    def ask(self, review):
        """Status and body of the answer to one review."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self._certificate_check)
        try:
            connection.request("POST", PATH, review, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory(self):
        return process.memory(self._process.pid)

    def processor_seconds(self):
        return process.processor_seconds(self._process.pid)


def check_answer(status, body, review):
    """Raises AssertionError unless the answer is to that review, allows the Pod and adds our container to it."""
    assert status == 200, f"status {status}: {body[:200]}"
    response = json.loads(body)["response"]
    assert response["uid"] == json.loads(review)["request"]["uid"], "the answer is about another review"
    assert response["allowed"] is True and response["patchType"] == "JSONPatch"
    operations = json.loads(base64.b64decode(response["patch"]))
    containers = [operation["value"] for operation in operations if operation["path"].startswith("/spec/initContainers")]
    assert len(containers) == 1, f"the patch adds {len(containers)} containers"
    container = containers[0][0] if isinstance(containers[0], list) else containers[0]
    assert container["name"] == "leader-elector" and container["image"] == IMAGE
    return container
