"""
The load where wrk is not installed: keep-alive connections that send the next call at the answer.

It takes wrk's environment (load.lua) and prints the same line. One process on one core keeps up
with a few thousand calls a second; both contenders of a bench meet the same client.
"""

import asyncio
import itertools
import json
import os
import statistics
import sys
import time
from pathlib import Path


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: "itertools.chain[bytes]", ends_at: float) -> None:
        self.requests, self.ends_at = requests, ends_at
        self.taken: list[float] = []
        self.refused = 0
        self.buffer = b""
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.sent_at = time.perf_counter()
        if self.sent_at >= self.ends_at:
            self.transport.close()
            self.over.set_result(0)
            return
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if len(body) >= int(length or 0):
            self.taken.append((time.perf_counter() - self.sent_at) * 1000)
            self.refused += head[9:10] not in b"23"
            self.buffer = b""
            self.send()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(1)


def requests() -> "itertools.chain[bytes]":
    """Return the calls without end."""
    env = os.environ
    paths, body = Path(env["LOAD_PATHS"]).read_text().split(), env.get("LOAD_BODY", "")
    head = f"Host: localhost\r\nAuthorization: Bearer {env['LOAD_TOKEN']}\r\n"
    if etag := env.get("LOAD_ETAG"):
        head += f"If-None-Match: {etag}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
    for number in itertools.count():
        key = f"Idempotency-Key: {env['LOAD_KEY']}-{number}\r\n" if body else ""
        path = paths[number % len(paths)]
        yield f"{env['LOAD_METHOD']} {path} HTTP/1.1\r\n{head}{key}\r\n{body}".encode()


async def load(port: int, connections: int, seconds: float) -> None:
    """Call until the time is over and print what came of it."""
    loop, calls, begun = asyncio.get_running_loop(), requests(), time.perf_counter()
    callers = [Caller(calls, begun + seconds) for _ in range(connections)]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
    lost = sum([await caller.over for caller in callers])
    taken = [each for caller in callers for each in caller.taken]
    percentiles = statistics.quantiles(taken, n=100)
    figures = {
        "requests": len(taken),
        "seconds": time.perf_counter() - begun,
        **{f"p{percent}": percentiles[percent - 1] for percent in (50, 95, 99)},
        "refused": sum(caller.refused for caller in callers),
        "lost": lost,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(load(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
