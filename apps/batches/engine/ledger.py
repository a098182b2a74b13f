"""The ledger's statements: open attempts before the socket does, book answers, clean up."""

from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from apps.batches.engine.parcels import Delivery, Parcel
from apps.batches.engine.verdict import MOST_TRIES, clean
from apps.batches.models import BatchRun
from apps.batches.status import Category, RowState

STORED_BODY = 64 * 1024
SHOWN_HEADERS = (
    "content-type",
    "content-length",
    "x-request-id",
    "x-correlation-id",
    "retry-after",
)

# One round trip: pick what is due, mark it in flight, write down what is about to be sent.
OPEN = """
WITH picked AS (
    (SELECT id FROM batch_records
     WHERE run_id = %(run)s AND seq > %(cursor)s AND state = 'pending'
     ORDER BY seq LIMIT %(most)s)
    UNION ALL
    (SELECT id FROM batch_records
     WHERE run_id = %(run)s AND next_attempt_at <= clock_timestamp()
     ORDER BY next_attempt_at LIMIT %(most)s)
    LIMIT %(most)s
), opened AS (
    UPDATE batch_records r
    SET state = 'inFlight', attempts = r.attempts + 1, tries = r.tries + 1,
        next_attempt_at = NULL, updated_at = clock_timestamp()
    FROM picked WHERE r.id = picked.id
    RETURNING r.id, r.seq, r.attempts, r.tries, r.revision, r.fingerprint, r.payload
), written AS (
    INSERT INTO batch_attempts (run_id, seq, number, idempotency_key, fingerprint, fence)
    SELECT %(run)s, seq, attempts, %(prefix)s || '-' || seq || '-' || revision, fingerprint,
           %(fence)s
    FROM opened
)
SELECT seq, attempts, tries, %(prefix)s || '-' || seq || '-' || revision, payload, id
FROM opened ORDER BY seq
"""
# Rows of a young batch are in no statistics: PostgreSQL would take it for a small one, and sort
# all that is left of it at every turn.
IN_ORDER = """
SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)
"""


def open_attempts(
    run: BatchRun, *, prefix: str, fence: int, cursor_seq: int, most: int
) -> list[Parcel]:
    """
    Open up to `most` attempts of rows that are due, and return what is to be sent.

    :param prefix: what the Idempotency-Keys of the run begin with
    """
    with connection.cursor() as cursor:
        cursor.execute(IN_ORDER)
        cursor.execute(
            OPEN,
            {
                "run": run.pk,
                "fence": fence,
                "cursor": cursor_seq,
                "most": most,
                "prefix": prefix,
            },
        )
        return [Parcel(*row) for row in cursor.fetchall()]


# Answers are kept for every attempt; a row moves only if this attempt is still its latest one.
BOOK = """
WITH answered AS (
    SELECT * FROM json_to_recordset(%(answers)s) AS a(
        id bigint, seq int, number int, state text, status int, category text, subcode text,
        message text, hint text, issues jsonb, delay float8, ms int, headers jsonb, body text,
        cut bool)
), moved AS (
    UPDATE batch_records r
    SET state = a.state, status_code = a.status, category = a.category, subcode = a.subcode,
        message = a.message, hint = a.hint, issues = a.issues, duration_ms = a.ms,
        next_attempt_at = clock_timestamp() + make_interval(secs => a.delay),
        tries = r.tries - (a.subcode IS NOT DISTINCT FROM 'not_sent')::int,
        updated_at = clock_timestamp()
    FROM answered a
    WHERE r.id = a.id AND r.attempts = a.number AND r.state = 'inFlight'
)
INSERT INTO batch_responses (run_id, seq, number, status_code, category, subcode, message,
                             duration_ms, headers, body, is_truncated)
SELECT %(run)s, seq, number, status, category, subcode, message, ms, headers, body, cut
FROM answered
ON CONFLICT (run_id, seq, number) DO NOTHING
"""


def book(run: BatchRun, deliveries: list[tuple[Delivery, float | None]]) -> None:
    """
    Write down how attempts ended; twice is as good as once.

    :param deliveries: each with the seconds until its next try, None where there is none
    """
    # One JSON document: half the cost of as many arrays as there are columns.
    answers = orjson.dumps([_booked(delivery, delay) for delivery, delay in deliveries])
    with connection.cursor() as cursor:
        cursor.execute(BOOK, {"answers": answers.decode(), "run": run.pk})


