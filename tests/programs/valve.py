"""What stands between a program and its elector, and can stop the program with a "yes" that it has not read."""
import http.client
import http.server
import threading


class Valve(http.server.ThreadingHTTPServer):
    """Passes on requests and answers. Once armed, it calls `stop_program` before the next "yes", and then passes that
    on: so it lies unread in the program's socket. Starts by itself."""

    daemon_threads = True

    def __init__(self, port, stop_program):
        super().__init__(("127.0.0.1", 0), Handler)
        self.elector, self.stop_program = port, stop_program
        self.armed, self.delivered = threading.Event(), threading.Event()
        self.requests = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def before(self, message):
        """Whether the program was stopped for this message."""
        stops = self.armed.is_set() and b'"isLeader":true' in message
        if stops:
            self.armed.clear()
            self.stop_program()
        return stops

    def handle_error(self, request, client_address):
        pass  # programs and electors that end leave connections behind


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.elector)
        upstream.request("GET", self.path)
        answer = upstream.getresponse()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Connection", "close")
        if answer.headers.get("Content-Length"):
            self.send_header("Content-Length", answer.headers["Content-Length"])
            self.pass_on(answer.read())
        else:
            self.end_headers()
            while line := answer.readline():
                self.pass_on(line, head=False)
        upstream.close()
        self.close_connection = True

    def pass_on(self, message, head=True):
        stops = self.server.before(message)
        if head:
            self.end_headers()
        self.wfile.write(message)
        if stops:
            if not head:
                self.wfile.write(b"\n")  # the end of the message
            self.server.delivered.set()

    def log_message(self, *_):
        pass
