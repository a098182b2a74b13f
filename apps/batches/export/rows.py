from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from django.db import connection

from apps.batches.models import BatchRow, BatchRun
from apps.batches.presentation import error_id_of, response_id_of
from apps.core.errors import Invalid
from apps.core.times import iso

# A record has at most 64 KiB: these are 12 MiB at worst.
AT_A_TIME = 200
# A sheet has 16,384 columns; nobody reads more than a thousand.
MOST_FIELDS = 1000
RESULT_COLUMNS = (
    "_seq",
    "_row",
    "_state",
    "_statusCode",
    "_category",
    "_message",
    "_hint",
    "_attempts",
    "_durationMs",
    "_responseId",
    "_errorId",
    "_updatedAt",
)

# A record has at most 256 keys: each field stands where it appears for the first time.
FIELDS = """
SELECT field FROM batch_records r,
    LATERAL json_object_keys(r.payload::json) WITH ORDINALITY AS keys(field, place)
WHERE r.run_id = %s AND left(r.payload, 1) = '{'
GROUP BY field ORDER BY min(r.seq::bigint * 1000 + place) LIMIT %s
"""


class TooManyFields(Invalid):
    """The records have more fields than a table should; export them as ndjson."""

    code = "too_many_fields"


class TooManyRows(Invalid):
    """A sheet holds at most 1,048,575 rows; export them as csv or ndjson."""

    code = "too_many_rows"


class ExportedRow(NamedTuple):
    """A record as sent, and its result in the order of RESULT_COLUMNS."""

    record: dict[str, Any]
    result: tuple[Any, ...]


def fields_of(run: BatchRun) -> list[str]:
    """
    Return the fields of the run's records, in the order of their first appearance.

    :raises TooManyFields: if they are too many for the columns of a table
    """
    with connection.cursor() as cursor:
        cursor.execute(FIELDS, [run.pk, MOST_FIELDS + 1])
        fields = [field for (field,) in cursor.fetchall()]
    if len(fields) > MOST_FIELDS:
        raise TooManyFields
    return fields


def export_rows(run: BatchRun) -> Iterator[ExportedRow]:
    """Return the rows one by one, as they come from the server's cursor."""
    rows = BatchRow.objects.filter(run=run).order_by("seq").defer("fingerprint", "issues")
    for row in rows.iterator(chunk_size=AT_A_TIME):
        record = orjson.loads(row.payload)
        yield ExportedRow(record if isinstance(record, dict) else {}, _result(row))


def _result(row: BatchRow) -> tuple[Any, ...]:
    return (
        row.seq,
        row.row,
        row.state,
        row.status_code,
        row.category,
        row.message,
        row.hint,
        row.attempts,
        row.duration_ms,
        response_id_of(row),
        error_id_of(row),
        iso(row.updated_at),
    )
