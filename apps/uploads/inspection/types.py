"""The type of a cell. A text counts as a number or a date only if nothing of it would be lost."""

import re
from datetime import date
from enum import StrEnum

from apps.uploads.cells import Cell


class CellType(StrEnum):
    """What a cell is."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    INSTANT = "datetimeWithZone"
    TIME = "time"
    DURATION = "duration"
    NESTED = "json"
    ERROR = "error"
    TEXT = "text"
    # Of a column only: some of this and some of that.
    MIXED = "mixed"


# 007 and +5 stay texts, and so does what a spreadsheet would round: more than 15 digits.
LOOKS = re.compile(
    r"(?P<integer>-?(?:0|[1-9]\d{0,14}))"
    r"|(?P<decimal>(?=.{1,17}$)-?(?:0|[1-9]\d{0,13})\.\d{1,14})"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<datetime>\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?)"
    r"|(?P<datetimeWithZone>\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
    r"(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<boolean>true|false|TRUE|FALSE|True|False)"
)
DATED = (CellType.DATE, CellType.DATETIME, CellType.INSTANT)
TAGS = {
    "d": CellType.DATE,
    "dt": CellType.DATETIME,
    "t": CellType.TIME,
    "s": CellType.DURATION,
    "e": CellType.ERROR,
    "j": CellType.NESTED,
}


def type_of(cell: Cell) -> CellType | None:
    """Return the type of a cell, None if it is empty."""
    if cell is None:
        return None
    if isinstance(cell, str):
        return type_of_text(cell)
    if isinstance(cell, bool):
        return CellType.BOOLEAN
    if isinstance(cell, int):
        return CellType.INTEGER
    if isinstance(cell, float):
        return CellType.DECIMAL
    return TAGS[next(iter(cell))]


def type_of_text(text: str) -> CellType:
    """Return what a text looks like."""
    look = LOOKS.fullmatch(text)
    if look is None:
        return CellType.TEXT
    found = CellType(look.lastgroup or CellType.TEXT)
    return found if found not in DATED or _is_day(text[:10]) else CellType.TEXT


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def scale_of(cell: Cell) -> int:
    """Return how many decimals a number has."""
    shown = str(cell)
    return 0 if "e" in shown else len(shown.partition(".")[2])
