"""Rows as COPY writes them, turned into the bytes of a file, thousands at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from apps.core.errors import Invalid
from apps.jobs.exports.reading import Rows
from apps.jobs.files.kinds import Head, Kind, Sheet
from apps.jobs.files.xlsx_rows import LONGEST_CELL, XlsxRows

# Turns rows into bytes, which are joined as the format says; the first row's number is from 0.
Blocks = Callable[[Rows, Sheet, int], bytes]
NULL = "\\N"
# How COPY writes what would end a value or a line.
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class CellTooLong(Invalid):
    """A text is longer than a cell of a workbook may be; set longText to truncate."""

    code = "limit_exceeded"


def csv_blocks(line_end: str) -> Blocks:
    """Return what makes CSV of COPY's CSV: the ends of lines are left to do."""

    def blocks(rows: Rows, _sheet: Sheet, _first: int) -> bytes:
        text = b"".join(rows)
        if line_end == "LF":
            return text
        if text.count(b"\n") == len(rows):
            return text.replace(b"\n", b"\r\n")
        return b"".join([row[:-1] + b"\r\n" for row in rows])  # some within quotes

    return blocks


def json_blocks(heads: Sequence[Head], form: str, *, pretty: bool) -> Blocks:
    """Return what makes JSON of rows whose values are JSON."""
    names = [orjson.dumps(head.name).replace(b"%", b"%%") for head in heads]
    if pretty:
        template = b"{\n  " + b",\n  ".join(name + b": %b" for name in names) + b"\n}"
    else:
        template = b"{" + b",".join(name + b":%b" for name in names) + b"}"
    between, end = (b",\n", b"") if form == "json" else (b"\n", b"\n")

    def blocks(rows: Rows, _sheet: Sheet, _first: int) -> bytes:
        text = b"".join(rows)
        if b"\\" in text:  # JSON itself has neither tabs nor ends of lines: only these are doubled
            text = text.replace(b"\\\\", b"\\")
        lines = text[:-1].split(b"\n")
        return between.join([template % tuple(line.split(b"\t")) for line in lines]) + end

    return blocks


def xlsx_blocks(*, truncate: bool) -> Blocks:
    """Return what makes rows of a worksheet."""
    writer = XlsxRows()

    def blocks(rows: Rows, sheet: Sheet, first: int) -> bytes:
        columns = columns_of(rows, sheet)
        if not truncate:
            _check_lengths(columns, sheet, first)
        return writer.rows(sheet, columns, first)

    return blocks


def columns_of(rows: Rows, sheet: Sheet) -> list[list[Any]]:
    """Return the values by column, each of its kind."""
    text = b"".join(rows).decode()
    table = [line.split("\t") for line in text[:-1].split("\n")]
    plain = "\\" not in text
    return [
        READ.get(head.kind, _texts)(values, plain)
        for head, values in zip(sheet.heads, zip(*table, strict=True), strict=True)
    ]


def _texts(values: Sequence[str], plain: bool) -> list[Any]:
    if plain:
        return list(values)
    return [
        None if value == NULL else value if "\\" not in value else _unescaped(value)
        for value in values
    ]


def _unescaped(value: str) -> str:
    parts = value.split("\\\\")
    return "\\".join(_without_escapes(part) for part in parts)


def _without_escapes(part: str) -> str:
    first, *others = part.split("\\")
    return first + "".join(ESCAPES[other[0]] + other[1:] for other in others)


def _read(parse: Callable[[str], Any]) -> Callable[[Sequence[str], bool], list[Any]]:
    def read(values: Sequence[str], plain: bool) -> list[Any]:
        if plain:
            return list(map(parse, values))
        return [None if value == NULL else parse(value) for value in values]

    return read


def _read_any(values: Sequence[str], plain: bool) -> list[Any]:
    return [None if text is None else orjson.loads(text) for text in _texts(values, plain)]


READ: dict[Kind, Callable[[Sequence[str], bool], list[Any]]] = {
    Kind.INTEGER: _read(int),
    Kind.DECIMAL: _read(float),
    Kind.BOOLEAN: _read("t".__eq__),
    Kind.ANY: _read_any,
}


def _check_lengths(columns: list[list[Any]], sheet: Sheet, first: int) -> None:
    for head, values in zip(sheet.heads, columns, strict=True):
        if head.kind not in (Kind.TEXT, Kind.ANY):
            continue
        for number, value in enumerate(values, start=first + 1):
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                raise CellTooLong(
                    f"{head.name} of row {number:,} has {len(value):,} characters, and a cell of a"
                    f" workbook at most {LONGEST_CELL:,}; set longText to truncate."
                )
