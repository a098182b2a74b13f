"""Writes the results into a copy of the user's own workbook: its look and other sheets stay."""

from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from apps.batches.correcting.layout import (
    BLAMED_COLOUR,
    COLOURS,
    MARK,
    STATUS,
    WIDTHS,
    Layout,
    clean,
    results_of,
)
from apps.batches.correcting.lines import Line, Lines
from apps.batches.correcting.marks import as_shown
from apps.batches.correcting.moments import moment_of
from apps.uploads.cells import NO_VALUE, Cell

AUTHOR = "Backroom"
MOST_COMMENTS = 2_000
FILLS = {state: PatternFill("solid", start_color=colour) for state, colour in COLOURS.items()}
BLAMED = PatternFill("solid", start_color=BLAMED_COLOUR)
TOP = Alignment(vertical="top")
BOLD = Font(bold=True)


def write_into_original(
    path: Path, sheet_name: str, header_row: int, lines: Lines, file: IO[bytes]
) -> None:
    """Fill in the results, and save the workbook to the file."""
    # An open file, not its path: the stored name has no ending, which openpyxl insists on.
    with path.open("rb") as stored:
        workbook = load_workbook(stored)
    sheet = workbook[sheet_name]
    workbook.active = workbook.index(sheet)
    layout = Layout.of(lines.layout.columns, first_free=_end_of_merged(sheet))
    _Pen(sheet, layout, header_row, lines).write(lines.rows)
    workbook.save(file)


def _end_of_merged(sheet: Worksheet) -> int:
    return max((area.max_col for area in sheet.merged_cells.ranges), default=0)


class _Pen:
    def __init__(self, sheet: Worksheet, layout: Layout, header_row: int, lines: Lines) -> None:
        self._sheet, self._layout, self._header_row = sheet, layout, header_row
        self._blame = lines.blame
        self._comments = 0
        self._last = header_row
        self._styles: dict[tuple[Any, ...], Any] = {}

    def write(self, rows: Iterator[Line]) -> None:
        """Write the header, every line, and what helps to find one's way."""
        self._free_columns()
        self._write_header()
        for line in rows:
            self._write_line(line)
        self._freeze()
        self._filter()

    def _free_columns(self) -> None:
        """End widths that span all columns to the right before ours: Excel refuses overlaps."""
        first = min(self._layout.places.values()) + 1
        for letter, span in list(self._sheet.column_dimensions.items()):
            if span.min and span.max and span.max >= first:
                if span.min >= first:
                    del self._sheet.column_dimensions[letter]
                else:
                    span.max = first - 1

    def _write_header(self) -> None:
        for name, at in self._layout.places.items():
            cell = self._cell(self._header_row, at)
            if isinstance(cell, SheetCell):
                cell.value = name
                cell.font = BOLD
            span = self._sheet.column_dimensions[get_column_letter(at + 1)]
            span.width = WIDTHS[name]
            span.hidden = name == MARK

    def _write_line(self, line: Line) -> None:
        self._last = max(self._last, line.number)
        self._settle_cells(line)
        facts = line.facts
        if facts is None:
            self._set_text(line.number, self._layout.places[STATUS], "Not sent")
            return
        for name, text in results_of(facts, self._blame, line.mark).items():
            self._set_text(line.number, self._layout.places[name], text)
        if facts.is_unsuccessful:
            fill = FILLS[facts.state]
            for at in range(len(self._layout.columns)):
                self._dress(self._cell(line.number, at), "fill", fill)
            for at, text in self._blame.cells(facts).items():
                self._blame_cell(self._cell(line.number, at), text)

    def _settle_cells(self, line: Line) -> None:
        """Turn formulas into their values, which saving would lose; show corrected values."""
        for at, value in enumerate(line.cells):
            cell = self._sheet._cells.get((line.number, at + 1))  # noqa: SLF001 - `cell()` would create what is not there
            if at in line.touched:
                _set(self._cell(line.number, at), value)
            elif cell is not None and cell.data_type == "f" and value != {"e": NO_VALUE}:
                _set(cell, value)

    def _blame_cell(self, cell: Any, text: str) -> None:
        cell.fill = BLAMED
        if isinstance(cell, MergedCell) or self._comments >= MOST_COMMENTS:
            return
        self._comments += 1
        before = f"{cell.comment.text}\n\n" if cell.comment else ""
        cell.comment = Comment(before + text, AUTHOR, width=320, height=110)

    def _set_text(self, row: int, at: int, text: str) -> None:
        if text:
            cell = self._cell(row, at)
            _set(cell, text)
            self._dress(cell, "alignment", TOP)

    def _dress(self, cell: Any, attribute: str, look: Any) -> None:
        """Set a part of the cell's look; cells that looked alike share the work, a tenth of it."""
        before = cell._style or ()  # noqa: SLF001 - as openpyxl's manual copies looks
        key = (attribute, id(look), *before)
        if key not in self._styles:
            setattr(cell, attribute, look)
            self._styles[key] = copy(cell._style)  # noqa: SLF001 - the same
        cell._style = copy(self._styles[key])  # noqa: SLF001 - the same

    def _freeze(self) -> None:
        if not self._sheet.freeze_panes:
            self._sheet.freeze_panes = f"A{self._header_row + 1}"

    def _filter(self) -> None:
        # A table of the user's has a filter of its own, and two that overlap damage the file.
        places = self._layout.places
        first = min(places.values()) + 1 if self._sheet.tables else 1
        last = get_column_letter(self._layout.width)
        self._sheet.auto_filter.ref = (
            f"{get_column_letter(first)}{self._header_row}:{last}{self._last}"
        )

    def _cell(self, row: int, at: int) -> Any:
        return self._sheet.cell(row, at + 1)


def _set(cell: Any, value: Cell) -> None:
    """Put the value in, texts as texts: what begins with `=` is no formula of the user's."""
    if isinstance(cell, MergedCell):
        return
    shown = as_shown(value)
    if isinstance(shown, dict):
        _set_tagged(cell, shown)
    elif isinstance(shown, str):
        cell.value = clean(shown)
        cell.data_type = "s"
    else:
        cell.value = shown


def _set_tagged(cell: Any, value: dict[str, Any]) -> None:
    tag, inner = next(iter(value.items()))
    if tag == "e":
        cell.value, cell.data_type = str(inner), "e"
        return
    look = cell.number_format
    cell.value = moment_of(value)
    if look != "General":
        cell.number_format = look  # the user's own way to show dates
