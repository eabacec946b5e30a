"""The recorder writes what the checker reads."""

import http.server
import json
import threading

import claims
import recorder


class Elector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer = {"leader": "a", "isLeader": True, "fencingToken": "36893488147419103233", "validForMs": 700, "lease": "x"}

    def do_GET(self):
        body = json.dumps(self.answer).encode()
        self.send_response(200 if self.path == "/api/leader" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_records_answers_that_become_a_claim(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = tmp_path / "history"
    recording = recorder.Recording(path)
    before = recorder.boottime()
    poller = recorder.Poller(recording, "a", "127.0.0.1", server.server_address[1], period=0.001)
    poller.start()
    while poller.answers < 3:
        poller.join(0.01)
    poller.stop()
    after = recorder.boottime()
    server.shutdown()
    server.server_close()

    history = claims.read([path])[""]
    [claim] = history.claims()
    assert claim.by == "a" and claim.token == 36893488147419103233
    assert before < claim.start < after
    last = history.processes["a"].answers[-1]
    assert claim.end == last.sent + 700_000_000
    assert before < last.sent < last.hi < after


def test_a_silent_elector_is_asked_again(tmp_path):
    recording = recorder.Recording(tmp_path / "history")
    with http.server.HTTPServer(("127.0.0.1", 0), Elector) as server:
        address = server.server_address
    poller = recorder.Poller(recording, "a", *address, period=0.001)  # nobody listens there yet
    poller.start()
    server = http.server.ThreadingHTTPServer(address, Elector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while poller.answers < 1:
        poller.join(0.01)
    poller.stop()
    server.shutdown()
    server.server_close()
    assert poller.latest[1]["isLeader"] is True
