"""A handler that does as told, workers in threads, and a look at what is on its way."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connection

from apps.core.models import OutboxMessage
from apps.jobs.models import Job
from apps.jobs.services.work_slice import Slice

Result = TypeVar("Result")


class ScriptedHandler:
    """The work of a test."""

    def __init__(self) -> None:
        self.act: Callable[[Slice], None] = lambda work: work.finish()
        self.cancelled: list[Any] = []
        self.retried: list[dict[str, object]] = []

    def run(self, work: Slice) -> None:
        self.act(work)

    def cancel(self, job: Job) -> None:
        self.cancelled.append(job.pk)

    def retry(self, job: Job, params: dict[str, object]) -> None:
        self.retried.append(params)


def at_once(count: int, work: Callable[[int], Result]) -> list[Result]:
    """Do the work in so many threads, each with a connection of its own; all begin together."""
    barrier = Barrier(count)

    def begin(number: int) -> Result:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def announced() -> list[str]:
    """Return the jobs that a message asks a slice for, in the order of the messages."""
    messages = OutboxMessage.objects.filter(task="jobs.run_slice").order_by("id")
    return [str(kwargs["job_id"]) for kwargs in messages.values_list("kwargs", flat=True)]


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for the condition; fail where it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
