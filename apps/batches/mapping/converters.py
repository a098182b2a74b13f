"""
What a cell becomes, for each type of a mapping.

A converter returns None for a blank cell and raises Unfit for one that it cannot take. They run
once a cell, half a million times for a usual sheet: so they test for the usual type first.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from apps.batches.mapping.columns import Column, FieldType
from apps.batches.mapping.patterns import DatePattern
from apps.uploads.cells import error_of, text_of
from apps.uploads.reading import Cell

Convert = Callable[[Cell], Any]

WHOLE = re.compile(r"[+-]?\d{1,40}(\.0*)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])", re.ASCII)
WORDS = dict.fromkeys(("true", "yes", "y", "1"), True) | dict.fromkeys(
    ("false", "no", "n", "0"), False
)
SHOWN = 40
# What orjson writes as an integer; beyond it a Decimal carries the digits.
SMALLEST, LARGEST = -(2**63), 2**64 - 1
REMEMBERED_DATES = 4096


class Unfit(Exception):
    """This cell is not what the column should hold."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def converter_for(column: Column) -> Convert:
    """Return the function that turns a cell of the column into a value of its field."""
    return _MAKERS[column.type](column)


def shown(cell: Cell) -> str:
    """Return the cell as a message may quote it: short, and in one line."""
    text = "".join(letter if letter.isprintable() else "·" for letter in _text(cell)[: SHOWN + 1])
    return f'"{text[:SHOWN]}…"' if len(text) > SHOWN else f'"{text}"'


def _text(cell: Cell) -> str:
    return "a nested value" if isinstance(cell, dict) and "j" in cell else text_of(cell)


def _unfit(cell: Cell, expected: str, code: str = "type") -> Unfit:
    if error := error_of(cell):
        return Unfit("cell_error", f"{error} Correct its formula, or type the value.")
    return Unfit(code, f"{shown(cell)} is not {expected}")


def _as_read(column: Column) -> Convert:
    trim = column.trim

    def convert(cell: Cell) -> Any:
        if isinstance(cell, str):
            return (cell.strip() if trim else cell) if cell and not cell.isspace() else None
        if isinstance(cell, dict):
            return _value_of(cell)
        return _sendable(cell) if type(cell) is int else cell

    return convert


def _sendable(number: int) -> int | Decimal:
    return number if SMALLEST <= number <= LARGEST else Decimal(number)


def _value_of(cell: dict[str, Any]) -> Any:
    if error := error_of(cell):
        raise Unfit("cell_error", f"{error} Correct its formula, or type the value.")
    return next(iter(cell.values()))


def _string(column: Column) -> Convert:
    trim = column.trim

    def convert(cell: Cell) -> Any:
        if isinstance(cell, str):
            return (cell.strip() if trim else cell) if cell and not cell.isspace() else None
        if cell is None:
            return None
        if isinstance(cell, dict) and ("e" in cell or "j" in cell):
            raise _unfit(cell, "text. Write it into the cell as text.")
        return text_of(cell)

    return convert


def _integer(_column: Column) -> Convert:
    def convert(cell: Cell) -> Any:
        if type(cell) is int:
            return _sendable(cell)
        if cell is None:
            return None
        if isinstance(cell, str):
            text = cell.strip()
            if not text:
                return None
            if WHOLE.fullmatch(text):
                return convert(int(text.partition(".")[0]))
        raise _unfit(cell, "a whole number. Write digits only, such as 30.")

    return convert


def _decimal(_column: Column) -> Convert:
    def convert(cell: Cell) -> Any:
        if type(cell) is float:
            return cell
        if type(cell) is int:
            return _sendable(cell)
        if cell is None:
            return None
        if isinstance(cell, str):
            text = cell.strip()
            if not text:
                return None
            if NUMBER.fullmatch(text):
                return exact_number(text)
        if isinstance(cell, dict) and "s" in cell:
            return cell["s"]
        raise _unfit(cell, "a number. Write it with a point and without spaces, such as 1234.50.")

    return convert


def exact_number(text: str) -> int | float | Decimal:
    """Return the number as a float if none of its digits gets lost by that."""
    number = Decimal(text)
    if number == number.to_integral_value() and SMALLEST <= number <= LARGEST:
        return int(number)
    near = float(number)
    return near if Decimal(repr(near)) == number else number


def _boolean(_column: Column) -> Convert:
    def convert(cell: Cell) -> Any:
        if cell is None or isinstance(cell, bool):
            return cell
        if isinstance(cell, str | int):
            text = str(cell).strip()
            if not text:
                return None
            if (found := WORDS.get(text.casefold())) is not None:
                return found
        raise _unfit(cell, "a yes or no. Write true or false.")

    return convert


def _list(column: Column) -> Convert:
    separator = column.separator

    def convert(cell: Cell) -> Any:
        if isinstance(cell, str):
            parts = cell.split(separator)
            return [part for part in map(str.strip, parts) if part] or None
        if cell is None:
            return None
        if isinstance(cell, dict) and isinstance(cell.get("j"), list):
            return cell["j"]
        if isinstance(cell, dict) and ("e" in cell or "j" in cell):
            raise _unfit(cell, f"a list. Write its parts with {shown(separator)} between them.")
        return [text_of(cell)]

    return convert


def _date(column: Column) -> Convert:
    pattern = DatePattern(column.format or "yyyy-MM-dd", with_time=False)
    expected = (
        f"a date that exists. Write a day like {pattern.sample}, or format the cell as a date."
    )

    @lru_cache(REMEMBERED_DATES)
    def written(text: str) -> str:
        day = _iso_day(text) or pattern.read(text)
        if day is None:
            raise _unfit(text, expected, "date")
        return pattern.write(day)

    def convert(cell: Cell) -> Any:
        if isinstance(cell, dict) and (text := cell.get("d") or cell.get("dt")):
            return written(text)
        if isinstance(cell, str):
            text = cell.strip()
            return written(text) if text else None
        if cell is None:
            return None
        raise _unfit(cell, expected, "date")

    return convert


def _iso_day(text: str) -> datetime | None:
    if not ISO_DAY.match(text):
        return None
    try:
        datetime.fromisoformat(text)
        return datetime.combine(date.fromisoformat(text[:10]), time())
    except ValueError:
        return None


def _datetime(column: Column) -> Convert:
    pattern = DatePattern(column.format, with_time=True) if column.format else None
    sample = pattern.sample if pattern else "2026-03-09T14:05:00"
    expected = f"a date with a time. Write it like {sample}, or format the cell as a date."

    @lru_cache(REMEMBERED_DATES)
    def written(text: str) -> str:
        moment = _iso_moment(text) or (pattern.read(text) if pattern else None)
        if moment is None:
            raise _unfit(text, expected, "datetime")
        return pattern.write(moment) if pattern else moment.isoformat()

    def convert(cell: Cell) -> Any:
        if isinstance(cell, dict) and (text := cell.get("dt") or cell.get("d")):
            return written(text)
        if isinstance(cell, str):
            text = cell.strip()
            return written(text) if text else None
        if cell is None:
            return None
        raise _unfit(cell, expected, "datetime")

    return convert


def _iso_moment(text: str) -> datetime | None:
    if not ISO_DAY.match(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


_MAKERS: dict[FieldType, Callable[[Column], Convert]] = {
    FieldType.AS_READ: _as_read,
    FieldType.STRING: _string,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.LIST: _list,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
}
