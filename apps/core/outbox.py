"""Background work that cannot get lost: a row in the same transaction, then a wake-up."""

from datetime import datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.core.models import OutboxMessage
from apps.core.request_id import current_request_id

CHANNEL = "outbox"


def enqueue(
    task_name: str, *, due_at: datetime | None = None, queue: str = "", **kwargs: Any
) -> OutboxMessage:
    """
    Have the named task run as soon as the current transaction commits, or when it is due.

    :raises celery.exceptions.NotRegistered: if there is no such task
    """
    task = current_app.tasks[task_name]  # a typo fails here, not in a worker
    extra = {"due_at": due_at} if due_at else {}
    message = OutboxMessage.objects.create(
        task=task.name,
        kwargs=kwargs,
        queue=queue,
        request_id=current_request_id() or "",
        **extra,
    )
    _wake_relay()
    return message


def _wake_relay() -> None:
    # PostgreSQL delivers it at COMMIT, never before and never after a rollback.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


CLAIM = """
UPDATE core_outboxmessage SET claimed_at = clock_timestamp()
WHERE id = %s AND failed_at IS NULL
  AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - make_interval(secs => %s))
RETURNING task
"""


def claim_message(message_id: int) -> bool:
    """Return whether this delivery is the one that runs; copies and late ones are not."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [message_id, settings.OUTBOX_CLAIM_SECONDS])
        return cursor.fetchone() is not None


def settle_message(message_id: int) -> None:
    """Forget a message whose task has succeeded."""
    OutboxMessage.objects.filter(pk=message_id).delete()


def set_aside(message_id: int, error: str) -> None:
    """Keep a message that can never run from being tried again; staff may send it later."""
    OutboxMessage.objects.filter(pk=message_id).update(error=error[:500], failed_at=Now())


def run_again(messages: QuerySet[OutboxMessage]) -> int:
    """Give messages that were set aside a fresh start; return how many."""
    count = messages.filter(failed_at__isnull=False).update(
        failed_at=None, failures=0, due_at=Now(), claimed_at=None, published_at=None, publications=0
    )
    _wake_relay()
    return count


FAIL = """
UPDATE core_outboxmessage
SET failures = failures + 1, error = left(%(error)s, 500), claimed_at = NULL, published_at = NULL,
    publications = 0,
    due_at = clock_timestamp() + make_interval(secs => least(600, 5 * 2 ^ failures)),
    failed_at = CASE WHEN failures + 1 >= %(most)s THEN clock_timestamp() END
WHERE id = %(id)s
"""


def fail_message(message_id: int, error: str) -> None:
    """Put the message back for a later try, or aside after too many."""
    with connection.cursor() as cursor:
        most = settings.OUTBOX_MAX_FAILURES
        cursor.execute(FAIL, {"id": message_id, "error": error, "most": most})


DUE = """
SELECT id, task, kwargs, queue, request_id FROM core_outboxmessage
WHERE failed_at IS NULL AND due_at <= clock_timestamp()
  AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - make_interval(secs => %(claim)s))
  AND (published_at IS NULL OR published_at < clock_timestamp() - make_interval(
        secs => %(again)s * 2 ^ least(publications - 1, 5)))
ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""


def due_messages(*, most: int) -> list[tuple[int, str, Any, str, str]]:
    """Lock and return up to `most` messages to publish: (id, task, kwargs, queue, request id)."""
    with connection.cursor() as cursor:
        cursor.execute(
            DUE,
            {
                "claim": settings.OUTBOX_CLAIM_SECONDS,
                "again": settings.OUTBOX_REPUBLISH_SECONDS,
                "most": most,
            },
        )
        messages: list[tuple[int, str, Any, str, str]] = cursor.fetchall()
        return messages


def mark_published(message_ids: list[int]) -> None:
    """Note that the broker has taken these messages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outboxmessage SET published_at = clock_timestamp(),"
            " publications = publications + 1 WHERE id = ANY(%s)",
            [message_ids],
        )


def republish_unclaimed() -> int:
    """Send everything again that nobody has begun: the broker has lost its memory."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outboxmessage SET published_at = NULL, publications = 0"
            " WHERE claimed_at IS NULL AND failed_at IS NULL AND published_at IS NOT NULL"
        )
        count: int = cursor.rowcount
        return count
