from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is to a file."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    ANY = "any"


@dataclass(frozen=True)
class Head:
    """A column of a file: what it is called, and what its values are."""

    name: str
    kind: Kind = Kind.ANY
    scale: int = 0
    # In characters of a worksheet; its kind decides unless it is known.
    width: int = 0


@dataclass(frozen=True)
class Sheet:
    """What a file, or a sheet of it, is to hold."""

    name: str
    heads: tuple[Head, ...]
    rows: int