def _booked(delivery: Delivery, delay: float | None) -> dict[str, Any]:
    parcel, verdict, answer = delivery.parcel, delivery.verdict, delivery.answer
    booked: dict[str, Any] = {
        "id": parcel.row_id,
        "seq": parcel.seq,
        "number": parcel.number,
        "cut": False,
    }
    if verdict is None:
        return booked | {"state": RowState.PENDING, "subcode": "not_sent"}
    booked["state"] = verdict.state
    if answer is not None:
        booked["status"], booked["ms"] = answer.status, answer.duration_ms
        booked["body"], booked["cut"] = stored_body(answer.body)
        booked["headers"] = {
            name: clean(answer.headers[name]) for name in SHOWN_HEADERS if name in answer.headers
        }
    if verdict.category is not None:
        booked |= {
            "category": verdict.category,
            "subcode": verdict.subcode,
            "message": verdict.message,
            "hint": verdict.hint,
            "issues": verdict.issues,
            "delay": delay,
        }
    return booked


def stored_body(body: bytes) -> tuple[str, bool]:
    """Return the first 64 KiB as text, and whether there was more."""
    if len(body) <= STORED_BODY:
        return clean(body.decode("utf-8", "replace")), False
    return clean(body[:STORED_BODY].decode("utf-8", "replace")), True


# A row in flight at the start of a slice is its dead predecessor's: nobody saw its answer.
RECOVER = """
WITH lost AS (
    UPDATE batch_records r
    SET state = CASE WHEN %(repeat)s AND tries < %(most)s THEN 'retrying' ELSE 'unknown' END,
        next_attempt_at = CASE WHEN %(repeat)s AND tries < %(most)s THEN clock_timestamp() END,
        category = %(category)s, subcode = 'worker_lost', message = %(message)s,
        hint = CASE WHEN NOT (%(repeat)s AND tries < %(most)s) THEN %(hint)s END,
        status_code = NULL, issues = NULL, duration_ms = NULL, updated_at = clock_timestamp()
    WHERE run_id = %(run)s AND seq > %(cursor)s AND state = 'inFlight'
    RETURNING seq, attempts
)
INSERT INTO batch_responses (run_id, seq, number, category, subcode, message)
SELECT %(run)s, seq, attempts, %(category)s, 'worker_lost', %(message)s FROM lost
ON CONFLICT (run_id, seq, number) DO NOTHING
"""


def recover(run: BatchRun, *, may_repeat: bool) -> int:
    """Settle rows whose worker died in flight: send again under the same key, or unknown."""
    with connection.cursor() as cursor:
        cursor.execute(
            RECOVER,
            {
                "run": run.pk,
                "cursor": run.cursor,
                "repeat": may_repeat,
                "most": MOST_TRIES,
                "category": Category.NETWORK,
                "message": "The worker stopped before the answer was seen.",
                "hint": "The partner may have done it: look there before you send it again.",
            },
        )
        return int(cursor.rowcount)


STANDING = """
SELECT (SELECT min(seq) FROM batch_records
        WHERE run_id = %(run)s AND seq > %(cursor)s
          AND state IN ('pending', 'inFlight', 'retrying')),
       (SELECT min(next_attempt_at) FROM batch_records
        WHERE run_id = %(run)s AND next_attempt_at IS NOT NULL),
       (SELECT not_before FROM batch_sessions WHERE id = %(session)s),
       clock_timestamp()
"""


class Standing(NamedTuple):
    """Where a run stands, by the database's clock: workers' clocks may differ."""

    first_open: int | None
    next_due: datetime | None
    not_before: datetime | None
    now: datetime


def standing(run: BatchRun) -> Standing:
    """Return the first open row, when the next retry is due, and until when nothing may be sent."""
    values = {"run": run.pk, "cursor": run.cursor, "session": run.session_id}
    with connection.cursor() as cursor:
        cursor.execute(STANDING, values)
        return Standing(*cursor.fetchone())
