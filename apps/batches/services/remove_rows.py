"""Delete what a batch has written, in portions; the largest batch has a million rows."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

AT_ONCE = 5_000
# Of the three tables each row has a key that begins with the batch.
TABLES = ("batch_responses", "batch_attempts", "batch_records")
DELETE = """
DELETE FROM {0} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {0} WHERE run_id = ANY(%s) LIMIT %s FOR UPDATE SKIP LOCKED))
"""


def remove_rows(runs: Iterable[UUID], *, tables: Iterable[str] = TABLES) -> int:
    """Remove some of what belongs to these batches; return how many rows went."""
    ids = list(runs)
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(DELETE.format(table), [ids, AT_ONCE])
            removed: int = cursor.rowcount
            if removed:
                return removed
    return 0
