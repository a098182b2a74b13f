"""The statements by which corrections reach the ledger: one for a thousand rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import UNSUCCESSFUL, Category, RowState

INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Known:
    """A row as it stands."""

    seq: int
    key: str
    state: RowState
    subcode: str | None
    revision: int
    fingerprint: bytes
    payload: str | None

    @property
    def is_locally_invalid(self) -> bool:
        """Return whether the row never passed our own checks."""
        return self.state == RowState.NEEDS_ACTION and self.subcode == INVALID


def known_rows(
    run: BatchRun, *, with_payload: bool, seqs: Iterable[int] = (), keys: Iterable[str] = ()
) -> list[Known]:
    """Return the rows of these numbers or these keys."""
    rows = BatchRow.objects.filter(run=run).order_by("seq")
    wanted = rows.filter(key__in=list(keys)) if keys else rows.filter(seq__in=list(seqs))
    columns = ["seq", "key", "state", "subcode", "revision", "fingerprint"]
    if with_payload:
        columns.append("payload")
    return [
        Known(seq, key, RowState(state), subcode, revision, bytes(digest), *(payload or [None]))
        for seq, key, state, subcode, revision, digest, *payload in wanted.values_list(*columns)
    ]


# A new revision, hence a new Idempotency-Key: to the partner it is another request.
CORRECT = """
UPDATE batch_records r
SET payload = c.payload, fingerprint = decode(c.digest, 'hex'), key = c.key, member = c.member,
    revision = r.revision + 1, tries = 0, state = c.state, next_attempt_at = NULL,
    status_code = NULL, duration_ms = NULL, category = c.category, subcode = c.subcode,
    message = c.message, issues = c.issues, hint = c.hint, updated_at = clock_timestamp()
FROM json_to_recordset(%(rows)s) AS c(
    seq int, payload text, digest text, key text, member text, state text, category text,
    subcode text, message text, issues jsonb, hint text)
WHERE r.run_id = %(run)s AND r.seq = c.seq AND r.state <> 'succeeded'
"""


def write_corrections(run: BatchRun, rows: Sequence[dict[str, Any]]) -> None:
    """Give rows their new bodies."""
    if rows:
        _execute(CORRECT, run=run.pk, rows=orjson.dumps(rows).decode())


RESEND = """
UPDATE batch_records SET state = 'pending', tries = 0, next_attempt_at = NULL,
    updated_at = clock_timestamp()
WHERE run_id = %(run)s AND seq = ANY(%(seqs)s::int[]) AND state = ANY(%(unsuccessful)s)
"""


def send_again(run: BatchRun, seqs: Sequence[int]) -> None:
    """Have rows sent once more as they are, under the keys that they had."""
    if seqs:
        unsuccessful = [str(state) for state in UNSUCCESSFUL]
        _execute(RESEND, run=run.pk, seqs=list(seqs), unsuccessful=unsuccessful)


# A row that was refused itself holds no key against others; of two new ones the first wins.
REPEATED = """
WITH changed AS MATERIALIZED (SELECT unnest(%(seqs)s::int[]) AS seq)
SELECT mine.seq, min(coalesce(other.row, other.seq))
FROM changed
JOIN batch_records mine ON mine.run_id = %(run)s AND mine.seq = changed.seq
JOIN batch_records other
  ON other.run_id = mine.run_id AND other.key = mine.key AND other.seq <> mine.seq
LEFT JOIN changed also ON also.seq = other.seq
WHERE mine.key <> '' AND NOT (other.state = 'needsAction' AND other.subcode IS NOT DISTINCT FROM
      'invalid') AND (also.seq IS NULL OR other.seq < mine.seq)
GROUP BY mine.seq ORDER BY mine.seq
"""


def repeated_keys(run: BatchRun, seqs: Sequence[int]) -> list[tuple[int, int]]:
    """Return which of these rows have a key that another one holds, and the other's row."""
    if not seqs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(REPEATED, {"run": run.pk, "seqs": list(seqs)})
        return list(cursor.fetchall())


REFUSE = """
UPDATE batch_records r
SET state = 'needsAction', category = %(category)s, subcode = 'invalid', message = c.message,
    issues = c.issues, hint = c.hint, updated_at = clock_timestamp()
FROM json_to_recordset(%(rows)s) AS c(seq int, message text, issues jsonb, hint text)
WHERE r.run_id = %(run)s AND r.seq = c.seq AND r.state = 'pending'
"""


def refuse_rows(run: BatchRun, rows: Sequence[dict[str, Any]]) -> None:
    """Hold rows back that cannot be sent as they are."""
    if rows:
        rows_json = orjson.dumps(rows).decode()
        _execute(REFUSE, run=run.pk, category=Category.USER_ACTION, rows=rows_json)


def _execute(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
