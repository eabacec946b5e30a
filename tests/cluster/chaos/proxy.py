#!/usr/bin/env python3
"""Passes TCP connections on, late: each direction has a delay of its own, now and then all stands still or is reset.

    proxy.py --listen PORT --to HOST:PORT --out MS --in MS --stalls S --resets S --seed N

--out delays what the caller sends, --in what it is answered. --stalls: about every five seconds nothing passes for so
long, in one direction drawn anew each time. --resets: each connection is reset after about so many seconds. 0: never.
Ends with SIGTERM; connections end with it.
"""
import argparse
import asyncio
import random
import socket
import struct

EVERY = 5  # seconds between two stalls, about
CHUNK = 65536


class Weather:
    """What passes when."""

    def __init__(self, options):
        self.delay = {"out": options.out / 1000, "in": getattr(options, "in") / 1000}
        self.stalls, self.resets = options.stalls, options.resets
        self.dice = random.Random(options.seed)
        self._still_until = {"out": 0.0, "in": 0.0}

    def due(self, direction, now):
        """When what came at `now` is passed on."""
        return max(now + self.delay[direction], self._still_until[direction])

    async def stall(self):
        while self.stalls:
            await asyncio.sleep(self.dice.expovariate(1 / EVERY))
            self._still_until[self.dice.choice(("out", "in"))] = asyncio.get_running_loop().time() + self.stalls

    def lifetime(self):
        return self.dice.expovariate(1 / self.resets) if self.resets else None


async def carry(reader, writer, direction, weather):
    """Everything from one side to the other, in order, each chunk when it is due; then the end."""
    loop = asyncio.get_running_loop()
    pending = asyncio.Queue(maxsize=256)

    async def collect():
        while chunk := await reader.read(CHUNK):
            await pending.put((weather.due(direction, loop.time()), chunk))
        await pending.put((loop.time(), b""))

    collecting = asyncio.ensure_future(collect())
    try:
        while True:
            due, chunk = await pending.get()
            # A stall that began since holds up what waits, too.
            while (wait := max(due, weather.due(direction, 0)) - loop.time()) > 0:
                await asyncio.sleep(wait)
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()
    finally:
        collecting.cancel()


def reset(writer):
    """The other side reads 'connection reset', not an end."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def serve(options):
    weather = Weather(options)
    host, port = options.to.rsplit(":", 1)

    async def accept(caller, caller_writer):
        try:
            server, server_writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 10)
        except (OSError, asyncio.TimeoutError):
            reset(caller_writer)
            return
        ways = [asyncio.ensure_future(carry(caller, server_writer, "out", weather)),
                asyncio.ensure_future(carry(server, caller_writer, "in", weather))]
        await asyncio.wait(ways, timeout=weather.lifetime(), return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        reset(caller_writer)
        reset(server_writer)

    listener = await asyncio.start_server(accept, "0.0.0.0", options.listen)
    print("ready", flush=True)
    async with listener:
        await asyncio.gather(listener.serve_forever(), weather.stall())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--out", type=float, default=0)
    parser.add_argument("--in", type=float, default=0)
    parser.add_argument("--stalls", type=float, default=0)
    parser.add_argument("--resets", type=float, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
