"""
How long POST /generate, its preview and /status take at 50 requests a second.

`python -m bench.data_posts`: the web server, relay and worker are the product's own. Each second
brings 10 generations of 100 rows, 5 previews and 35 looks at a job, at their due times whether
or not earlier ones were answered; the workers make the rows on the same cores meanwhile.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

import tests.servers  # noqa: F401 - settings for this process

django.setup()

import aiohttp
import orjson

from bench.common import publish
from config.embedded.valkey import free_port
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.generation.world import customers
from tests.support.stack import Stack, answers, wait_for

RATE = 50
LIMIT_MS = 50.0
USERS = 60
# What each of ten requests in a row is.
TURN = ("generate", "status", "status", "status", "preview") + ("status",) * 4 + ("generate",)


class Visitor:
    """The clients: many users, so that nobody comes near a limit."""

    def __init__(self, base: str, keys: list[str], client: aiohttp.ClientSession) -> None:
        self._base, self._keys, self._client = base, keys, client
        self._jobs: dict[int, str] = {}
        self.taken: dict[str, list[float]] = {"generate": [], "preview": [], "status": []}

    async def call(self, number: int, kind: str) -> None:
        """Make one request and note the milliseconds until the whole answer was there."""
        user = number % len(self._keys)
        headers = {"Authorization": f"Bearer {self._keys[user]}"}
        begun = time.perf_counter()
        if kind == "status" and user in self._jobs:
            url = f"{self._base}/status/{self._jobs[user]}"
            answer = await self._client.get(url, headers=headers)
        else:
            path = "/generate/preview" if kind == "preview" else "/generate"
            kind = "preview" if kind == "preview" else "generate"
            body = orjson.dumps(customers(100, store="file"))
            headers["Content-Type"] = "application/json"
            answer = await self._client.post(self._base + path, data=body, headers=headers)
        text = await answer.read()
        self.taken[kind].append((time.perf_counter() - begun) * 1000)
        if answer.status not in (200, 202):
            raise SystemExit(f"{kind} {answer.status}: {text[:300]!r}")
        if kind == "generate":
            self._jobs[user] = orjson.loads(text)["jobId"]

    async def stay(self, seconds: int) -> None:
        """Call at a constant rate."""
        for number in range(USERS):
            await self.call(number, "generate")
        self.taken = {kind: [] for kind in self.taken}
        begun, calls = time.perf_counter(), []
        for number in range(RATE * seconds):
            await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
            # Users come in turn, and meet every kind of request.
            kind = TURN[(number + number // USERS) % len(TURN)]
            calls.append(asyncio.create_task(self.call(number, kind)))
        await asyncio.gather(*calls)


async def visit(base: str, keys: list[str], seconds: int) -> dict[str, list[float]]:
    """Return the milliseconds of every answer, by kind."""
    async with aiohttp.ClientSession() as client:
        visitor = Visitor(base, keys, client)
        await visitor.stay(seconds)
        return visitor.taken


def main() -> None:
    """Measure the windows and print the median of their 95th percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of each window")
    parser.add_argument("--windows", type=int, default=5)
    wanted = parser.parse_args()
    os.environ["MAX_OPEN_JOBS"] = "1000"
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as home:
        stack = Stack(Path(home), DJANGO_SETTINGS_MODULE="config.settings.test")
        try:
            stack.start()
            base = serve(stack)
            with stack.as_database():
                measure(base, wanted.windows, wanted.seconds)
        finally:
            stack.stop()


def serve(stack: Stack) -> str:
    """Start the web server as the product does; return its address."""
    address = f"127.0.0.1:{free_port()}"
    host, port = address.split(":")
    options = ("--interface", "wsgi", "--host", host, "--port", port, "--workers", "2")
    threads = ("--blocking-threads", "4", "--no-access-log", "--no-ws", "--log-level", "warning")
    granian = (sys.executable, "-m", "granian", *options, *threads)
    stack.run("web", *granian, "config.wsgi:application")
    wait_for(lambda: answers(f"http://{address}/healthz"), seconds=30, what="the web server")
    return f"http://{address}"


def measure(base: str, windows: int, seconds: int) -> None:
    """Run the windows."""
    p95: dict[str, list[float]] = {"all": [], "generate": [], "preview": [], "status": []}
    for window in range(windows):
        owners = [UserFactory(operator=True) for _ in range(USERS)]
        keys = [ApiKeyFactory(owner=owner).token for owner in owners]
        taken = asyncio.run(visit(base, keys, seconds))
        taken["all"] = [figure for figures in list(taken.values()) for figure in figures]
        for kind, figures in taken.items():
            p95[kind].append(statistics.quantiles(figures, n=100)[94])
        shown = ", ".join(f"{kind} {figures[-1]:.1f}" for kind, figures in p95.items())
        print(f"window {window + 1}: p95 ms {shown}")
    middle = {kind: statistics.median(figures) for kind, figures in p95.items()}
    publish(
        "data_posts",
        value=middle["all"],
        unit="ms p95",
        peer="limit",
        peer_value=LIMIT_MS,
        ratio=LIMIT_MS / middle["all"],
        goal=1.0,
        **{kind: figure for kind, figure in middle.items() if kind != "all"},
        requests_per_second=RATE,
    )


if __name__ == "__main__":
    main()
