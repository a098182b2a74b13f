"""Writes a new workbook where there is none to return, or where it is too large to be edited."""

from collections.abc import Iterator
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from apps.batches.correcting.layout import (
    BLAMED_COLOUR,
    COLOURS,
    MARK,
    STATUS,
    WIDTHS,
    clean,
    results_of,
)
from apps.batches.correcting.lines import Line, Lines
from apps.batches.correcting.marks import as_shown
from apps.batches.correcting.moments import moment_of
from apps.uploads.cells import NO_VALUE, Cell

MOST_COMMENTS = 2_000
LOOKS = {"d": "yyyy-mm-dd", "dt": "yyyy-mm-dd hh:mm:ss", "t": "hh:mm:ss", "s": "[h]:mm:ss"}
TEXT = "@"
WIDEST, NARROWEST = 40, 10
# In this mode memory does not grow with the rows, which have to come in their order.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_fresh(
    sheet_name: str, header_row: int, lines: Lines, file: IO[bytes], *, as_text: bool, packed: bool
) -> None:
    """
    Write the lines and their results to the file.

    :param as_text: whether numbers that somebody types are to stay the text that they were
    :param packed: whether to leave no gaps where lines are missing
    """
    with xlsxwriter.Workbook(file, OPTIONS) as workbook:
        sheet = workbook.add_worksheet(sheet_name[:31] or "Rows")
        _Pen(workbook, sheet, header_row, lines, as_text=as_text).write(lines.rows, packed=packed)


class _Pen:
    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        sheet: Worksheet,
        header_row: int,
        lines: Lines,
        *,
        as_text: bool,
    ) -> None:
        self._workbook, self._sheet = workbook, sheet
        self._layout, self._blame = lines.layout, lines.blame
        self._header_row, self._as_text = header_row, as_text
        self._formats: dict[tuple[str, str], Format] = {}
        self._comments = 0

    def write(self, rows: Iterator[Line], *, packed: bool) -> None:
        """Write the header, every line, and what helps to find one's way."""
        self._set_widths()
        self._write_header()
        row = self._header_row - 1
        for line in rows:
            row = row + 1 if packed else line.number - 1
            self._write_line(row, line)
        self._sheet.freeze_panes(self._header_row, 0)
        self._sheet.autofilter(self._header_row - 1, 0, row, self._layout.width - 1)

    def _set_widths(self) -> None:
        look = self._format("", TEXT if self._as_text else "")
        for at, name in self._layout.own:
            width = min(WIDEST, max(NARROWEST, len(name) + 3))
            self._sheet.set_column(at, at, width, look)
        for name, at in self._layout.places.items():
            self._sheet.set_column(at, at, WIDTHS[name], None, {"hidden": name == MARK})

    def _write_header(self) -> None:
        bold = self._workbook.add_format({"bold": True, "bottom": 1})
        titles = dict(self._layout.own) | {at: name for name, at in self._layout.places.items()}
        for at, name in sorted(titles.items()):
            self._sheet.write_string(self._header_row - 1, at, name, bold)

    def _write_line(self, row: int, line: Line) -> None:
        facts = line.facts
        colour = COLOURS[facts.state] if facts and facts.is_unsuccessful else ""
        blamed = self._blame.cells(facts) if facts and facts.is_unsuccessful else {}
        for at, _ in self._layout.own:
            cell_colour = BLAMED_COLOUR if at in blamed else colour
            self._write_cell(row, at, line.cells[at], cell_colour)
        for at, text in blamed.items():
            self._comment(row, at, text)
        if facts is None:
            self._sheet.write_string(row, self._layout.places[STATUS], "Not sent")
            return
        for name, text in results_of(facts, self._blame, line.mark).items():
            if text:
                self._sheet.write_string(row, self._layout.places[name], text)

    def _write_cell(self, row: int, at: int, cell: Cell, colour: str) -> None:
        shown: Any = as_shown(cell)
        if isinstance(shown, dict):
            self._write_tagged(row, at, shown, colour)
            return
        look = self._format(colour, TEXT if self._as_text else "")
        if shown is None:
            self._sheet.write_blank(row, at, None, look)
        elif isinstance(shown, bool):
            self._sheet.write_boolean(row, at, shown, look)
        elif isinstance(shown, str):
            self._sheet.write_string(row, at, shown, look)
        else:
            self._sheet.write_number(row, at, shown, look)

    def _write_tagged(self, row: int, at: int, cell: dict[str, Any], colour: str) -> None:
        tag, value = next(iter(cell.items()))
        if tag == "e":
            shown = "#N/A" if value == NO_VALUE else str(value)
            self._sheet.write_formula(row, at, f"={shown}", self._format(colour, ""), shown)
            return
        self._sheet.write_datetime(row, at, moment_of(cell), self._format(colour, LOOKS[tag]))

    def _comment(self, row: int, at: int, text: str) -> None:
        if self._comments < MOST_COMMENTS:
            self._comments += 1
            self._sheet.write_comment(row, at, clean(text), {"author": "Backroom"})

    def _format(self, colour: str, look: str) -> Format | None:
        if not colour and not look:
            return None
        if (colour, look) not in self._formats:
            options = {"bg_color": f"#{colour}"} if colour else {}
            options |= {"num_format": look} if look else {}
            self._formats[colour, look] = self._workbook.add_format(options)
        return self._formats[colour, look]
