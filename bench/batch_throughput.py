"""
Rows a second from submission to the last stored result, beside the limit of the same minute.

Partner of 20 ms: the limit is width / latency. Partner of 0 ms: bare aiohttp at the same width.
Everything is real: durable PostgreSQL, Valkey, relay, Celery worker, a partner over HTTP.
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
from django.utils import timezone

from apps.batches.models import BatchRun
from apps.batches.services.submit_records import submit_records
from apps.jobs.models import Job
from bench.common import publish
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import RecordingPartner
from tests.support.stack import Stack, wait_for

ROWS = 2000
SCENES = (
    ("batch_20ms_50", 20, 50, 0.65),
    ("batch_20ms_200", 20, 200, 0.35),
    ("batch_0ms_50", 0, 50, 0.50),
    ("batch_0ms_200", 0, 200, 0.50),
)


def records(prefix: str) -> list[dict[str, object]]:
    """Return rows as a claims sheet has them, about 180 bytes each."""
    return [
        {
            "requestId": f"{prefix}-{number}",
            "memberId": f"M-{number:07}",
            "drugCode": "C09AA05",
            "serviceDate": "2026-03-14",
            "daysOfSupply": 30,
            "quantity": 60,
            "amount": 48.6,
            "note": "collected by a relative",
        }
        for number in range(ROWS)
    ]


def bare(partner: RecordingPartner, width: int, prefix: str) -> float:
    """Return what aiohttp alone makes of the same rows."""
    import orjson

    bodies = [orjson.dumps(record) for record in records(prefix)]

    async def send_all() -> None:
        connector = aiohttp.TCPConnector(limit=width)
        async with aiohttp.ClientSession(connector=connector) as session:
            waiting = iter(enumerate(bodies))

            async def send() -> None:
                for number, body in waiting:
                    headers = {
                        "Content-Type": "application/json",
                        "Idempotency-Key": f"{prefix}-{number}",
                    }
                    async with session.post(partner.url, data=body, headers=headers) as answer:
                        await answer.read()

            await asyncio.gather(*(send() for _ in range(width)))

    begun = time.perf_counter()
    asyncio.run(send_all())
    return ROWS / (time.perf_counter() - begun)


def ours(partner: RecordingPartner, width: int, prefix: str) -> float:
    """Return what a submitted batch makes of them, by the database's clock."""
    session = BatchSessionFactory(
        api_url=partner.url,
        max_concurrent=width,
        min_interval_ms=0,
        requests_per_minute=60_000_000,
    )
    job = submit_records(
        session=session, owner=session.owner, records=records(prefix), now=timezone.now()
    )
    wait_for(
        lambda: Job.objects.filter(pk=job.pk, finished_at__isnull=False).exists(),
        seconds=60,
        what="the end of the batch",
    )
    job.refresh_from_db()
    if BatchRun.objects.get(pk=job.pk).succeeded != ROWS:
        raise SystemExit(f"not every row succeeded: {BatchRun.objects.get(pk=job.pk).counts}")
    return ROWS / (job.finished_at - job.created_at).total_seconds()


def measure(name: str, latency: int, width: int, goal: float, repetitions: int) -> None:
    """Interleave both sides, and print the medians."""
    with RecordingPartner(latency_ms=latency) as partner:
        bare(partner, width, "warm"), ours(partner, width, "warmer")
        pairs = []
        for turn in range(repetitions):
            partner.reset()
            pairs.append((ours(partner, width, f"ours{turn}"), bare(partner, width, f"bare{turn}")))
    product = statistics.median(pair[0] for pair in pairs)
    alone = statistics.median(pair[1] for pair in pairs)
    limit = width / (latency / 1000) if latency else alone
    print(f"{name}: {product:,.0f} rows/s; limit {limit:,.0f}; bare aiohttp {alone:,.0f}")
    publish(
        name,
        value=round(product),
        unit="rows/s",
        peer="width / latency" if latency else "bare aiohttp",
        peer_value=round(limit),
        ratio=round(product / limit, 3),
        goal=goal,
    )


def main() -> None:
    """Run the scenes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("scenes", nargs="*", help="of " + ", ".join(scene[0] for scene in SCENES))
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as home:
        stack = Stack(Path(home))
        try:
            stack.start()
            with stack.as_database():
                for scene in SCENES:
                    if not wanted.scenes or scene[0] in wanted.scenes:
                        measure(*scene, wanted.repetitions)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
