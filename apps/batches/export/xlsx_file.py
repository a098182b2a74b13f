from collections.abc import Iterable
from typing import IO, Any

import xlsxwriter

from apps.batches.export.cells import text_of
from apps.batches.export.rows import RESULT_COLUMNS, ExportedRow

LONGEST_CELL = 32_767
# Excel keeps fifteen digits and replaces the rest by zeros.
LARGEST_EXACT = 10**15


def write_xlsx(
    target: IO[bytes], fields: list[str], rows: Iterable[ExportedRow], *, sheet: str = "Records"
) -> None:
    """Write the workbook row by row: text stays text, whatever it begins with."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        page = workbook.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        bold = workbook.add_format({"bold": True})
        for column, name in enumerate((*fields, *RESULT_COLUMNS)):
            page.write_string(0, column, _fitting(name), bold)
        for number, (record, result) in enumerate(rows, start=1):
            for column, value in enumerate([*(record.get(name) for name in fields), *result]):
                _write(page, number, column, value)


def _write(page: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float) and abs(value) < LARGEST_EXACT:
        page.write_number(row, column, value)
    else:
        page.write_string(row, column, _fitting(text_of(value)))


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
