"""Figures of the ledger for Prometheus, asked of PostgreSQL, where they are the same for all."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

OPEN_JOBS = """
SELECT type, status, count(*) FROM jobs WHERE status IN ('pending', 'in-progress')
GROUP BY type, status
"""
OUTBOX = """
SELECT task, queue, count(*) FILTER (WHERE published_at IS NULL),
    coalesce(extract(epoch FROM clock_timestamp() - min(due_at)
        FILTER (WHERE published_at IS NULL)), 0)::float,
    coalesce(extract(epoch FROM clock_timestamp() - min(due_at)
        FILTER (WHERE claimed_at IS NULL)), 0)::float
FROM core_outboxmessage WHERE failed_at IS NULL AND due_at <= clock_timestamp()
GROUP BY task, queue
"""
SET_ASIDE = "SELECT count(*) FROM core_outboxmessage WHERE failed_at IS NOT NULL"


@dataclass
class JobFigures:
    """What waits, where, and for how long."""

    open_jobs: dict[tuple[str, str], int] = field(default_factory=dict)
    unpublished: int = 0
    oldest_unpublished: float = 0.0
    set_aside: int = 0
    oldest_of_queue: dict[str, float] = field(default_factory=dict)


def job_figures() -> JobFigures:
    """Return what waits now."""
    figures = JobFigures(oldest_of_queue=dict.fromkeys(_known_queues(), 0.0))
    with connection.cursor() as cursor:
        cursor.execute(OPEN_JOBS)
        figures.open_jobs = {(kind, status): count for kind, status, count in cursor.fetchall()}
        cursor.execute(SET_ASIDE)
        (figures.set_aside,) = cursor.fetchone()
        cursor.execute(OUTBOX)
        for line in cursor.fetchall():
            _add(figures, *line)
    return figures


def _add(
    figures: JobFigures, task: str, queue: str, unsent: int, oldest_unsent: float, oldest: float
) -> None:
    name = queue or _routes().get(task, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
    figures.unpublished += unsent
    figures.oldest_unpublished = max(figures.oldest_unpublished, oldest_unsent)
    figures.oldest_of_queue[name] = max(figures.oldest_of_queue.get(name, 0.0), oldest)


def _routes() -> dict[str, Any]:
    routes: dict[str, Any] = settings.CELERY_TASK_ROUTES
    return routes


def _known_queues() -> set[str]:
    return {settings.CELERY_TASK_DEFAULT_QUEUE} | {route["queue"] for route in _routes().values()}
