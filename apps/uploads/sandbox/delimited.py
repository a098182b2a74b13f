"""Reads CSV and its relatives: every value is text, as it stands in the file."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from apps.uploads.sandbox.columns import name_columns
from apps.uploads.sandbox.frames import Numbered, send, send_rows
from apps.uploads.sandbox.refusal import Refusal
from apps.uploads.sandbox.task import Task

LONGEST_VALUE = 1024 * 1024
SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"


def read_delimited(task: Task) -> None:
    """
    Say what the columns are, then all rows; a row's number is that of its record.

    :raises Refusal: if the file does not decode, or a row has more values than there are columns
    """
    csv.field_size_limit(LONGEST_VALUE)
    delimiter = task.delimiter or find_delimiter(task)
    try:
        with Path(task.path).open(encoding=task.encoding, newline="") as file:
            _send(csv.reader(file, delimiter=delimiter), task, delimiter)
    except UnicodeError:
        message = f"The file is not {task.encoding} throughout; say its encoding."
        raise Refusal("unreadable_text", message) from None


def find_delimiter(task: Task) -> str:
    """Return the sign that cuts the first records into the most, and equally many, values."""
    with Path(task.path).open(encoding=task.encoding, newline="", errors="replace") as file:
        sample = file.read(SAMPLE)
    lines = sample.splitlines()[:20]
    whole = lines[:-1] if len(lines) > 1 and len(sample) == SAMPLE else lines
    fits = {sign: _fit(whole, sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: fits[sign])
    return best if fits[best][0] > 1 else ","  # no sign cuts every line: no reason for a rare one


def _fit(lines: list[str], sign: str) -> tuple[int, int]:
    widths = [len(row) for row in csv.reader(lines, delimiter=sign) if row]
    if not widths:
        return 0, 0
    return min(widths), widths.count(widths[0])


def _send(records: Iterator[list[str]], task: Task, delimiter: str) -> None:
    numbered = _numbered(records)
    header = next(islice(numbered, max(0, task.header_row - 1), None), None)
    if header is None:
        raise Refusal("no_header", f"The file ends before row {task.header_row}.")
    columns = name_columns(header[1] if task.header_row else [None] * len(header[1]))
    info = {"sheets": [], "sheet": None, "columns": columns, "rows": -1}
    send(info | {"delimiter": delimiter})
    if task.info_only:
        return
    first = [] if task.header_row else [header]
    send_rows(_fitted(tuple(first), numbered, len(columns), task))


def _numbered(records: Iterator[list[str]]) -> Iterator[tuple[int, list[Any]]]:
    number = 0
    while True:
        number += 1
        try:
            yield number, [value or None for value in next(records)]
        except StopIteration:
            return
        except csv.Error:
            message = f"Row {number} cannot be read: a quote may be missing."
            raise Refusal("damaged_file", message) from None


def _fitted(
    first: tuple[Numbered, ...], rest: Iterator[Numbered], width: int, task: Task
) -> Iterator[Numbered]:
    """Make every row as wide as the header; what does not fit is an error, never dropped."""
    for source in (first, rest):
        for number, values in source:
            if number > task.max_rows + task.header_row:
                message = f"The file has more than {task.max_rows:,} rows."
                raise Refusal("too_many_rows", message)
            missing = width - len(values)
            if missing < 0 and any(value is not None for value in values[width:]):
                if task.lenient:
                    yield number, values
                    continue
                message = f"Row {number} has {len(values)} values for {width} columns."
                raise Refusal("ragged_row", message)
            yield number, values[:width] if missing < 0 else values + [None] * missing
