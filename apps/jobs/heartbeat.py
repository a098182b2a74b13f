"""The thread of a worker's main process that says every few seconds that the worker lives."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from apps.jobs.services.note_worker import forget_worker, note_leaving, note_worker

log = structlog.get_logger(__name__)


class Heartbeat:
    """
    Tells the database of one worker, on a connection that is closed after each time.

    A connection that stayed open would be inherited by every process that the worker forks.
    """

    def __init__(
        self,
        name: str,
        *,
        queues: Sequence[str],
        processes: int,
        pids: Callable[[], Sequence[int]],
    ) -> None:
        self._name, self._queues, self._processes, self._pids = name, queues, processes, pids
        self._started_at = timezone.now()
        self._is_leaving = False
        self._is_over = False
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="worker-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def leave(self) -> None:
        """Have it said that the worker takes nothing new; a signal handler must not wait for it."""
        self._is_leaving = True
        self._news.set()

    def stop(self) -> None:
        """Say good-bye."""
        self._is_over = True
        self._news.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        while not self._is_over:
            self._tell(self._leave if self._is_leaving else self._note)
            self._news.wait(settings.WORKER_HEARTBEAT_SECONDS)
            self._news.clear()
        self._tell(lambda: forget_worker(self._name))

    def _leave(self) -> None:
        note_leaving(self._name)

    def _note(self) -> None:
        note_worker(
            name=self._name,
            queues=self._queues,
            pids=self._pids(),
            processes=self._processes,
            started_at=self._started_at,
        )

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            what()
        except (DatabaseError, InterfaceError) as error:
            log.warning("worker.not_noted", reason=type(error).__name__)
        finally:
            with suppress(DatabaseError, InterfaceError):
                connection.close()
