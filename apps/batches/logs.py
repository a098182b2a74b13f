"""
The log of a session, told from what the ledger knows anyway: nothing is written twice.

Events of jobs, answers of the partner and second attempts are put in one order by one statement;
the details are fetched for the lines of one page only.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.batches.answers import json_or_text
from apps.batches.models import BatchSession
from apps.batches.redaction import shown_headers
from apps.batches.status import Category
from apps.core.ids import public_id
from apps.core.redaction import redacted
from apps.core.times import iso

# What every line is made of. `place` orders lines of the same moment as they happened.
LINES = f"""
    SELECT e.at, 0 AS place, e.job_id, e.id AS ref, 0 AS seq, 0 AS number,
           e.kind AS type, e.level
    FROM job_events e WHERE e.job_id = ANY(%(jobs)s)
  UNION ALL
    SELECT t.at, 1, t.run_id, 0, t.seq, t.number, 'RECORD_RETRY', 'info'
    FROM batch_attempts t WHERE t.run_id = ANY(%(jobs)s) AND t.number > 1
  UNION ALL
    SELECT a.at, 2, a.run_id, 0, a.seq, a.number, 'API_CALL', 'debug'
    FROM batch_responses a JOIN batch_runs r ON r.job_id = a.run_id AND r.verbose
    WHERE a.run_id = ANY(%(jobs)s)
  UNION ALL
    SELECT a.at, 3, a.run_id, 0, a.seq, a.number,
           CASE WHEN a.category IS NULL THEN 'SUCCESS'
                WHEN a.category = '{Category.USER_ACTION}' THEN 'USER_ACTION_REQUIRED'
                ELSE 'ERROR' END,
           CASE WHEN a.category IS NULL OR a.category = '{Category.USER_ACTION}' THEN 'info'
                ELSE 'error' END
    FROM batch_responses a WHERE a.run_id = ANY(%(jobs)s)
"""  # noqa: S608 - the words come from our own enumeration

FITTING = """
    (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    AND (%(levels)s::text[] IS NULL OR level = ANY(%(levels)s))
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR at <= %(until)s)
"""

COUNT = f"SELECT count(*) FROM ({LINES}) line WHERE {FITTING}"  # noqa: S608 - no input in it

PAGE = """
WITH page AS (
    SELECT * FROM ({lines}) line WHERE {fitting}
    ORDER BY at {order}, place {order}, job_id {order}, ref {order}, seq {order}, number {order}
    LIMIT %(count)s OFFSET %(start)s
)
SELECT page.at, page.type, page.level, page.job_id, page.seq, page.number,
       j.request_id, e.message, e.data, e.actor,
       a.status_code, a.category, a.subcode, a.message, a.duration_ms, a.headers, a.body,
       t.idempotency_key, w.key, w.member, w.issues, w.hint, w.attempts,
       w.payload, w.fingerprint = t.fingerprint
FROM page
JOIN jobs j ON j.id = page.job_id
LEFT JOIN job_events e ON page.place = 0 AND e.id = page.ref
LEFT JOIN batch_responses a
    ON page.place >= 2 AND (a.run_id, a.seq, a.number) = (page.job_id, page.seq, page.number)
LEFT JOIN batch_attempts t
    ON page.place >= 1 AND (t.run_id, t.seq, t.number) = (page.job_id, page.seq, page.number)
LEFT JOIN batch_records w
    ON page.place >= 1 AND (w.run_id, w.seq) = (page.job_id, page.seq)
ORDER BY page.at {order}, page.place {order}, page.job_id {order}, page.ref {order},
         page.seq {order}, page.number {order}
"""


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which lines are wanted."""

    jobs: list[UUID]
    types: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None
    start: int = 0
    count: int = 50
    newest_first: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the values for the statement."""
        return {
            "jobs": self.jobs,
            "types": self.types or None,
            "levels": self.levels or None,
            "since": self.since,
            "until": self.until,
            "start": self.start,
            "count": self.count,
        }


def count_lines(wanted: LogFilter) -> int:
    """Return how many lines fit."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, wanted.parameters)
        return int(cursor.fetchone()[0])


