from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.uploads.cells import Cell
from apps.uploads.inspection.column import ColumnProfile, Problem
from apps.uploads.models import Upload
from apps.uploads.reading import OpenSheet, SheetInfo, open_sheet

MOST_PROBLEMS = 100
# In all columns together: of a file with thousands of columns only a few cells of each are kept.
MOST_KEPT = 20_000


@dataclass(frozen=True)
class Inspection:
    """What is in a file, and what does not fit."""

    info: SheetInfo
    columns: list[ColumnProfile]
    rows: int
    # Problems that were counted, and the first of them.
    count: int
    problems: list[Problem]


class _Reader:
    """Looks at every row once."""

    def __init__(self, info: SheetInfo) -> None:
        kept = min(MOST_PROBLEMS, max(2, MOST_KEPT // len(info.columns)))
        self.columns = [ColumnProfile(name, kept) for name in info.columns]
        self.rows = 0
        self.ragged_count = 0
        self.ragged: list[Problem] = []

    def add(self, rows: list[tuple[int, list[Cell]]]) -> None:
        self.rows += len(rows)
        width = len(self.columns)
        fitting = [row for row in rows if len(row[1]) == width]
        if len(fitting) < len(rows):
            self._note_ragged(rows)
        if fitting:
            numbers = [number for number, _ in fitting]
            by_column = zip(*(values for _, values in fitting), strict=True)
            for column, cells in zip(self.columns, by_column, strict=True):
                column.add(numbers, cells)

    def _note_ragged(self, rows: list[tuple[int, list[Cell]]]) -> None:
        width = len(self.columns)
        for number, values in rows:
            if len(values) == width:
                continue
            self.ragged_count += 1
            if len(self.ragged) < MOST_PROBLEMS:
                message = f"Row {number} has {len(values)} values for {width} columns."
                self.ragged.append(Problem(number, None, "ragged_row", message))

    def concluded(self, info: SheetInfo) -> Inspection:
        problems = self.ragged + [found for column in self.columns for found in column.problems()]
        problems.sort(key=lambda problem: problem.row)
        count = self.ragged_count + sum(column.odd for column in self.columns)
        return Inspection(info, self.columns, self.rows, count, problems[:MOST_PROBLEMS])


def inspect_upload(
    *, upload: Upload, sheet: str | None, header_row: int, step: Callable[[], None]
) -> Inspection:
    """
    Look at every row of the file, and remember its columns, their types and the number of rows.

    :param step: called now and then; it may raise to end the work
    :raises Unreadable: if the file cannot be read
    """
    opened = open_sheet(upload, sheet=sheet, header_row=header_row, lenient=True)
    with opened as rows:
        found = _inspected(rows, step)
    info = found.info
    upload.sheets, upload.columns, upload.row_count = info.sheets, info.columns, found.rows
    upload.sheet, upload.header_row = info.sheet or "", header_row
    upload.column_types = [_type_of(column) for column in found.columns]
    upload.delimiter = info.delimiter
    columns = ["sheets", "columns", "row_count", "sheet", "header_row", "column_types"]
    upload.save(update_fields=[*columns, "delimiter"])
    return found


def _inspected(rows: OpenSheet, step: Callable[[], None]) -> Inspection:
    reader = _Reader(rows.info)
    for chunk in rows.chunks():
        step()
        reader.add(chunk)
    return reader.concluded(rows.info)


def _type_of(column: ColumnProfile) -> dict[str, Any]:
    return {"type": str(column.strict_type), "scale": column.scale}
