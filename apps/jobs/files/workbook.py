"""A workbook without rows, made by xlsxwriter, into which rows are put as they come."""

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter

from apps.jobs.files.kinds import Head, Kind, Sheet
from apps.jobs.files.xlsx_rows import MOST_DECIMALS

NUMBER_FORMS = ["0"] + ["0." + "0" * places for places in range(1, MOST_DECIMALS + 1)]
WIDTHS = {Kind.DATE: 12, Kind.DATETIME: 20, Kind.TIME: 10, Kind.INTEGER: 12, Kind.DECIMAL: 14}
WIDTH, WIDEST = 24, 60
DATA = re.compile(rb"<sheetData>(<row r=\"1\".*?</row>)?.*?</sheetData>|<sheetData/>", re.DOTALL)
DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
SHEET_PATH = "xl/worksheets/sheet%d.xml"
BAD_IN_NAMES = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class Skeleton:
    """The parts of a workbook; each sheet as what comes before and after its rows."""

    parts: dict[str, bytes]
    sheets: list[tuple[str, bytes, bytes]]


def skeleton(
    sheets: list[Sheet], options: dict[str, Any], *, created: datetime, comment: str
) -> Skeleton:
    """Return a workbook with these sheets, each with its header and nothing below."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": created.replace(tzinfo=None), "comments": comment})
    bold = book.add_format({"bold": True})
    formats = [book.add_format({"num_format": form}) for form in _forms(options)]
    for number, sheet in enumerate(sheets):
        page = book.add_worksheet(sheet_name(sheet, options, number, len(sheets)))
        for position, head in enumerate(sheet.heads):
            page.set_column(position, position, _width(head))
            page.write_string(0, position, head.name, bold)
        if number == 0:
            for position, form in enumerate(formats):  # numbered by their first use
                page.write_number(1, position, 0, form)
        if options["freezeHeader"]:
            page.freeze_panes(1, 0)
        if options["autoFilter"]:
            page.autofilter(0, 0, sheet.rows, len(sheet.heads) - 1)
    book.close()
    return _taken_apart(buffer, sheets)


def _forms(options: dict[str, Any]) -> list[str]:
    """Return how values of each style look, in the order of their numbers (xlsx_rows.py)."""
    day = options.get("dateFormat", "yyyy-mm-dd")
    return [day, f"{day} hh:mm:ss", "hh:mm:ss", *NUMBER_FORMS]


def _width(head: Head) -> int:
    """Return how many characters wide the column is."""
    least = head.width or WIDTHS.get(head.kind, WIDTH)
    return min(max(least, len(head.name) + 3), WIDEST)


def sheet_name(sheet: Sheet, options: dict[str, Any], number: int, count: int) -> str:
    """Return a name that spreadsheets accept."""
    wanted = options["sheetName"] if count == 1 and options["sheetName"] else sheet.name
    name = BAD_IN_NAMES.sub(" ", wanted).strip(" '")[:31]
    return name if name and name.lower() != "history" else f"Sheet{number + 1}"


def _taken_apart(buffer: io.BytesIO, sheets: list[Sheet]) -> Skeleton:
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    split = []
    for number, sheet in enumerate(sheets, start=1):
        path = SHEET_PATH % number
        xml = DIMENSION.sub(b'<dimension ref="%s"/>' % _span(sheet), parts.pop(path), count=1)
        match = DATA.search(xml)
        assert match is not None  # noqa: S101 - every sheet that xlsxwriter makes has one
        before = xml[: match.start()] + b"<sheetData>" + (match[1] or b"")
        split.append((path, before, b"</sheetData>" + xml[match.end() :]))
    return Skeleton(parts, split)


def _span(sheet: Sheet) -> bytes:
    last = xlsxwriter.utility.xl_rowcol_to_cell(sheet.rows, max(0, len(sheet.heads) - 1))
    return f"A1:{last}".encode()
