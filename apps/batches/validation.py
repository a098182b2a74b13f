"""What every record must fulfil before it may be sent, wherever it comes from."""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Any, NotRequired, TypedDict

import orjson

from apps.batches.models import BatchSession

MOST_BYTES = 64 * 1024
MOST_KEYS = 256
DEEPEST = 8
LONGEST_KEY = 256


class Issue(TypedDict):
    """One thing wrong with a record: what was found, what is expected, what to do."""

    field: str
    column: NotRequired[str]
    code: str
    message: str


class Unencodable(Exception):
    """This value has no JSON form."""


def encode(record: Any) -> bytes:
    """
    Return the exact body that is sent.

    :raises Unencodable: if the record holds something that JSON cannot say
    """
    try:
        return orjson.dumps(record, default=_number)
    except orjson.JSONEncodeError as error:
        raise Unencodable(str(error)) from error


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError


def fingerprint(payload: bytes) -> bytes:
    """Return what tells two bodies apart."""
    return sha256(payload).digest()


def check_record(record: Any, session: BatchSession) -> list[Issue]:
    """Return what keeps the record from being sent by the session."""
    return Rules(session).examine(record)[1]


class Rules:
    """A session's demands, looked up once for many records."""

    def __init__(self, session: BatchSession) -> None:
        self._required = tuple(session.required_fields)
        self._key_field = session.key_field

    def examine(self, record: Any) -> tuple[bytes, list[Issue]]:
        """Return the body that would be sent, and everything that is wrong with the record."""
        if not isinstance(record, dict):
            return b"null", [_issue("", "type", "A record is a JSON object.")]
        if not _is_plain(record) and (misshapen := list(_check_shape(record))):
            return b"{}", misshapen + self.check_fields(record)
        try:
            payload = encode(record)
        except Unencodable:
            return b"{}", [_issue("", "not_json", "The record holds what JSON cannot say.")]
        issues = self.check_fields(record)
        if len(payload) > MOST_BYTES:
            issues.insert(0, _too_large(len(payload)))
        return payload, issues

    def check_fields(self, record: dict[str, Any]) -> list[Issue]:
        """Return which fields the session misses."""
        issues = []
        for name in self._required:
            value = record.get(name)
            if value is None or (isinstance(value, str) and (not value or value.isspace())):
                issues.append(_issue(name, "missing", f"{name} is missing. Fill it in."))
        key = record.get(self._key_field)
        if isinstance(key, dict | list | bool):
            issues.append(_issue(self._key_field, "type", "The key is text or a number."))
        elif isinstance(key, str) and len(key) > LONGEST_KEY:
            message = f"The key has {len(key)} characters; use at most {LONGEST_KEY}."
            issues.append(_issue(self._key_field, "too_long", message))
        return issues


def as_text(value: Any) -> str:
    """Return a scalar as a listing shows it; PostgreSQL's text has no NUL."""
    if isinstance(value, str):
        return value.strip().replace("\0", "")[:LONGEST_KEY]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return str(value)[:LONGEST_KEY]


def _is_plain(record: dict[str, Any]) -> bool:
    """Return whether the record is flat, small and finite: almost all are."""
    if len(record) > MOST_KEYS:
        return False
    for value in record.values():
        kind = type(value)
        if kind is float:
            if not isfinite(value):
                return False
        elif kind is dict or kind is list:
            return False
    return True


def _check_shape(record: dict[str, Any]) -> Iterator[Issue]:
    waiting: list[tuple[str, Any, int]] = [(name, value, 2) for name, value in record.items()]
    keys = len(record)
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, float):
            if not isfinite(value):
                yield _issue(name, "not_finite", "Infinite numbers cannot be sent.")
        elif isinstance(value, dict | list):
            if depth > DEEPEST:
                message = f"Records are at most {DEEPEST} levels deep; flatten this one."
                yield _issue(name, "too_deep", message)
                return
            keys += len(value) if isinstance(value, dict) else 0
            inner = value.values() if isinstance(value, dict) else value
            waiting += [(name, each, depth + 1) for each in inner]
        if keys > MOST_KEYS:
            break
    if keys > MOST_KEYS:
        yield _issue("", "too_many_keys", f"A record has at most {MOST_KEYS} keys.")


def _too_large(size: int) -> Issue:
    message = f"The record has {size} bytes; at most {MOST_BYTES} can be sent. Shorten it."
    return _issue("", "too_large", message)


def _issue(field: str, code: str, message: str) -> Issue:
    return Issue(field=field, code=code, message=message)
