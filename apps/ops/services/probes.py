"""One function for each thing that can be wrong with the house (etl contract, 4.3)."""

import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from kombu import Connection
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.ops.services.probing import BUDGET_SECONDS, Finding, Health

LATE_SECONDS = 120
LOST_SECONDS = 600
GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
PROCESS_PAGES = Path("/proc/self/statm")
MACHINE_MEMORY = Path("/proc/meminfo")


@contextmanager
def _own_connection() -> Iterator[Any]:
    """Lend a cursor of this thread's own connection, and close it: the thread ends soon."""
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def probe_database() -> Finding:
    """Ask PostgreSQL for the number one."""
    with _own_connection() as cursor:
        started = time.perf_counter()
        cursor.execute("SELECT 1")
        return Finding(facts={"responseTime": _milliseconds(started)})


def probe_redis() -> Finding:
    """Ping the server of the caches."""
    return _ping(settings.REDIS_URL)


def probe_broker() -> Finding:
    """Reach the broker, whichever kind it is."""
    if settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://", "unix://")):
        return _ping(settings.CELERY_BROKER_URL)
    started = time.perf_counter()
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=BUDGET_SECONDS) as broker:
        broker.connect()
    return Finding(facts={"responseTime": _milliseconds(started)})


def _ping(url: str) -> Finding:
    started = time.perf_counter()
    budget = {"socket_timeout": BUDGET_SECONDS, "socket_connect_timeout": BUDGET_SECONDS}
    with Redis.from_url(url, **budget, retry=Retry(NoBackoff(), 0)) as redis:
        redis.ping()
    return Finding(facts={"responseTime": _milliseconds(started)})


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


OUTBOX = """
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float
FROM core_outboxmessage
WHERE failed_at IS NULL AND published_at IS NULL AND due_at <= clock_timestamp()
"""


def probe_outbox() -> Finding:
    """Look for work that no relay has brought to the broker."""
    with _own_connection() as cursor:
        cursor.execute(OUTBOX)
        unsent, oldest = cursor.fetchone()
    return Finding(_by_age(oldest), {"unsent": unsent, "oldestSeconds": round(oldest, 1)})


WORKERS = """
SELECT extract(epoch FROM clock_timestamp() - greatest(
    (SELECT max(seen_at) FROM ops_queuepulse), (SELECT max(heartbeat_at) FROM jobs)))::float
"""
QUEUES = """
SELECT queue, worker, round(extract(epoch FROM clock_timestamp() - seen_at)::numeric, 1)::float
FROM ops_queuepulse ORDER BY queue
"""


def probe_workers() -> Finding:
    """Look for a sign of life: a queue's pulse, or the heartbeat of a job at work."""
    with _own_connection() as cursor:
        cursor.execute(WORKERS)
        (age,) = cursor.fetchone()
        cursor.execute(QUEUES)
        queues = [
            {"name": name, "worker": worker, "lastSeenSeconds": seconds}
            for name, worker, seconds in cursor.fetchall()
        ]
    if age is None:
        return Finding(Health.DEGRADED, {"lastSeenSeconds": None, "queues": queues})
    return Finding(_by_age(age), {"lastSeenSeconds": round(age, 1), "queues": queues})


def _by_age(seconds: float) -> Health:
    if seconds > LOST_SECONDS:
        return Health.UNHEALTHY
    return Health.DEGRADED if seconds > LATE_SECONDS else Health.HEALTHY


def probe_storage() -> Finding:
    """Look how much room is left for files."""
    wanted = Path(settings.MEDIA_ROOT)
    place = next(path for path in (wanted, *wanted.parents) if path.exists())
    usage = shutil.disk_usage(place)
    percent = round(100 * usage.free / usage.total, 1)
    roomy = Health.DEGRADED if percent < 10 else Health.HEALTHY
    health = Health.UNHEALTHY if percent < 3 else roomy
    return Finding(health, {"freeBytes": usage.free, "freePercent": percent})


def probe_memory() -> Finding:
    """Compare this process with what it may use: its control group's limit, or the machine."""
    if not PROCESS_PAGES.is_file():
        return Finding(facts={"usage": None})
    pages = [int(word) for word in PROCESS_PAGES.read_text().split()]
    total, available = _memory_of_machine()
    limit = _limit_of_group() or total
    vms, rss = (count * resource.getpagesize() for count in pages[:2])
    percent = round(100 * rss / limit, 1)
    usage = {"rss": rss, "vms": vms, "limit": limit, "available": available}
    health = Health.DEGRADED if percent >= 90 else Health.HEALTHY
    return Finding(health, {"usage": usage, "usagePercent": percent, "warning": percent >= 80})


def _memory_of_machine() -> tuple[int, int]:
    lines = dict(line.split(":") for line in MACHINE_MEMORY.read_text().splitlines())
    total, available = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return total * 1024, available * 1024


def _limit_of_group() -> int | None:
    text = GROUP_LIMIT.read_text().strip() if GROUP_LIMIT.is_file() else "max"
    return int(text) if text.isdigit() else None


def probe_migrations() -> Finding:
    """Compare the migrations of this code with those that the database has seen."""
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    finally:
        connection.close()
    wanted = set(MigrationLoader(None).disk_migrations)
    pending = sorted(f"{app}.{name}" for app, name in wanted - applied)
    return Finding(Health.UNHEALTHY if pending else Health.HEALTHY, {"pending": pending})
