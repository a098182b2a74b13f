"""
New code while the shop is open: the web server reloads five times in a minute of load.

SIGHUP has the web server (ops/serving.py) start a worker with the new code, wait until it serves,
and only then end an old one, which first answers what it has begun.
"""

import argparse
import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench.common import ROOT, publish, start_house
from config.embedded.valkey import free_port

RELOADS = 5
WORKERS = 2
VISITORS = 8
PATHS = ["/api/items?page=1&limit=10", "/api/orders?page=1&limit=10", "/api/health/live"]


def main() -> None:
    """Load and reload, and fail if a call has failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--reloads", type=int, default=RELOADS)
    asked = parser.parse_args()
    start_house()
    from bench.desk import data
    from bench.desk.visitor import Notes
    from bench.desk.web import get
    from tests.factories.accounts import ApiKeyFactory

    data.fill(1000)
    token, notes = ApiKeyFactory().token, Notes()
    with serving() as (server, port):
        get(port, PATHS[0], token)
        ends_at = time.monotonic() + asked.seconds
        asyncio.run(open_shop(port, token, notes, server, ends_at, asked.reloads))
    calls = sum(map(len, notes.milliseconds.values()))
    print(f"  {calls} calls, {notes.reconnected} connections opened again")
    if notes.failures:
        raise SystemExit(f"{len(notes.failures)} failed: {notes.failures[:5]}")
    publish(
        "reload",
        value=len(notes.failures),
        unit="failed calls",
        peer="calls answered",
        peer_value=calls,
        ratio=1.0,
        goal=1.0,
        reloads=asked.reloads,
        connections_opened_again=notes.reconnected,
        slowest_ms=max(max(taken) for taken in notes.milliseconds.values()),
    )


@contextmanager
def serving() -> Iterator[tuple[psutil.Process, int]]:
    """Run the Procfile's web process; give it and its port."""
    port = free_port()
    env = os.environ | {"PORT": str(port), "WEB_WORKERS": str(WORKERS)}
    command = [sys.executable, "-m", "ops.serving"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        yield psutil.Process(process.pid), port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def workers(server: psutil.Process) -> set[int]:
    """Return the processes that answer."""
    return {child.pid for child in server.children(recursive=True)}


async def open_shop(
    port: int, token: str, notes: object, server: psutil.Process, ends_at: float, reloads: int
) -> None:
    """Let visitors call without pause while the server reloads again and again."""
    from bench.desk.visitor import Visitor

    is_over = asyncio.Event()

    async def visit(visitor: Visitor) -> None:
        for path in itertools.cycle(PATHS):
            if is_over.is_set():
                return
            await visitor.call("any", "GET", path)

    async def reload() -> None:
        pause = max(0.0, ends_at - time.monotonic()) / reloads
        for number in range(1, reloads + 1):
            next_at, before = time.monotonic() + pause, workers(server)
            os.kill(server.pid, signal.SIGHUP)
            while len(now := workers(server)) != WORKERS or not before.isdisjoint(now):
                await asyncio.sleep(0.1)
            print(f"  reload {number}: {sorted(before)} became {sorted(now)}")
            await asyncio.sleep(next_at - time.monotonic())
        is_over.set()

    visitors = [visit(Visitor(port, token, notes)) for _ in range(VISITORS)]
    await asyncio.gather(reload(), *visitors)


if __name__ == "__main__":
    main()
