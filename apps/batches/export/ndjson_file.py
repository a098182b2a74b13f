from collections.abc import Iterable, Iterator

import orjson

from apps.batches.export.rows import RESULT_COLUMNS, ExportedRow

LINES_AT_A_TIME = 100


def ndjson_lines(rows: Iterable[ExportedRow]) -> Iterator[bytes]:
    """Return the file piece by piece: one object a line, the result beside the fields."""
    lines: list[bytes] = []
    for record, result in rows:
        whole = record | dict(zip(RESULT_COLUMNS, result, strict=True))
        lines.append(orjson.dumps(whole, option=orjson.OPT_APPEND_NEWLINE))
        if len(lines) >= LINES_AT_A_TIME:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)
