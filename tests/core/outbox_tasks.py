"""Tasks that leave a trace in PostgreSQL, for workers in processes of their own."""

import time

from celery import shared_task
from django.db import connection, connections

from apps.core.request_id import current_request_id


def note(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO traces (word) VALUES (%s)", [word])


@shared_task(name="tests.note")
def note_task(*, word: str) -> None:
    note(word)


@shared_task(name="tests.note_request")
def note_request_task() -> None:
    note(current_request_id() or "")


@shared_task(name="tests.fail")
def fail_task(*, word: str) -> None:
    note(word)
    raise LookupError("nobody is at home")


@shared_task(name="tests.fail_by_retry", autoretry_for=(LookupError,), retry_backoff=True)
def fail_by_retry_task(*, word: str) -> None:
    note(word)
    raise LookupError("nobody is at home")


@shared_task(name="tests.note_late")
def note_late_task(*, word: str) -> None:
    note("begun")
    connection.close()
    time.sleep(0.3)
    note(word)


@shared_task(name="tests.lose_connection")
def lose_connection_task(*, word: str) -> None:
    note(word)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    with connections["default"].copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
