"""How soon a program knows that it leads: told by a stream, beside one that asks each second."""
import contextlib
import json
import random
import selectors
import signal
import socket
import struct
import threading
import time

from candidate import OURS, RETRY_SECONDS
from figures import Figure
from group import Group

NEEDS_CONTROL_PLANE = True
TURNS, RENEWALS = 30, 30
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 30
MANY, SOME = 256, 64
MOST_MS, MOST_SPREAD_MS, MOST_MIB = 50, 5, 1
KIBIBYTES_PER_MIB = 1024
SETTLE_SECONDS = 2
SO_TIMESTAMPNS = 35  # the kernel says when bytes came, so that it does not matter when they are read


class Stream:
    """What an elector pushes."""

    def __init__(self, port, query=""):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self.socket.sendall(f"GET /api/leader/watch{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._received = b""
        self.at = None  # when the last of them came

    def states(self):
        """Those that have come since, as far as they are whole; waits until something comes."""
        got, said, *_ = self.socket.recvmsg(65536, socket.CMSG_SPACE(16))
        for _, _, data in said:
            seconds, nanoseconds = struct.unpack("qq", data)
            self.at = seconds + nanoseconds / 1e9
        if not got:
            raise OSError("the elector has closed the stream")
        *lines, self._received = (self._received + got).split(b"\n")
        return [json.loads(line[len(b"data: "):]) for line in lines if line.startswith(b"data: ")]

    def close(self):
        self.socket.close()


class Heard(threading.Thread):
    """When a program first knows that its elector leads, by one of two ways. An elector that ends leaves it unknown."""

    def __init__(self, candidate, over):
        super().__init__(daemon=True)
        self._candidate, self._over, self.at = candidate, over, None

    def run(self):
        with contextlib.suppress(OSError):
            self.listen()

    def hear(self, state):
        if state["isLeader"]:
            self.at = time.monotonic()
            self._over.set()
        return state["isLeader"]


class Told(Heard):
    def listen(self):
        with contextlib.closing(Stream(self._candidate.port)) as stream:
            while not any(map(self.hear, stream.states())):
                pass


class Asks(Heard):
    def listen(self):
        time.sleep(random.uniform(0, POLL_SECONDS))
        with self._candidate.asker() as asker:
            while not self.hear(asker.ask()):
                time.sleep(POLL_SECONDS)


def hand_on(group):
    """Milliseconds from the signal that ends a leader to each way's first news of the next one, at the next one."""
    leader = group.leader()
    ways = []
    for kind in (Told, Asks):
        over = threading.Event()
        ways.append((over, [kind(other, over) for other in group.others(leader)]))
    for _, heard in ways:
        for one in heard:
            one.start()
    time.sleep(POLL_SECONDS + random.uniform(0, RETRY_SECONDS))
    begun = time.monotonic()
    leader.signal(signal.SIGTERM)
    took = []
    for over, heard in ways:
        if not over.wait(PATIENCE_SECONDS):
            raise TimeoutError(f"nobody heard of a leader after {leader.name}")
        took.append(1000 * (next(one.at for one in heard if one.at) - begun))
    leader.wait()
    leader.start()
    return took


def spreads(leader, count):
    """For each renewal, the milliseconds from the first of `count` streams that is told it to the last."""
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as ready:
        for _ in range(count):
            stream = stack.enter_context(contextlib.closing(Stream(leader.port, "?renewals=1")))
            ready.register(stream.socket, selectors.EVENT_READ, stream)
        times, found = {}, []
        deadline = time.monotonic() + (RENEWALS + 2) * RETRY_SECONDS + PATIENCE_SECONDS
        while len(found) < RENEWALS and time.monotonic() < deadline:
            for key, _ in ready.select(PATIENCE_SECONDS):
                for state in key.data.states():
                    times.setdefault(state["seq"], []).append(key.data.at)
                    came = times[state["seq"]]
                    if len(came) == count and state["reason"] == "renewed":
                        found.append(1000 * (max(came) - min(came)))
        return found


def memory_of_streams(leader, count):
    """MiB that no file backs, more than without them."""
    before = leader.memory()["anonymous"]
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(contextlib.closing(Stream(leader.port))) for _ in range(count)]
        for stream in streams:
            stream.states()
        time.sleep(SETTLE_SECONDS)
        return (leader.memory()["anonymous"] - before) / KIBIBYTES_PER_MIB


def measure(bench):
    told, asked = [], []
    with Group(bench, OURS, "push", 3) as group:
        for _ in range(bench.repeated(TURNS)):
            for times, took in zip((told, asked), hand_on(group), strict=True):
                times.append(took)
            bench.say(f"release to news of it: told {told[-1]:.0f} ms, asking {asked[-1]:.0f} ms")
        memory = [memory_of_streams(group.leader(), SOME) for _ in range(bench.repeated(3))]
        bench.say(f"{RENEWALS} renewals to {MANY} streams")
        spread = spreads(group.leader(), MANY)
    figures = [Figure("push", "from a release to the next leader's program, told (peer: it asks each second)", name, "ms", told,
                      asked, *(("at most", None, MOST_MS) if statistic == "p99" else ()), statistic=statistic)
               for statistic, name in (("median", "p50"), ("p99", "p99"), ("max", "max"))]
    figures.append(Figure("push", f"a renewal to {MANY} streams", "from the first to the last, p99", "ms", spread, [], "at most",
                          limit=MOST_SPREAD_MS, statistic="p99"))
    figures.append(Figure("push", f"{SOME} streams", "anonymous memory, more", "MiB", memory, [], "at most", limit=MOST_MIB))
    return figures
