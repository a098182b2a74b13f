"""What an answer means for its row (batch contract, sections 6 to 8)."""

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from apps.batches.status import Category, RowState
from apps.core.egress import NetworkFailure, UpstreamAnswer

MOST_TRIES = 3
LONGEST_MESSAGE = 500
LONGEST_HINT = 1000
MOST_ISSUES = 200
RETRY_AFTER_LIMITS = (1, 300)

NEEDS_ACTION = frozenset({400, 403, 404, 409, 422})
TEMPORARY = frozenset({408, 425, 429})
RETRIED_SYSTEM = frozenset({502, 503, 504})
AMBIGUOUS_STATUS = frozenset({502, 504})
HINTS = {
    400: "Compare the row with the partner's format and correct it.",
    401: "Renew the session with valid credentials, then resume the batch.",
    403: "Ask the partner for the missing permission, or take the row out.",
    404: "Check the number that the row refers to; the partner does not know it.",
    409: "The partner has this record already, with other values; compare the two.",
    422: "Correct the named fields and send the row again.",
}


@dataclass(slots=True)
class Verdict:
    """Where a row goes, and why."""

    state: RowState
    category: Category | None = None
    subcode: str | None = None
    message: str | None = None
    hint: str | None = None
    issues: list[dict[str, Any]] | None = None
    retry_after: int | None = None

    @property
    def is_retry(self) -> bool:
        """Return whether the row is to be sent once more."""
        return self.state is RowState.RETRYING


SUCCESS = Verdict(RowState.SUCCEEDED)


def judge_answer(answer: UpstreamAnswer, *, tries: int, may_repeat: bool) -> Verdict:
    """
    Judge what the partner said.

    :param tries: how often this revision of the row was sent, this time included
    :param may_repeat: whether a request whose effect is uncertain may be sent again
    """
    status = answer.status
    if 200 <= status < 300:
        return SUCCESS
    body = _json_object(answer.body)
    verdict = Verdict(RowState.FAILED, message=_message(answer, body))
    if status < 400:
        verdict.category, verdict.subcode = Category.UNKNOWN, "redirect_blocked"
    elif status in NEEDS_ACTION:
        verdict.state, verdict.category = RowState.NEEDS_ACTION, Category.USER_ACTION
        verdict.issues = _issues(body) if status in (400, 422) else None
    elif status == 401:
        verdict.category = Category.AUTH
    elif status in TEMPORARY:
        verdict.category = Category.TEMPORARY
        verdict.state = _once_more(tries)
    elif status >= 500:
        verdict.category = Category.SYSTEM
        if status in AMBIGUOUS_STATUS:
            verdict.state = _uncertain(tries, may_repeat=may_repeat)
        elif status in RETRIED_SYSTEM:
            verdict.state = _once_more(tries)
    else:
        verdict.category = Category.UNKNOWN
    if status in (429, 503):
        verdict.retry_after = retry_after(answer.headers.get("retry-after"))
    verdict.hint = _guidance(answer, body) or HINTS.get(status)
    return verdict


def judge_failure(failure: NetworkFailure, *, tries: int, may_repeat: bool) -> Verdict:
    """Judge that there was no usable answer. Parameters as in `judge_answer`."""
    verdict = Verdict(
        RowState.FAILED, Category.NETWORK, subcode=failure.subcode, message=str(failure)
    )
    if failure.subcode == "response_too_large":
        verdict.state, verdict.category = RowState.UNKNOWN, Category.UNKNOWN
    elif failure.may_have_left:
        verdict.state = _uncertain(tries, may_repeat=may_repeat)
    elif failure.subcode not in ("tls_verify", "egress_denied"):
        verdict.state = _once_more(tries)
    if verdict.state is RowState.UNKNOWN:
        verdict.hint = "The partner may have done it: look there before you send it again."
    return verdict


def _once_more(tries: int) -> RowState:
    return RowState.RETRYING if tries < MOST_TRIES else RowState.FAILED


def _uncertain(tries: int, *, may_repeat: bool) -> RowState:
    return RowState.RETRYING if may_repeat and tries < MOST_TRIES else RowState.UNKNOWN


def retry_after(header: str | None) -> int | None:
    """Return the seconds that a Retry-After header asks for, 1 to 300; None without one."""
    if not header:
        return None
    least, most = RETRY_AFTER_LIMITS
    text = header.strip()
    if text.isascii() and text.isdigit():
        return max(least, min(most, int(text[:9])))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(least, min(most, round(seconds)))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _message(answer: UpstreamAnswer, body: dict[str, Any]) -> str:
    candidates = [answer.headers.get("response-description")]
    candidates += [body.get(name) for name in ("message", "error", "detail", "title")]
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return clean(candidate)[:LONGEST_MESSAGE]
    return f"The partner answered {answer.status}."


def _guidance(answer: UpstreamAnswer, body: dict[str, Any]) -> str | None:
    header = answer.headers.get("user-action")
    for candidate in (body.get("userAction"), body.get("userGuidance"), header):
        if isinstance(candidate, str) and candidate.strip():
            return clean(candidate)[:LONGEST_HINT]
    return None


def _issues(body: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the partner's complaints as [{field, code, message}], whatever shape they have."""
    for name in ("errors", "validationErrors", "details", "invalid-params"):
        found = body.get(name)
        if isinstance(found, dict):
            found = [{"field": field, "message": text} for field, text in found.items()]
        if isinstance(found, str):
            found = [found]
        if isinstance(found, list) and found:
            return [_issue(item) for item in found[:MOST_ISSUES]]
    return None


def _issue(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {"field": None, "code": None, "message": _text(item)[:LONGEST_MESSAGE]}
    field = item.get("field") or item.get("name") or item.get("path")
    text = item.get("message") or item.get("reason") or item.get("msg") or ""
    code = item.get("code")
    return {
        "field": None if field is None else _text(field)[:128],
        "code": None if code is None else _text(code)[:64],
        "message": _text(text)[:LONGEST_MESSAGE],
    }


def _text(value: Any) -> str:
    if isinstance(value, str):
        return clean(value)
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return "…"  # nested so deep that nobody could read it


def clean(text: str) -> str:
    """Return text that PostgreSQL can store: it knows no NUL and no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
