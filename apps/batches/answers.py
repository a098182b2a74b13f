"""The partner's answers as clients read them: an allow-list of headers, secrets taken out."""

from typing import Any

import orjson
from django.db import connection

from apps.batches.models import BatchAnswer, BatchSession
from apps.batches.redaction import shown_headers
from apps.core.ids import public_id
from apps.core.redaction import redacted
from apps.core.times import iso

SUCCESSES = """
WITH page AS (
    SELECT a.* FROM batch_responses a JOIN batch_runs r ON r.job_id = a.run_id
    WHERE r.session_id = %(session)s AND a.category IS NULL
    ORDER BY a.at DESC, a.run_id DESC, a.seq DESC, a.number DESC
    LIMIT %(limit)s OFFSET %(start)s
)
SELECT page.run_id, page.seq, page.number, page.at, page.status_code, page.headers, page.body,
       page.is_truncated, page.duration_ms, w.payload
FROM page JOIN batch_records w ON (w.run_id, w.seq) = (page.run_id, page.seq)
ORDER BY page.at DESC, page.run_id DESC, page.seq DESC, page.number DESC
"""


def latest_successes(
    session: BatchSession, *, start: int, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many records were accepted, and the newest of the answers to them."""
    total = BatchAnswer.objects.filter(run__session=session, category=None).count()
    with connection.cursor() as cursor:
        wanted: dict[str, Any] = {"session": session.pk, "start": start, "limit": limit}
        cursor.execute(SUCCESSES, wanted)
        return total, [_success(session, *columns) for columns in cursor.fetchall()]


def _success(session: BatchSession, run_id: Any, seq: int, number: int, *rest: Any) -> Any:
    at, status_code, headers, body, is_truncated, duration_ms, payload = rest
    return {
        "responseId": f"{public_id('rsp', run_id)}:{seq}:{number}",
        "sessionId": session.public_id,
        "jobId": public_id("job", run_id),
        "timestamp": iso(at),
        "statusCode": status_code,
        "headers": shown_headers(json_or_text(headers) or {}),
        "data": redacted(json_or_text(body)),
        "truncated": is_truncated,
        "record": json_or_text(payload),
        "durationMs": duration_ms,
        "seq": seq,
    }


def json_or_text(text: Any) -> Any:
    """Return what the text says as JSON, or the text itself."""
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
