from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FieldType(StrEnum):
    """What a column may hold."""

    AS_READ = "asRead"
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    LIST = "list"


USUAL_SEPARATOR = ","


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet, and the field that its cells become."""

    column: str
    field: str
    type: FieldType = FieldType.AS_READ
    format: str | None = None
    separator: str = USUAL_SEPARATOR
    default: Any = None
    required: bool = False
    trim: bool = True
