"""What a row went through: each attempt, and how it ended."""

from datetime import datetime
from typing import NamedTuple

import orjson

from apps.batches.answers import json_or_text
from apps.batches.models import BatchAnswer, BatchAttempt, BatchRow
from apps.batches.redaction import shown_headers
from apps.batches.status import Category
from apps.core.redaction import redacted


class Attempt(NamedTuple):
    """One attempt, with its answer where there is one."""

    number: int
    at: datetime
    key: str
    answered_at: datetime | None
    status_code: int | None
    category: str
    message: str
    duration_ms: int | None
    headers: list[tuple[str, str]]
    body: str
    is_truncated: bool

    @property
    def tone(self) -> str:
        """Return the colour of how it ended."""
        if self.answered_at is None:
            return "active"
        return "bad" if self.category or not self.status_code else "good"


def attempts_of(row: BatchRow) -> list[Attempt]:
    """Return the attempts, the first one first: two queries, however many there were."""
    opened = BatchAttempt.objects.filter(run_id=row.run_id, seq=row.seq).order_by("number")
    ended = BatchAnswer.objects.filter(run_id=row.run_id, seq=row.seq)
    answers = {answer.number: answer for answer in ended}
    return [_attempt(each, answers.get(each.number)) for each in opened]


def key_of(row: BatchRow) -> str | None:
    """Return the key of the latest attempt."""
    attempts = BatchAttempt.objects.filter(run_id=row.run_id, seq=row.seq)
    return attempts.order_by("-number").values_list("idempotency_key", flat=True).first()


def _attempt(opened: BatchAttempt, answer: BatchAnswer | None) -> Attempt:
    answer = answer or BatchAnswer()
    category = answer.category or ""
    return Attempt(
        number=opened.number,
        at=opened.at,
        key=opened.idempotency_key,
        answered_at=answer.at if answer.number else None,
        status_code=answer.status_code,
        category=str(Category(category).label) if category in Category.values else category,
        message=answer.message or "",
        duration_ms=answer.duration_ms,
        headers=[(name, str(text)) for name, text in shown_headers(answer.headers).items()],
        body=_readable(answer.body),
        is_truncated=answer.is_truncated,
    )


def _readable(body: str | None) -> str:
    value = redacted(json_or_text(body)) if body else ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