def read_lines(session: BatchSession, wanted: LogFilter) -> list[dict[str, Any]]:
    """Return one page of the log, in the contract's words."""
    order = "DESC" if wanted.newest_first else "ASC"
    statement = PAGE.format(lines=LINES, fitting=FITTING, order=order)
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted.parameters)
        return [_entry(session, Line(*columns)) for columns in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the statement, column by column."""

    at: datetime
    type: str
    level: str
    job_id: UUID
    seq: int
    number: int
    request_id: str
    event_message: str | None
    event_data: Any
    event_actor: str | None
    status_code: int | None
    category: str | None
    subcode: str | None
    message: str | None
    duration_ms: int | None
    headers: Any
    body: str | None
    idempotency_key: str | None
    key: str | None
    member: str | None
    issues: Any
    hint: str | None
    attempts: int | None
    payload: str | None
    is_payload_current: bool | None


def _entry(session: BatchSession, line: Line) -> dict[str, Any]:
    return {
        "time": iso(line.at),
        "level": line.level,
        "sessionId": session.public_id,
        "jobId": public_id("job", line.job_id),
        "seq": line.seq or None,
        "batchId": line.member or None,
        "recordKey": line.key or None,
        "requestId": line.request_id or None,
        "type": line.type,
        "message": _message(line),
        "meta": _meta(session, line),
    }


def _message(line: Line) -> str:
    match line.type:
        case "SUCCESS" if line.seq:
            return "Record accepted"
        case "API_CALL":
            return f"Attempt {line.number} of record {line.seq}"
        case "RECORD_RETRY":
            return f"Record sent again, attempt {line.number}"
    return (line.message if line.seq else line.event_message) or ""


def _meta(session: BatchSession, line: Line) -> dict[str, Any]:
    if not line.seq:
        actor = {"actor": line.event_actor} if line.event_actor else {}
        return {"sessionId": session.public_id, **_plain(line.event_data), **actor}
    if line.type == "RECORD_RETRY":
        return {"attempt": line.number}
    if line.type == "API_CALL":
        return _call(session, line)
    if line.type == "SUCCESS":
        return {
            "durationMs": line.duration_ms,
            "attempts": line.number,
            "responseId": f"{public_id('rsp', line.job_id)}:{line.seq}:{line.number}",
        }
    if line.type == "USER_ACTION_REQUIRED":
        return _complaint(line)
    return {
        "error": line.message,
        "status": line.status_code,
        "attempts": line.number,
        "category": line.category,
        "subcode": line.subcode,
    }


def _complaint(line: Line) -> dict[str, Any]:
    # The row knows the partner's complaints about its last attempt only.
    is_last = line.attempts == line.number
    return {
        "errorId": f"{public_id('err', line.job_id)}:{line.seq}",
        "statusCode": line.status_code,
        "validationErrors": json_or_text(line.issues) if is_last else None,
        "userActionGuidance": line.hint if is_last else None,
        "permissionInfo": None,
    }


def _call(session: BatchSession, line: Line) -> dict[str, Any]:
    sent = {"Content-Type": "application/json"}
    if session.idempotency_header and line.idempotency_key:
        sent[session.idempotency_header] = line.idempotency_key
    return {
        "apiUrl": session.api_url,
        "attempt": line.number,
        "requestPayload": redacted(json_or_text(line.payload)) if line.is_payload_current else None,
        "headers": sent,
        "status": line.status_code,
        "responseData": redacted(json_or_text(line.body)),
        "responseHeaders": shown_headers(json_or_text(line.headers)),
        "durationMs": line.duration_ms,
        "category": line.category,
    }


def _plain(data: Any) -> dict[str, Any]:
    found = json_or_text(data)
    return found if isinstance(found, dict) else {}
