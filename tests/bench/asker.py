"""Asks one elector who leads, over one connection that is kept open."""
import json
import socket


class Asker:
    """Not for several threads. Each call raises OSError where the elector does not answer."""

    REQUEST = b"GET /api/leader HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def __init__(self, port, timeout=1.0):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def ask(self):
        """The fields of the answer."""
        self._socket.sendall(self.REQUEST)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        if b" 200 " not in lines[0]:
            raise OSError(f"the elector answers {lines[0]!r}")
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        while len(body) < int(fields[b"content-length"]):
            body += self._receive()
        return json.loads(body)

    def _receive(self):
        got = self._socket.recv(65536)
        if not got:
            raise OSError("the elector has closed the connection")
        return got
