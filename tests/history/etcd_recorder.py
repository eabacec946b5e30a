"""Records the states of a Lease from etcd itself. README.md has the format.

A watch through the API server has a gap after each restart of it: its cache begins anew, and refuses older versions.
etcd keeps every state until it is compacted, minutes later, so that a watch goes on where it broke off.
"""

import base64
import http.client
import json
import threading

from recorder import boottime

STORED = b"k8s\0"  # what the API server puts before a protobuf


def fields_of(message):
    """The fields of a protobuf message: (number, value), where a value is bytes or a number."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while position < len(message):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            yield number, varint()
            continue
        if wire not in (1, 2, 5):
            raise ValueError(f"a field of the unknown wire type {wire}")
        length = varint() if wire == 2 else {1: 8, 5: 4}[wire]
        yield number, message[position : position + length]
        position += length


def lease_of(stored):
    """What a history keeps of a Lease as the API server stores it: uid, holder, session, transitions."""
    if not stored.startswith(STORED):
        raise ValueError(f"no protobuf of Kubernetes: {stored[:20]!r}")
    unknown = dict(fields_of(stored[len(STORED) :]))
    metadata = spec = b""
    for number, value in fields_of(unknown[2]):
        metadata, spec = (value, spec) if number == 1 else (metadata, value) if number == 2 else (metadata, spec)
    lease = {"uid": "", "holder": "", "session": "", "transitions": 0}
    for number, value in fields_of(metadata):
        if number == 5:
            lease["uid"] = value.decode()
        elif number == 12:
            annotation = dict(fields_of(value))
            if annotation.get(1) == b"leader-elector.io/session":
                lease["session"] = annotation.get(2, b"").decode()
    for number, value in fields_of(spec):
        if number == 1:
            lease["holder"] = value.decode()
        elif number == 5:
            lease["transitions"] = value
    return lease


def number_of(fields, name):
    """etcd writes 64-bit integers as text, and leaves out zero."""
    return int(fields.get(name, 0))


class EtcdRecorder(threading.Thread):
    """Records every state of a Lease, in the order of its versions, through restarts of the API server and of etcd.

    begin() first, from which on nothing is missed; then start(). Where etcd has thrown away what was not seen yet, the
    history says so: another `recorded`, and `gaps` counts it.
    """

    def __init__(self, recording, namespace, name, host="127.0.0.1", port=2379):
        super().__init__(name=f"recorder of {name}", daemon=True)
        self._recording, self._address = recording, (host, port)
        self._key = base64.b64encode(f"/registry/leases/{namespace}/{name}".encode()).decode()
        self._ended = threading.Event()
        self._version = None  # all up to it are recorded, or known to be lost
        self.gaps = 0
        self.latest = None  # the record written last

    def begin(self):
        """From the creation of the present Lease on, as far as etcd still has it."""
        answer = json.loads(self._post(self._connect(), "/v3/kv/range", {"key": self._key}).read())
        present = answer.get("kvs", [])
        oldest = number_of(present[0], "create_revision") - 1 if present else number_of(answer["header"], "revision")
        self._begin_after(oldest)

    def stop(self):
        self._ended.set()
        self.join()

    def run(self):
        while not self._ended.is_set():
            try:
                self._watch_once()
            except (OSError, http.client.HTTPException, ValueError):  # a line that was cut comes again
                self._ended.wait(0.1)

    def _begin_after(self, version):
        self._version = version
        self._recording.write("recorded", seen=boottime(), after=str(version))

    def _connect(self):
        # After silence this long: look whether to stop, then go on.
        return http.client.HTTPConnection(*self._address, timeout=2)

    @staticmethod
    def _post(connection, path, body):
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"{path}: status {response.status}")
        return response

    def _watch_once(self):
        connection = self._connect()
        try:
            wanted = {"key": self._key, "start_revision": str(self._version + 1)}
            response = self._post(connection, "/v3/watch", {"create_request": wanted})
            while not self._ended.is_set():
                line = response.readline()
                if not line:
                    return
                self._take(json.loads(line).get("result", {}))
        finally:
            connection.close()

    def _take(self, result):
        compacted = number_of(result, "compact_revision")
        if compacted:
            self.gaps += self.latest is not None
            self._begin_after(compacted)
            raise ValueError("compacted")  # a new watch, from there on
        for event in result.get("events", []):
            stored = event["kv"]
            version = number_of(stored, "mod_revision")
            if event.get("type") != "DELETE":
                lease = lease_of(base64.b64decode(stored["value"]))
                fields = {"seen": boottime(), "version": str(version), **lease}
                self._recording.write("revision", **fields)
                self.latest = fields
            self._version = version
