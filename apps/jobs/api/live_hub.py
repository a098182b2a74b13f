"""One look at the ledger for all who watch: a thousand viewers of a job cost what one costs."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections

from apps.jobs.api.forms import EventOutput, StatusOutput
from apps.jobs.models import Job, JobEvent

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
# Events are numbered when they are written and seen when they are committed: some come late.
LATE = 50
MOST_AT_ONCE = 1_000
MOST_UNSENT = 200


class TooSlow(Exception):
    """A viewer does not read what it is sent; it may come back and go on where it was."""


@dataclass(eq=False)
class Viewer:
    """Somebody who watches a job."""

    job_id: UUID
    last_event: int
    unsent: asyncio.Queue[tuple[str, int | None, dict[str, Any]] | None] = field(
        default_factory=lambda: asyncio.Queue(MOST_UNSENT)
    )
    _seen: deque[int] = field(default_factory=lambda: deque(maxlen=2 * LATE))
    _progress: dict[str, Any] | None = None
    _begun_at: int = 0

    def __post_init__(self) -> None:
        self._begun_at = self.last_event

    @property
    def floor(self) -> int:
        """Return after which event to look."""
        return max(self._begun_at, self.last_event - LATE)

    def tell(self, progress: dict[str, Any], events: list[dict[str, Any]], *, over: bool) -> None:
        """
        Queue what is new to this viewer.

        :raises TooSlow: if too much is queued already
        """
        try:
            self._queue(progress, events, over=over)
        except asyncio.QueueFull:
            raise TooSlow from None

    def _queue(self, progress: dict[str, Any], events: list[dict[str, Any]], *, over: bool) -> None:
        for event in events:
            number = event["id"]
            if number > self.floor and number not in self._seen:
                self._seen.append(number)
                self.last_event = max(number, self.last_event)
                self.unsent.put_nowait(("event", number, event))
        shown = {name: value for name, value in progress.items() if name != "updatedAt"}
        if shown != self._progress:
            self._progress = shown
            self.unsent.put_nowait(("progress", None, progress))
        if over:
            self.unsent.put_nowait(("end", None, {"status": progress["status"]}))
            self.unsent.put_nowait(None)


class Hub:
    """Looks at the jobs that anybody watches, twice a second and only while somebody does."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._viewers: set[Viewer] = set()
        self._looking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._viewers)

    def join(self, viewer: Viewer) -> None:
        """Begin to tell the viewer."""
        self._viewers.add(viewer)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())

    def leave(self, viewer: Viewer) -> None:
        """Tell the viewer no more."""
        self._viewers.discard(viewer)

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self._viewers:
            viewers = list(self._viewers)
            floors: dict[UUID, int] = {}
            for viewer in viewers:
                floors[viewer.job_id] = min(viewer.floor, floors.get(viewer.job_id, viewer.floor))
            try:
                found = await loop.run_in_executor(self._threads, with_database, look, floors)
            except (DatabaseError, InterfaceError) as error:
                log.warning("live.no_database", reason=type(error).__name__)
                found = {}
            for viewer in viewers:
                if viewer.job_id in found:
                    self._tell(viewer, *found[viewer.job_id])
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(
        self, viewer: Viewer, progress: dict[str, Any], events: list[dict[str, Any]], over: bool
    ) -> None:
        try:
            viewer.tell(progress, events, over=over)
        except TooSlow:
            over = True
            while not viewer.unsent.empty():
                viewer.unsent.get_nowait()
            viewer.unsent.put_nowait(None)
        if over:
            self.leave(viewer)


Found = dict[UUID, tuple[dict[str, Any], list[dict[str, Any]], bool]]


def look(floors: dict[UUID, int]) -> Found:
    """Return how the jobs stand, and what happened to each after the event of that number."""
    events: dict[UUID, list[dict[str, Any]]] = {key: [] for key in floors}
    # The job first: what ends it writes its last event in the same transaction.
    jobs = Job.objects.defer("params").in_bulk(list(floors))
    is_over = {key: not job.is_open for key, job in jobs.items()}
    new = JobEvent.objects.filter(job__in=list(floors), id__gt=min(floors.values()))
    for event in new.order_by("id")[:MOST_AT_ONCE]:
        if event.id > floors[event.job_id]:
            events[event.job_id].append(EventOutput().to_representation(event))
    return {
        key: ({**StatusOutput(job).data}, events[key], is_over[key]) for key, job in jobs.items()
    }


def with_database(act: Callable[..., Any], *given: Any) -> Any:
    """Call the function in this thread, whose connection may have been lost meanwhile."""
    close_old_connections()
    try:
        return act(*given)
    finally:
        close_old_connections()
