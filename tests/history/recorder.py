#!/usr/bin/env python3
"""Records histories: what electors answer, and the states of their Lease. README.md has the format.

As a program, to be run inside the network namespace of the electors that it asks, until SIGTERM or SIGINT:

    python3 recorder.py --out FILE --every 10ms NAME=HOST:PORT...
"""

import argparse
import http.client
import json
import os
import signal
import threading
import time
from urllib.parse import quote


def boottime():
    """Nanoseconds of the clock that all histories are told in."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Recording:
    """A history file, open for appending. Threads and processes may share it: one write per record."""

    def __init__(self, path):
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)

    def write(self, kind, **fields):
        os.write(self._file, (json.dumps({"kind": kind, **fields}) + "\n").encode())

    def close(self):
        os.close(self._file)


class Poller(threading.Thread):
    """Asks one elector who leads, again and again, and records each answer."""

    TIMEOUT = 0.25  # of a request, in seconds; a process that is stopped answers none

    def __init__(self, recording, by, host, port, period=0.01, path="/api/leader"):
        super().__init__(name=f"poller of {by}", daemon=True)
        self._recording, self._by, self._host, self._port, self._period = recording, by, host, port, period
        self._path = path
        self._ended = threading.Event()
        self._connection = None
        self.latest = None  # (sent, the answer's fields), of the last poll if it was answered
        self.answers = 0

    def stop(self):
        self._ended.set()
        self.join()

    def run(self):
        while not self._ended.is_set():
            begun = time.monotonic()
            try:
                self._poll()
            except (OSError, http.client.HTTPException, ValueError):
                self.latest = None
                self._disconnect()
            self._ended.wait(max(0.0, self._period - (time.monotonic() - begun)))
        self._disconnect()

    def _poll(self):
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=self.TIMEOUT)
            self._connection.connect()  # before the clock is read: it is no part of the question
        sent = boottime()
        self._connection.request("GET", self._path)
        response = self._connection.getresponse()
        body = response.read()
        answered = boottime()
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        answer = json.loads(body)
        fields = {"isLeader": answer["isLeader"], "leader": answer["leader"], "token": answer.get("fencingToken") or ""}
        fields.update({name: answer[name] for name in ("validForMs", "at") if name in answer})
        self._recording.write("poll", by=self._by, sent=sent, answered=answered, **fields)
        self.answers += 1
        self.latest = (sent, fields)

    def _disconnect(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class LeaseApi:
    """One Lease on an API server, asked as whoever the TLS context has the keys of."""

    def __init__(self, host, port, tls, namespace, name):
        self._address = (host, port)
        self._tls = tls
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self.name = name

    def connect(self, timeout=10):
        return http.client.HTTPSConnection(*self._address, context=self._tls, timeout=timeout)

    def get(self):
        """The Lease, or None where there is none."""
        return self._call("GET", f"{self._collection}/{self.name}", None)

    def patch_metadata(self, metadata):
        return self._call("PATCH", f"{self._collection}/{self.name}", {"metadata": metadata})

    def delete(self):
        return self._call("DELETE", f"{self._collection}/{self.name}", None)

    def list_version(self):
        return self._call("GET", self._collection + self._selector(), None)["metadata"]["resourceVersion"]

    def watch(self, connection, version):
        """The answer to a watch of this Lease, from that version on: a line for each event."""
        connection.request("GET", f"{self._collection}{self._selector()}&watch=1&resourceVersion={version}")
        return connection.getresponse()

    def _selector(self):
        return "?fieldSelector=" + quote(f"metadata.name={self.name}")

    def _call(self, method, path, body):
        connection = self.connect()
        try:
            connection.request(
                method, path, body and json.dumps(body), {"Content-Type": "application/merge-patch+json"}
            )
            response = connection.getresponse()
            text = response.read()
            if response.status == 404:
                return None
            if response.status >= 300:
                raise OSError(f"{method} {path}: {response.status} {text[:300]!r}")
            return json.loads(text)
        finally:
            connection.close()


class LeaseRecorder(threading.Thread):
    """Records every state of a Lease, in the order of its versions, through breaks of the watch."""

    def __init__(self, recording, api):
        super().__init__(name=f"recorder of {api.name}", daemon=True)
        self._recording, self._api = recording, api
        self._ended = threading.Event()
        self._version = api.list_version()
        self.leases = []  # as they were delivered
        self.error = None  # why the recording has a gap, if it has one

    def stop(self):
        self._ended.set()
        self.join()

    def run(self):
        while not self._ended.is_set() and self.error is None:
            try:
                self._watch_once()
            except (OSError, http.client.HTTPException, ValueError):  # a line that was cut comes again
                self._ended.wait(0.2)

    def _watch_once(self):
        connection = self._api.connect(timeout=1)  # silence this long: look whether to stop, then go on
        try:
            response = self._api.watch(connection, self._version)
            while not self._ended.is_set():
                line = response.readline()
                if not line:
                    return
                self._record(json.loads(line))
        finally:
            connection.close()

    def _record(self, event):
        if event["type"] == "ERROR":
            self.error = f"the watch broke off: {event['object'].get('message')}"
            return
        lease = event["object"]
        self._version = lease["metadata"]["resourceVersion"]
        if event["type"] == "DELETED":
            return
        spec, annotations = lease.get("spec", {}), lease["metadata"].get("annotations", {})
        self._recording.write(
            "revision",
            seen=boottime(),
            uid=lease["metadata"]["uid"],
            version=self._version,
            holder=spec.get("holderIdentity") or "",
            session=annotations.get("leader-elector.io/session", ""),
            transitions=spec.get("leaseTransitions") or 0,
        )
        self.leases.append(lease)


def main():
    parser = argparse.ArgumentParser(description="Records what electors answer.")
    parser.add_argument("--out", required=True, help="history file to append to")
    parser.add_argument("--every", default="10ms", help="milliseconds between two polls of one elector, as 10ms")
    parser.add_argument("targets", nargs="+", metavar="NAME=HOST:PORT")
    arguments = parser.parse_args()
    recording = Recording(arguments.out)
    period = float(arguments.every.removesuffix("ms")) / 1000
    pollers = []
    for target in arguments.targets:
        by, address = target.split("=", 1)
        host, port = address.rsplit(":", 1)
        pollers.append(Poller(recording, by, host.strip("[]"), int(port), period))
    ended = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ended)  # before the threads start: they inherit it
    for poller in pollers:
        poller.start()
    signal.sigwait(ended)
    for poller in pollers:
        poller.stop()
    recording.close()


if __name__ == "__main__":
    main()
