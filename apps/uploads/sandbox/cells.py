"""Cell values as JSON: scalars as they are, everything else tagged with what it is."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

# Above this, a float no longer tells two neighbouring integers apart.
EXACT = 2.0**53


def _moment(value: datetime) -> Any:
    # orjson writes dates as ISO text by itself, at C speed
    if value.hour == value.minute == value.second == value.microsecond == 0:
        return {"d": value.date()}
    return {"dt": value}


_TAGGED: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: value,
    int: lambda value: value,
    date: lambda value: {"d": value},
    datetime: _moment,
    time: lambda value: {"t": value},
    timedelta: lambda value: {"s": value.total_seconds()},
}


def plain_row(values: list[Any]) -> list[Any]:
    """
    Return a row of calamine's values in our form: its numbers are all floats, `""` is empty.

    Texts and numbers are handled on the spot: a call a cell would double the time.
    """
    return [
        value or None
        if (kind := type(value)) is str
        else (int(value) if value.is_integer() and -EXACT <= value <= EXACT else value)
        if kind is float
        else _TAGGED[kind](value)
        for value in values
    ]


MOST_DEPTH = 32


def plain_json(value: Any) -> Any:
    """Return a value of a JSON record in our form; what is no scalar is tagged as JSON."""
    if isinstance(value, dict | list):
        return {"j": _bounded(value, MOST_DEPTH - 2)}
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value if value != "" else None


def _bounded(value: Any, depth: int) -> Any:
    """
    Return the value with numbers that fit into JSON.

    :raises RecursionError: if it is nested more deeply than 32 levels
    """
    if depth < 0:
        raise RecursionError
    if isinstance(value, dict):
        return {name: _bounded(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_bounded(inner, depth - 1) for inner in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value


def header_text(cell: Any) -> str:
    """Return a header cell as text."""
    if isinstance(cell, dict):
        cell = next(iter(cell.values()))
    return "" if cell is None else str(cell).strip()
