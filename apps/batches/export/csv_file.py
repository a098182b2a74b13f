import csv
from collections.abc import Iterable, Iterator
from typing import Any

from apps.batches.export.cells import harmless, text_of
from apps.batches.export.rows import RESULT_COLUMNS, ExportedRow

LINES_AT_A_TIME = 100


class _Echo:
    """Hands back what the csv module writes, line by line."""

    def write(self, line: str) -> str:
        return line


def csv_lines(fields: list[str], rows: Iterable[ExportedRow]) -> Iterator[bytes]:
    """Return the file piece by piece: UTF-8, CRLF, no cell that could run as a formula."""
    writer: Any = csv.writer(_Echo(), lineterminator="\r\n")
    lines = [writer.writerow([harmless(name) for name in (*fields, *RESULT_COLUMNS)])]
    for record, result in rows:
        values = [*(record.get(name) for name in fields), *result]
        lines.append(writer.writerow([_cell(value) for value in values]))
        if len(lines) >= LINES_AT_A_TIME:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


def _cell(value: Any) -> str:
    # Numbers stay as they are: -3 is no formula.
    text = text_of(value)
    return harmless(text) if isinstance(value, str) else text
