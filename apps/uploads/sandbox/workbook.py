"""Reads one sheet of an .xlsx file: calamine for the values, beside it a scan for the rest."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from apps.uploads.sandbox.cells import plain_row
from apps.uploads.sandbox.columns import name_columns
from apps.uploads.sandbox.frames import Numbered, send, send_rows
from apps.uploads.sandbox.oddities import Oddities, find_oddities
from apps.uploads.sandbox.refusal import Refusal
from apps.uploads.sandbox.task import Task

MOST_CELLS = 8_000_000


def read_workbook(task: Task) -> None:
    """
    Say what the sheet looks like, then all its rows.

    :raises Refusal: if there is no such sheet, or it cannot be read
    """
    try:
        with CalamineWorkbook.from_path(task.path) as workbook:
            sheets, name = _choose(workbook, task.sheet)
            # Calamine works without the interpreter's lock: the scan costs no time of its own.
            with ThreadPoolExecutor(1) as pool:
                scan = pool.submit(find_oddities, task.path, name)
                grid = Grid(workbook.get_sheet_by_name(name), scan.result())
            _send(grid, sheets, name, task)
    except PasswordError:
        raise Refusal("encrypted_workbook", "The workbook is protected by a password.") from None
    except CalamineError:
        raise Refusal("damaged_file", "The workbook is damaged or incomplete.") from None


def _choose(workbook: CalamineWorkbook, wanted: str | None) -> tuple[list[str], str]:
    tables = [s for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in tables]
    if not names:
        raise Refusal("empty_file", "The workbook has no sheets.")
    if wanted is None:
        visible = [s.name for s in tables if s.visible == SheetVisibleEnum.Visible]
        return names, (visible or names)[0]
    if wanted not in names:
        known = ", ".join(f"'{name}'" for name in names[:10])
        raise Refusal("sheet_not_found", f"Sheet '{wanted}' not found; there are {known}.")
    return names, wanted


def _send(grid: "Grid", sheets: list[str], name: str, task: Task) -> None:
    if grid.height == 0:
        raise Refusal("empty_file", f"Sheet '{name}' is empty.")
    if task.header_row > grid.height:
        message = f"The header should be in row {task.header_row}, but '{name}' ends before it."
        raise Refusal("no_header", message)
    rows = grid.height - task.header_row
    if rows > task.max_rows:
        message = f"Sheet '{name}' has {rows:,} rows; at most {task.max_rows:,} are accepted."
        raise Refusal("too_many_rows", message)
    numbered = grid.rows()
    header = next(islice(numbered, task.header_row - 1, None))[1] if task.header_row else []
    columns = name_columns(header or [None] * grid.width)
    send({"sheets": sheets, "sheet": name, "columns": columns, "rows": rows})
    if not task.info_only:
        send_rows(numbered)


class Grid:
    """The sheet from A1 on, with what calamine left out put back."""

    def __init__(self, sheet: CalamineSheet, odd: Oddities) -> None:
        self._sheet, self._odd = sheet, odd
        self._indent = sheet.start[1] if sheet.start else 0
        odd_width = max((c + 1 for cells in odd.values() for c, _ in cells), default=0)
        # calamine's own `total_height` leaves the last row out.
        last_row = sheet.end[0] + 1 if sheet.end else 0
        self.height = max(last_row, max(odd, default=-1) + 1)
        self.width = max(sheet.end[1] + 1 if sheet.end else 0, odd_width)
        if self.height * self.width > MOST_CELLS * 2:
            message = "The cells of the sheet lie too far apart to be read."
            raise Refusal("too_many_cells", message)

    def rows(self) -> Iterator[Numbered]:
        """Yield (Excel's row number, values), each as wide as the sheet."""
        before = [None] * self._indent
        after: list[Any] = []
        number = 0
        for number, values in enumerate(self._sheet.iter_rows(), start=1):
            row = plain_row(values)
            if number == 1:
                after = [None] * (self.width - self._indent - len(row))
            if before or after:
                row = before + row + after
            yield number, self._corrected(number, row)
        for late in range(number + 1, self.height + 1):
            yield late, self._corrected(late, [None] * self.width)

    def _corrected(self, number: int, row: list[Any]) -> list[Any]:
        for column, shown in self._odd.get(number - 1, ()):
            row[column] = {"e": shown}
        return row
