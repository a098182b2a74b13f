"""The base of every task: runs an outbox message at most once at a time, and settles it."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from celery import Task
from django.db import OperationalError, close_old_connections

from apps.core import outbox
from apps.core.request_id import adopt_request_id

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class TriedInVain(Exception):
    """A task asked to be tried again."""


class LedgeredTask(Task):  # type: ignore[type-arg]
    """A task that may be delivered twice or never, and whose outbox row runs once regardless."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        message_id = self._headers.get("outbox_id")
        if message_id is None:
            return super().__call__(*args, **kwargs)
        if not _surely(lambda: outbox.claim_message(message_id)):
            log.debug("task.copy_ignored", task=self.name, outbox_id=message_id)
            return None
        request_id = adopt_request_id(self._headers.get("request_id"))
        with structlog.contextvars.bound_contextvars(
            request_id=request_id, task=self.name, outbox_id=message_id
        ):
            return self._run_and_settle(message_id, args, kwargs)

    def retry(self, *args: Any, **kwargs: Any) -> Any:
        """Let the outbox try again, with its own pauses: Celery's copy would find it claimed."""
        if "outbox_id" not in self._headers:
            return super().retry(*args, **kwargs)
        error = kwargs.get("exc")
        raise error if isinstance(error, Exception) else TriedInVain(self.name)

    @property
    def _headers(self) -> dict[str, Any]:
        return self.request.headers or {}

    def _run_and_settle(self, message_id: int, args: Any, kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            result = super().__call__(*args, **kwargs)
        except Exception as error:
            log.exception("task.failed")
            message = f"{type(error).__name__}: {error}"
            _surely(lambda: outbox.fail_message(message_id, message))
            return None
        _surely(lambda: outbox.settle_message(message_id))
        log.info("task.finished", duration_ms=round((time.perf_counter() - started) * 1000, 1))
        return result


def _surely(write: Callable[[], Result]) -> Result:
    """Write also where the server was restarted: a lost connection may not yet look like one."""
    close_old_connections()
    try:
        return write()
    except OperationalError:
        close_old_connections()
        return write()
