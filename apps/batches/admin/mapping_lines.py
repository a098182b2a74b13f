"""The table in which people say what the columns of a sheet become."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from apps.batches.mapping.columns import FieldType
from apps.core.errors import DomainError
from apps.uploads.cells import Cell, text_of

SHOWN_SAMPLES = 3
TYPE_LABELS = {
    FieldType.AS_READ: "As read",
    FieldType.STRING: "Text",
    FieldType.INTEGER: "Whole number",
    FieldType.DECIMAL: "Number",
    FieldType.DATE: "Date",
    FieldType.DATETIME: "Date and time",
    FieldType.BOOLEAN: "Yes or no",
    FieldType.LIST: "List",
}
TYPES = [(str(kind), label) for kind, label in TYPE_LABELS.items()]
# What the table does not show is kept as it is.
SHOWN_OPTIONS = ("field", "type", "format", "required")


@dataclasses.dataclass
class Line:
    """One column of the sheet, and what it becomes; without a field it is not sent."""

    position: int
    column: str
    field: str = ""
    type: str = FieldType.STRING.value
    format: str = ""
    required: bool = False
    samples: list[str] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def entry(self) -> dict[str, Any]:
        """Return the line as a mapping has it."""
        found: dict[str, Any] = {
            "field": self.field,
            "type": self.type,
            "required": self.required,
        }
        return found | ({"format": self.format} if self.format else {})


def lines_of(columns: Sequence[str], mapping: Mapping[str, Any]) -> list[Line]:
    """Return the table that shows a mapping."""
    return [_line(position, column, mapping.get(column)) for position, column in enumerate(columns)]


def _line(position: int, column: str, entry: Any) -> Line:
    if isinstance(entry, str):
        return Line(position, column, entry, FieldType.AS_READ.value)
    shown = {name: entry[name] for name in SHOWN_OPTIONS if entry.get(name)} if entry else {}
    return Line(position, column, **({"type": FieldType.AS_READ.value} if entry else {}) | shown)


def read_lines(columns: Sequence[str], posted: Mapping[str, str]) -> list[Line]:
    """Return the table as a person filled it in."""
    return [
        Line(
            position,
            column,
            field=posted.get(f"field-{position}", "").strip(),
            type=posted.get(f"type-{position}", FieldType.STRING.value),
            format=posted.get(f"format-{position}", "").strip(),
            required=f"required-{position}" in posted,
        )
        for position, column in enumerate(columns)
    ]


def mapping_of(lines: Sequence[Line], base: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the mapping that the table says.

    :param base: the saved mapping that it began with, for options that the table does not show
    """
    mapping: dict[str, Any] = {}
    for line in lines:
        if not line.field:
            continue
        kept = base.get(line.column)
        hidden = kept if isinstance(kept, dict) and kept.get("type") == line.type else {}
        options = {name: value for name, value in hidden.items() if name not in SHOWN_OPTIONS}
        mapping.setdefault(line.column, options | line.entry)
    return mapping


def show_samples(lines: Sequence[Line], rows: Sequence[Sequence[Cell]]) -> None:
    """Show the first cells of each column beside it."""
    for line in lines:
        cells = [row[line.position] for row in rows if line.position < len(row)]
        line.samples = [text_of(cell)[:40] for cell in cells if cell is not None][:SHOWN_SAMPLES]


def place_errors(lines: Sequence[Line], error: DomainError) -> list[str]:
    """Put each complaint beside the column that it is about; return those about none."""
    if not error.details:
        return [str(error)]
    left = []
    for detail in error.details:
        about = detail.field.removeprefix("source.mapping.")
        found = [line for line in lines if _is_about(line, about)]
        for line in found[:1]:
            line.errors.append(detail.message)
        if not found:
            left.append(detail.message)
    return left


def _is_about(line: Line, about: str) -> bool:
    return about == line.column or about.startswith(f"{line.column}.")
