"""
The lean path: a constant SQL statement that makes the JSON of an answer, prepared by the server.

Compiling a queryset costs as much as running it, building rows and serializing them twice that
again (docs/architecture.md). A test compares each statement's bytes with the plain serializer's.
"""

from typing import Any, cast

from django.db import connection

from apps.core.postgres.base import DatabaseWrapper


def fetch(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of one of our own constant statements; values are `%(name)s` in it."""
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def moment(column: str) -> str:
    """Return SQL for a moment as JSON, `null` for none: UTC, and cut to milliseconds."""
    form = r'\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\"'
    return f"coalesce(to_char({column} AT TIME ZONE 'UTC', '{form}'), 'null')"


def text(column: str) -> str:
    """Return SQL for a text as JSON, `""` for none."""
    return f"to_json(coalesce({column}, ''))"
