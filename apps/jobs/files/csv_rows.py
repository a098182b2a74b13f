import re
from typing import Any

from apps.jobs.files.cells import texts_of
from apps.jobs.files.kinds import Kind, Sheet

# What a spreadsheet would take for a formula.
FORMULA_SIGNS = "=+-@\t\r"
FORMULA = re.compile(f"^[{re.escape(FORMULA_SIGNS)}]", re.MULTILINE)
NUMBERS = (Kind.INTEGER, Kind.DECIMAL)
ENDS = {"CRLF": "\r\n", "LF": "\n"}


class CsvRows:
    """Comma-separated values; a text that looks like a formula gets an apostrophe."""

    extension = "csv"
    content_type = "text/csv; charset=utf-8"
    between = b""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._delimiter: str = options["delimiter"]
        self._end = ENDS[options["lineEnd"]]
        self._special = re.compile(f'[\r\n"{re.escape(self._delimiter)}]')

    def head(self, sheet: Sheet) -> bytes:
        mark = b"\xef\xbb\xbf" if self._options["bom"] else b""
        if not self._options["header"]:
            return mark
        names = self._cells([head.name for head in sheet.heads], Kind.TEXT, 0)
        return mark + (self._delimiter.join(names) + self._end).encode()

    def rows(self, sheet: Sheet, columns: list[list[Any]], first: int) -> bytes:
        cells = [
            self._cells(values, head.kind, head.scale)
            for head, values in zip(sheet.heads, columns, strict=True)
        ]
        if not cells or not cells[0]:
            return b""
        lines = map(self._delimiter.join, zip(*cells, strict=True))
        return (self._end.join(lines) + self._end).encode()

    def tail(self, sheet: Sheet) -> bytes:
        return b""

    def _cells(self, values: list[Any], kind: Kind, scale: int) -> list[str]:
        texts = texts_of(values, kind, scale)
        if kind in NUMBERS:
            return self._numbers(texts, kind)
        if kind != Kind.BOOLEAN:
            texts = self._guarded(values, texts)
        return self._quoted(texts)

    def _numbers(self, texts: list[str | None], kind: Kind) -> list[str]:
        if kind == Kind.DECIMAL and self._options["decimal"] == ",":
            texts = [text and text.replace(".", ",") for text in texts]
            return self._quoted(texts)
        if self._options["quote"] == "all":
            return self._quoted(texts)
        return self._without_nulls(texts)

    def _guarded(self, values: list[Any], texts: list[str | None]) -> list[str | None]:
        if not self._options["formulaGuard"]:
            return texts
        joined = "\n".join(self._without_nulls(texts))
        if not FORMULA.search(joined):
            return texts
        return [
            f"'{text}" if isinstance(value, str) and text and FORMULA.match(text) else text
            for value, text in zip(values, texts, strict=True)
        ]

    def _quoted(self, texts: list[str | None]) -> list[str]:
        if self._options["quote"] == "all":
            return [self._null if text is None else _quote(text) for text in texts]
        plain = self._without_nulls(texts)
        if not self._special.search("\0".join(plain)):
            return plain
        search = self._special.search
        return [_quote(text) if search(text) else text for text in plain]

    def _without_nulls(self, texts: list[str | None]) -> list[str]:
        return [self._null if text is None else text for text in texts]

    @property
    def _null(self) -> str:
        text: str = self._options["nullText"]
        return text


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
