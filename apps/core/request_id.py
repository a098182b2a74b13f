"""One id per request, carried by logs, answers and the background work it causes."""

import re
from contextvars import ContextVar

from ulid import ULID

_current: ContextVar[str | None] = ContextVar("request_id", default=None)
ACCEPTED = re.compile(r"[A-Za-z0-9:_.-]{1,64}")


def new_request_id() -> str:
    """Return a fresh id."""
    return f"req_{ULID()}"


def adopt_request_id(text: str | None) -> str:
    """Take over the caller's id if it is harmless, or make one; return what counts from now."""
    request_id = text if text and ACCEPTED.fullmatch(text) else new_request_id()
    _current.set(request_id)
    return request_id


def current_request_id() -> str | None:
    """Return the id of the request that we work for, if there is one."""
    return _current.get()
