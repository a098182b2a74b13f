"""Background work that cannot get lost: a row in the same transaction, then a wake-up."""

from datetime import datetime
from typing import Any, cast

import orjson
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from apps.core.lean import columns, fetch, fetch_as, run
from apps.core.models import OutboxMessage
from apps.core.request_id import current_request_id

CHANNEL = "outbox"
# An advisory lock: a relay that holds it looks by itself, many times a second. A notice would
# make all transactions commit one after the other, each waiting for the disk alone.
AWAKE = 7_205_759_403

# One statement: this is part of every POST. PostgreSQL delivers the notice at COMMIT, never
# before and never after a rollback.
ENQUEUE = f"""
WITH message AS (
    INSERT INTO core_outboxmessage (task, kwargs, queue, request_id, due_at)
    VALUES (%(task)s, %(kwargs)s, %(queue)s, %(request_id)s,
            coalesce(%(due_at)s, statement_timestamp()))
    RETURNING *
)
SELECT {columns(OutboxMessage, "message")},
    CASE WHEN pg_try_advisory_xact_lock_shared(%(awake)s) THEN pg_notify(%(channel)s, '') END
FROM message
"""  # noqa: S608 - made of our own model


def enqueue(
    task_name: str, *, due_at: datetime | None = None, queue: str = "", **kwargs: Any
) -> OutboxMessage:
    """
    Have the named task run as soon as the current transaction commits, or when it is due.

    :raises celery.exceptions.NotRegistered: if there is no such task
    """
    task = current_app.tasks[task_name]  # a typo fails here, not in a worker
    values: dict[str, Any] = {
        "task": task.name,
        "kwargs": Jsonb(kwargs, dumps=orjson.dumps),
        "queue": queue,
        "request_id": current_request_id() or "",
        "due_at": due_at,
        "channel": CHANNEL,
        "awake": AWAKE,
    }
    (message,) = fetch_as(OutboxMessage, ENQUEUE, **values)
    return message


def _wake_relay() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


# Nobody waits for the disk here: what a crash of PostgreSQL makes undone is done again, and a
# task that runs twice changes nothing the second time.
CLAIM = """
UPDATE core_outboxmessage SET claimed_at = clock_timestamp()
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
WHERE id = %(id)s AND failed_at IS NULL
  AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - make_interval(secs => %(claim)s))
"""

SETTLE = """
DELETE FROM core_outboxmessage
USING (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried WHERE id = %(id)s
"""


def claim_message(message_id: int) -> bool:
    """Return whether this delivery is the one that runs; copies and late ones are not."""
    return run(CLAIM, id=message_id, claim=settings.OUTBOX_CLAIM_SECONDS) == 1


def settle_message(message_id: int) -> None:
    """Forget a message whose task has succeeded."""
    run(SETTLE, id=message_id)


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
    run(FAIL, id=message_id, error=error, most=settings.OUTBOX_MAX_FAILURES)


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
    return cast(
        list[tuple[int, str, Any, str, str]],
        fetch(
            DUE,
            claim=settings.OUTBOX_CLAIM_SECONDS,
            again=settings.OUTBOX_REPUBLISH_SECONDS,
            most=most,
        ),
    )


MARK = """
UPDATE core_outboxmessage SET published_at = clock_timestamp(), publications = publications + 1
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
WHERE id = ANY(%(ids)s)
"""


def mark_published(message_ids: list[int]) -> None:
    """Note that the broker has taken these messages."""
    run(MARK, ids=message_ids)


def stay_awake() -> bool:
    """Spare everybody the notices; return False if another relay does so, or somebody sends one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [AWAKE])
        return bool(cursor.fetchone()[0])


def fall_asleep() -> None:
    """Ask for notices again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [AWAKE])


def republish_unclaimed() -> int:
    """Send everything again that nobody has begun: the broker has lost its memory."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outboxmessage SET published_at = NULL, publications = 0"
            " WHERE claimed_at IS NULL AND failed_at IS NULL AND published_at IS NOT NULL"
        )
        count: int = cursor.rowcount
        return count
