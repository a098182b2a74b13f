from typing import Any

import orjson

from apps.jobs.files.kinds import Sheet


def _objects(sheet: Sheet, columns: list[list[Any]]) -> Any:
    names = tuple(head.name for head in sheet.heads)
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


class JsonRows:
    """An array of objects, one a line; in an envelope with what is known about them if wished."""

    extension = "json"
    content_type = "application/json"
    between = b",\n"

    def __init__(self, options: dict[str, Any], meta: dict[str, Any]) -> None:
        self._envelope, self._meta = options["envelope"], meta
        self._style = orjson.OPT_INDENT_2 if options["pretty"] else 0

    def head(self, sheet: Sheet) -> bytes:
        if not self._envelope:
            return b"[\n"
        meta = orjson.dumps(self._meta | {"name": sheet.name, "rows": sheet.rows})
        return b'{"meta":' + meta + b',"data":[\n'

    def rows(self, sheet: Sheet, columns: list[list[Any]], first: int) -> bytes:
        style = self._style
        return b",\n".join([orjson.dumps(row, option=style) for row in _objects(sheet, columns)])

    def tail(self, sheet: Sheet) -> bytes:
        return b"\n]}\n" if self._envelope else b"\n]\n"


class NdjsonRows:
    """One object a line."""

    extension = "ndjson"
    content_type = "application/x-ndjson"
    between = b""

    def head(self, sheet: Sheet) -> bytes:
        return b""

    def rows(self, sheet: Sheet, columns: list[list[Any]], first: int) -> bytes:
        style = orjson.OPT_APPEND_NEWLINE
        return b"".join([orjson.dumps(row, option=style) for row in _objects(sheet, columns)])

    def tail(self, sheet: Sheet) -> bytes:
        return b""
