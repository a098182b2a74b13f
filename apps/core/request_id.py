"""One id per request, carried by logs, answers and the background work it causes."""

import os
import re
import time
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("request_id", default=None)
ACCEPTED = re.compile(r"[A-Za-z0-9:_.-]{1,64}")


LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = [first + second for first in LETTERS for second in LETTERS]


def new_request_id() -> str:
    """
    Return a fresh id: a ULID, the milliseconds and then 80 random bits, ten bits a pair of letters.

    The library takes as long for one as Redis for its answer, and every request needs one.
    """
    moment, chance = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10))
    first = [PAIRS[moment >> shift & 1023] for shift in (40, 30, 20, 10, 0)]
    second = [PAIRS[chance >> shift & 1023] for shift in (70, 60, 50, 40, 30, 20, 10, 0)]
    return f"req_{''.join(first)}{''.join(second)}"


def adopt_request_id(text: str | None) -> str:
    """Take over the caller's id if it is harmless, or make one; return what counts from now."""
    request_id = text if text and ACCEPTED.fullmatch(text) else new_request_id()
    _current.set(request_id)
    return request_id


def current_request_id() -> str | None:
    """Return the id of the request that we work for, if there is one."""
    return _current.get()
