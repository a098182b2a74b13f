"""Rows as a file for spreadsheets: streamed, whatever their number, and without live formulas."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from apps.batches.export.cells import harmless

LONGEST_CELL = 32_767
Row = Sequence[Any]


class _Echo:
    """Hands back what the csv module writes, line by line."""

    def write(self, line: str) -> str:
        return line


def csv_pieces(columns: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """Return the file piece by piece: UTF-8 that Excel knows, no cell that runs as a formula."""
    writer: Any = csv.writer(_Echo(), lineterminator="\r\n")
    yield ("\ufeff" + writer.writerow(columns)).encode()
    for row in rows:
        yield writer.writerow([_text(value) for value in row]).encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return harmless(value) if isinstance(value, str) else str("" if value is None else value)


def xlsx_file(title: str, columns: Row, rows: Iterable[Row]) -> IO[bytes]:
    """Return the workbook, ready to be read: numbers are numbers, dates are dates."""
    target = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        sheet = workbook.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, columns, workbook.add_format({"bold": True}))
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            Decimal: workbook.add_format({"num_format": "0.00"}),
        }
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if value is not None:
                    shown = value[:LONGEST_CELL] if isinstance(value, str) else value
                    sheet.write(number, column, shown, formats.get(type(value)))
    target.seek(0)
    return target


def sheet_answer(kind: str, title: str, columns: Row, rows: Iterable[Row]) -> HttpResponseBase:
    """Return the file as a download; `kind` is csv or xlsx."""
    name = f"{title.lower()}-{timezone.now():%Y-%m-%d}.{kind}"
    if kind == "xlsx":
        return FileResponse(xlsx_file(title, columns, rows), as_attachment=True, filename=name)
    pieces = csv_pieces(columns, rows)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
