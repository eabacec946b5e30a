"""The proxy delays, keeps the order, and resets."""
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PROXY = Path(__file__).resolve().parent / "proxy.py"


def echo(server):
    with server.accept()[0] as connection, suppress(ConnectionError):
        while data := connection.recv(4096):
            connection.sendall(data)


@contextmanager
def connected(*options):
    """A connection through the proxy to a server that sends back what it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        threading.Thread(target=echo, args=(server,), daemon=True).start()
        proxy = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, PROXY, "--listen", str(port),
             "--to", f"127.0.0.1:{server.getsockname()[1]}", *options], stdout=subprocess.PIPE, text=True)
        try:
            assert proxy.stdout.readline() == "ready\n"
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                yield connection
        finally:
            proxy.kill()
            proxy.wait()


def receive(connection, count):
    data = b""
    while len(data) < count:
        chunk = connection.recv(4096)
        assert chunk, "the connection ended"
        data += chunk
    return data


def test_each_direction_has_its_delay():
    with connected("--out", "200", "--in", "100") as connection:
        begun = time.monotonic()
        connection.sendall(b"ping")
        assert receive(connection, 4) == b"ping"
        assert time.monotonic() - begun >= 0.3


def test_what_is_delayed_stays_in_order():
    with connected("--out", "50") as connection:
        lines = [f"{number}\n".encode() for number in range(200)]
        for line in lines:
            connection.sendall(line)
        assert receive(connection, len(b"".join(lines))) == b"".join(lines)


def test_connections_are_reset():
    with connected("--resets", "0.1") as connection:
        with pytest.raises(ConnectionResetError):
            while True:
                connection.sendall(b"ping")
                if not connection.recv(4096):
                    raise AssertionError("an end, where a reset was asked for")
                time.sleep(0.01)

