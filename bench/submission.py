"""
How long a POST /api/jobs takes at 50 a second, records included: `python bench/submission.py`.

The web server, relay and worker are the product's own; each request carries 20 records, is
sent at its due time whether or not earlier ones were answered, and its rows (1,000 a second) are
carried to a partner meanwhile on the same cores.
"""

import argparse
import asyncio
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
from tests.factories.accounts import ApiKeyFactory
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import RecordingPartner
from tests.support.stack import Stack, wait_for

RATE = 50
RECORDS = 20
LIMIT_MS = 50.0


async def one(client: aiohttp.ClientSession, url: str, session_id: str, number: int) -> float:
    """Submit once; return the milliseconds until the whole answer was there."""
    records = [
        {"requestId": f"S{number}-{row}", "memberId": f"M-{row}", "amount": 12.5, "note": "x" * 80}
        for row in range(RECORDS)
    ]
    body = orjson.dumps({"sessionId": session_id, "records": records})
    begun = time.perf_counter()
    async with client.post(url, data=body) as answer:
        text = await answer.read()
    if answer.status != 202:
        raise SystemExit(f"{answer.status}: {text[:300]!r}")
    return (time.perf_counter() - begun) * 1000


async def load(base: str, key: str, session_ids: list[str], seconds: int) -> list[float]:
    """Submit at a constant rate; return each answer's time."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as client:
        for number in range(20):
            await one(client, f"{base}/api/jobs", session_ids[number % len(session_ids)], -number)
        begun, calls = time.perf_counter(), []
        for number in range(RATE * seconds):
            await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
            session_id = session_ids[number % len(session_ids)]
            calls.append(asyncio.create_task(one(client, f"{base}/api/jobs", session_id, number)))
        return await asyncio.gather(*calls)


def is_up(port: int) -> bool:
    """Return whether somebody listens."""
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Measure five windows and print the median of their 95th percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of each window")
    parser.add_argument("--windows", type=int, default=5)
    wanted = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as home:
        stack = Stack(Path(home), DJANGO_SETTINGS_MODULE="config.settings.test")
        try:
            stack.start()
            granian = str(Path(sys.executable).with_name("granian"))
            options = ("--interface", "wsgi", "--port", str(port), "--workers", "2")
            threads = ("--blocking-threads", "4", "--no-ws", "--log-level", "warning")
            stack.run("web", granian, *options, *threads, "config.wsgi:application")
            wait_for(lambda: is_up(port), seconds=20, what="the start of the web server")
            with stack.as_database(), RecordingPartner() as partner:
                measure(f"http://127.0.0.1:{port}", partner, wanted.windows, wanted.seconds)
        finally:
            stack.stop()


def measure(base: str, partner: RecordingPartner, windows: int, seconds: int) -> None:
    """Run the windows; sessions are many, because one takes at most 20 open jobs."""
    percentiles, middles = [], []
    for window in range(windows):
        key = ApiKeyFactory()
        sessions = [
            BatchSessionFactory(
                owner=key.owner,
                api_url=partner.url,
                max_concurrent=20,
                min_interval_ms=0,
                requests_per_minute=600_000,
            )
            for _ in range(60)
        ]
        ids = [session.public_id for session in sessions]
        taken = asyncio.run(load(base, key.token, ids, seconds))
        percentiles.append(statistics.quantiles(taken, n=100)[94])
        middles.append(statistics.median(taken))
        print(f"window {window + 1}: p50 {middles[-1]:.1f} ms, p95 {percentiles[-1]:.1f} ms")
    p95 = statistics.median(percentiles)
    publish(
        "submission",
        value=p95,
        unit="ms p95",
        peer="limit",
        peer_value=LIMIT_MS,
        ratio=LIMIT_MS / p95,
        goal=1.0,
        p50=statistics.median(middles),
        requests_per_second=RATE,
        records=RECORDS,
    )


if __name__ == "__main__":
    main()
