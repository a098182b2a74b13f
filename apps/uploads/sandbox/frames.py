"""
What the child says: four bytes of length, then JSON, again and again.

First `{"sheets", "sheet", "columns", "rows"}`, then lists of `[row number, values]`, and in the
end `{"end": rows}`, or `{"error": {"code", "message"}}` in place of anything.
"""

import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

ROWS_A_FRAME = 1_000
LENGTH = struct.Struct(">I")

Numbered = tuple[int, list[Any]]


def send(message: Any) -> None:
    """Write one message, and do not wait for the next."""
    body = orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS)
    out = sys.stdout.buffer
    out.write(LENGTH.pack(len(body)))
    out.write(body)
    out.flush()


def send_rows(rows: Iterable[Numbered]) -> None:
    """Write all rows, a thousand to a message; blank ones at the end are not worth a word."""
    frame: list[Numbered] = []
    count = 0
    for numbered in _without_blank_end(rows):
        frame.append(numbered)
        if len(frame) == ROWS_A_FRAME:
            send(frame)
            count += len(frame)
            frame = []
    if frame:
        send(frame)
    send({"end": count + len(frame)})


def _without_blank_end(rows: Iterable[Numbered]) -> Iterator[Numbered]:
    blank: list[Numbered] = []
    for numbered in rows:
        values = numbered[1]
        if values.count(None) == len(values):
            blank.append(numbered)
            continue
        if blank:
            yield from blank
            blank = []
        yield numbered
