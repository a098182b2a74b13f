"""Rows of a worksheet as XML. Texts stay texts: nothing here can become a formula."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import orjson
from xlsxwriter.utility import xl_col_to_name

from apps.jobs.files.kinds import Head, Kind, Sheet

FIRST_ROW = 2  # the header is row 1
MOST_DIGITS = 15  # more a spreadsheet would round
LONGEST_CELL = 32_767
EPOCH = date(1899, 12, 30).toordinal()
MARKUP = re.compile("[&<>\x00-\x08\x0b-\x1f]")
EDGES = re.compile(r"^[ \t]|[ \t]$", re.MULTILINE)
# Fixed by workbook.py, which makes the formats in this order; 1 is the header's.
STYLES = {Kind.DATE: 2, Kind.DATETIME: 3, Kind.TIME: 4}
FIRST_DECIMAL_STYLE = 5
MOST_DECIMALS = 9


class XlsxRows:
    """What stands between the header and the end of a sheet."""

    extension = "xlsx"
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    between = b""

    def head(self, sheet: Sheet) -> bytes:
        return b""

    def rows(self, sheet: Sheet, columns: list[list[Any]], first: int) -> bytes:
        if not columns or not columns[0]:
            return b""
        begin = first + FIRST_ROW
        numbers = range(begin, begin + len(columns[0]))
        cells = [
            _cells(head, values, _column_name(position), numbers)
            for position, (head, values) in enumerate(zip(sheet.heads, columns, strict=True))
        ]
        lines = map("".join, zip(*cells, strict=True))
        rows = [f'<row r="{n}">{line}</row>' for n, line in zip(numbers, lines, strict=True)]
        return "".join(rows).encode()

    def tail(self, sheet: Sheet) -> bytes:
        return b""


def _column_name(position: int) -> str:
    name: str = xl_col_to_name(position)
    return name


def _cells(head: Head, values: list[Any], column: str, numbers: range) -> Iterable[str]:
    if head.kind == Kind.INTEGER and _fits(values):
        form = f'<c r="{column}%d"><v>%s</v></c>'
    elif head.kind == Kind.DECIMAL:
        style = FIRST_DECIMAL_STYLE + min(head.scale, MOST_DECIMALS)
        form = f'<c r="{column}%d" s="{style}"><v>%r</v></c>'
    elif head.kind in STYLES:
        form = f'<c r="{column}%d" s="{STYLES[head.kind]}"><v>%s</v></c>'
        values = [None if value is None else SERIAL[head.kind](value) for value in values]
    elif head.kind == Kind.TEXT:
        values, form = _text_cells(values, column)
    else:
        return _any_cells(values, column, numbers)
    pairs = zip(numbers, values, strict=True)
    if None in values:
        return ["" if pair[1] is None else form % pair for pair in pairs]
    return [form % pair for pair in pairs]


def _text_cells(values: list[Any], column: str) -> tuple[list[Any], str]:
    known = [value for value in values if value is not None]
    joined = "\n".join(known)
    if MARKUP.search(joined) or len(max(known, key=len, default="")) > LONGEST_CELL:
        values = [None if value is None else _escaped(value) for value in values]
    keep = ' xml:space="preserve"' if _has_edges(joined, values) else ""
    return values, f'<c r="{column}%d" t="inlineStr"><is><t{keep}>%s</t></is></c>'


def _has_edges(joined: str, values: list[Any]) -> bool:
    return bool(EDGES.search(joined)) or joined.count("\n") >= len(values)


def _any_cells(values: list[Any], column: str, numbers: range) -> list[str]:
    """Return cells of different kinds: numbers as numbers, everything else as it reads."""
    return [_any_cell(f"{column}{n}", value) for n, value in zip(numbers, values, strict=True)]


def _any_cell(place: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, float) or (isinstance(value, int) and _fits([value])):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    inner = f'<t xml:space="preserve">{_escaped(text)}</t>'
    return f'<c r="{place}" t="inlineStr"><is>{inner}</is></c>'


def _fits(values: list[Any]) -> bool:
    known = [value for value in values if value is not None]
    return not known or -(10**MOST_DIGITS) < min(known) <= max(known) < 10**MOST_DIGITS


def _escaped(text: str) -> str:
    text = text[:LONGEST_CELL]
    if not MARKUP.search(text):
        return text
    return MARKUP.sub(lambda match: ENTITIES.get(match[0], ""), text)


ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _day(text: str) -> int:
    return date.fromisoformat(text[:10]).toordinal() - EPOCH


def _second(text: str) -> float:
    return (int(text[:2]) * 3600 + int(text[3:5]) * 60 + int(text[6:8])) / 86_400


def _moment(text: str) -> float:
    return _day(text) + round(_second(text[11:]), 10)


SERIAL: dict[Kind, Callable[[str], float]] = {
    Kind.DATE: _day,
    Kind.TIME: _second,
    Kind.DATETIME: _moment,
}
