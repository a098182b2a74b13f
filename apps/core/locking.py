"""Locks that live in PostgreSQL and end with their transaction."""

from contextlib import nullcontext

from django.db import connection, models
from django.db.backends.utils import CursorWrapper


def lock(row: models.Model) -> None:
    """Reload the row and keep others from changing it until we commit."""
    locked = type(row)._base_manager.select_for_update(no_key=True)
    row.refresh_from_db(from_queryset=locked)


def alone(name: str, *, cursor: CursorWrapper | None = None) -> bool:
    """
    Return whether we are the only one in the section of that name until we commit.

    :param cursor: of another connection than the usual one
    """
    with nullcontext(cursor) if cursor else connection.cursor() as used:
        used.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(used.fetchone()[0])


def wait_alone(name: str) -> None:
    """Wait until we are the only one in the section of that name, and stay so until we commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def wait_beside(name: str) -> None:
    """Wait until nobody is alone in the section of that name; until we commit nobody will be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [name])
