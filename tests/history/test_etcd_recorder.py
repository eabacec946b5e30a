"""The recorder of etcd's states: what it reads, and what it does when something was lost."""

import base64
import http.server
import json
import threading

import check
import claims
import etcd_recorder
import pytest
import recorder


def field(number, value):
    """A field of a protobuf message, short enough for lengths of one byte."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    data = value if isinstance(value, bytes) else value.encode()
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def stored(holder, session="", transitions=0):
    """A Lease as the API server stores it."""
    annotations = [field(12, field(1, "other") + field(2, "x"))]
    if session:
        annotations.append(field(12, field(1, "leader-elector.io/session") + field(2, session)))
    metadata = b"".join([field(1, "web"), field(5, "uid-1"), *annotations])
    spec = field(1, holder) + field(2, 10) + (field(5, transitions) if transitions else b"")
    lease = field(1, metadata) + field(2, spec)
    return b"k8s\0" + field(1, "type") + b"\x12" + bytes([len(lease) & 127 | 128, len(lease) >> 7]) + lease


def test_reads_a_lease_as_it_is_stored():
    assert etcd_recorder.lease_of(stored("web-0", "pod/nonce", 3)) == {
        "uid": "uid-1",
        "holder": "web-0",
        "session": "pod/nonce",
        "transitions": 3,
    }


def test_reads_a_lease_that_nobody_holds():
    assert etcd_recorder.lease_of(stored("")) == {"uid": "uid-1", "holder": "", "session": "", "transitions": 0}


def test_refuses_what_is_no_protobuf():
    with pytest.raises(ValueError, match="no protobuf"):
        etcd_recorder.lease_of(b'{"kind": "Lease"}')


class Etcd(http.server.BaseHTTPRequestHandler):
    """Knows the versions from `compacted` on; each watch delivers those that it asked for, and breaks off."""

    versions = {}
    compacted = 0

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v3/kv/range":
            self.answer({"header": {"revision": "20"}, "kvs": [{"create_revision": "5", "mod_revision": "9"}]})
            return
        start = int(asked["create_request"]["start_revision"])
        if start <= self.compacted:
            self.answer({"result": {"canceled": True, "compact_revision": str(self.compacted)}})
            return
        events = [event(version, value) for version, value in self.versions.items() if version >= start]
        self.answer({"result": {"created": True}}, *({"result": {"events": [each]}} for each in events))

    def answer(self, *lines):
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def event(version, value):
    if value is None:
        return {"type": "DELETE", "kv": {"key": "eA==", "mod_revision": str(version)}}
    return {"kv": {"key": "eA==", "mod_revision": str(version), "value": base64.b64encode(value).decode()}}


@pytest.fixture
def etcd():
    Etcd.versions, Etcd.compacted = {}, 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Etcd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address
    server.shutdown()
    server.server_close()


def recorded(etcd, path, until):
    """Records until the version `until` was seen, and returns the recorder and the records."""
    recording = recorder.Recording(path)
    one = etcd_recorder.EtcdRecorder(recording, "space", "web", *etcd)
    one.begin()
    one.start()
    yield one
    while one.latest is None or one.latest["version"] != until:
        one.join(0.01)
    one.stop()
    yield claims.load([path])


def test_records_each_state_once_though_the_watch_breaks_off_and_the_lease_is_deleted(etcd, tmp_path):
    Etcd.versions = {5: stored("a"), 7: None, 9: stored("b")}
    recording = recorded(etcd, tmp_path / "history", "9")
    one = next(recording)
    records = next(recording)
    assert [(record["kind"], record.get("after", record.get("version"))) for record in records] == [
        ("recorded", "4"),
        ("revision", "5"),
        ("revision", "9"),
    ]
    assert [record["holder"] for record in records[1:]] == ["a", "b"]
    assert one.gaps == 0


def test_tells_of_a_gap(etcd, tmp_path):
    Etcd.versions = {5: stored("a")}
    recording = recorded(etcd, tmp_path / "history", "30")
    one = next(recording)
    while one.latest is None:
        one.join(0.01)
    Etcd.versions, Etcd.compacted = {30: stored("b")}, 25
    records = next(recording)
    assert [(record["kind"], record.get("after", record.get("version"))) for record in records] == [
        ("recorded", "4"),
        ("revision", "5"),
        ("recorded", "25"),
        ("revision", "30"),
    ]
    assert one.gaps == 1


def judged(token, *records):
    """The verdict on an answer "I lead" of `a` with this token, beside these records."""
    answer = {"kind": "poll", "by": "a", "sent": 1, "answered": 2, "isLeader": True, "leader": "a", "token": token}
    records = [*records, {**answer, "validForMs": 100}]
    return check.judge(claims.histories_of([claims.parse(json.dumps(record), "test") for record in records]))


WITH_A_GAP = [
    {"kind": "recorded", "seen": 1, "after": "4"},
    {"kind": "revision", "seen": 2, "version": "5", "holder": "a"},
    {"kind": "recorded", "seen": 3, "after": "25"},
    {"kind": "revision", "seen": 4, "version": "30", "holder": "a"},
]


@pytest.mark.parametrize("token, unrecorded, violations", [
    ("3", 1, 0), ("4", 1, 0), ("5", 0, 0), ("6", 1, 0), ("25", 1, 0), ("26", 0, 1), ("30", 0, 0), ("31", 0, 1)])
def test_a_token_is_held_against_what_was_recorded(token, unrecorded, violations):
    verdict = judged(token, *WITH_A_GAP)
    assert (verdict.unrecorded, len(verdict.violations)) == (unrecorded, violations)


def test_without_revisions_no_token_is_judged_silently():
    assert judged("7").unrecorded == 1
