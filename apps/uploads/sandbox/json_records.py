"""Reads JSON lists and NDJSON, one record at a time; the file is never held as a whole."""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NoReturn

from apps.uploads.sandbox.cells import plain_json
from apps.uploads.sandbox.columns import MOST_COLUMNS
from apps.uploads.sandbox.frames import Numbered, send, send_rows
from apps.uploads.sandbox.refusal import Refusal
from apps.uploads.sandbox.task import Task

BLOCK = 256 * 1024
LARGEST_RECORD = 1024 * 1024
LEARNED_FROM = 1_000
FIRST_ROW = 2  # as if the columns' names stood in row 1

Record = dict[str, Any]


def read_json(task: Task) -> None:
    """
    Say what the columns are, then all records of a list or of the lines.

    :raises Refusal: if it is not what it should be; the sentence names the record
    """
    with Path(task.path).open(encoding=task.encoding) as file:
        text = _Text(file)
        records = _lines(text) if task.kind == "ndjson" else _items(text)
        _send(records, task)


def _send(records: Iterator[Record], task: Task) -> None:
    try:
        known = list(islice(records, LEARNED_FROM))
        columns = list(dict.fromkeys(name for record in known for name in record))
        if len(columns) > MOST_COLUMNS:
            raise Refusal("too_many_columns", "There are more than 16,384 different names.")
        if not columns:
            raise Refusal("empty_file", "There are no records in the file.")
        send({"sheets": [], "sheet": None, "columns": columns, "rows": -1})
        if not task.info_only:
            send_rows(_rows(chain(known, records), columns, task))
    except UnicodeError:
        raise Refusal("unreadable_text", f"The file is not {task.encoding} throughout.") from None


def _rows(records: Iterator[Record], columns: list[str], task: Task) -> Iterator[Numbered]:
    names = set(columns)
    for number, record in enumerate(records, start=FIRST_ROW):
        if number - FIRST_ROW >= task.max_rows:
            raise Refusal("too_many_rows", f"The file has more than {task.max_rows:,} records.")
        if not record.keys() <= names:
            extra = next(name for name in record if name not in names)
            message = f"Record {number - 1} has '{extra[:60]}', which the first 1,000 have not."
            raise Refusal("unknown_column", message)
        try:
            yield number, [plain_json(record.get(name)) for name in columns]
        except RecursionError:
            message = f"Record {number - 1} is nested more than 32 levels deep."
            raise Refusal("too_deep", message) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_BLANKS = re.compile(r"[ \t\r\n\ufeff]*")


class _Text:
    """A window that slides over the file."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.text = ""
        self.at = 0
        self.ended = False

    def more(self) -> bool:
        """Read on; return whether anything came."""
        block = self._file.read(BLOCK)
        self.text, self.at = self.text[self.at :] + block, 0
        self.ended = not block
        return bool(block)

    def next_sign(self) -> str:
        """Return the next character that is no blank, without taking it; "" at the end."""
        while True:
            blanks = _BLANKS.match(self.text, self.at)
            self.at = blanks.end() if blanks else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, number: int) -> Record:
        """
        Take one whole object.

        :raises Refusal: if it is none, not valid, or larger than 1 MiB
        """
        while True:
            try:
                record, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError:
                message = f"Record {number} is nested more than 32 levels deep."
                raise Refusal("too_deep", message) from None
            except ValueError:
                self._read_on(number)
                continue
            if not isinstance(record, dict):
                raise Refusal("not_an_object", f"Record {number} is not an object.")
            self.at = end
            return record

    def _read_on(self, number: int) -> None:
        if len(self.text) - self.at > LARGEST_RECORD or not self.more():
            message = f"Record {number} is not valid JSON, or larger than 1 MiB."
            raise Refusal("invalid_json", message)


def _items(text: _Text) -> Iterator[Record]:
    if text.next_sign() != "[":
        raise Refusal("invalid_json", "The file must hold a list of objects.")
    text.at += 1
    number = 0
    while text.next_sign() != "]":
        number += 1
        yield text.take(number)
        if text.next_sign() not in (",", "]"):
            message = f"After record {number} a comma or the end of the list is missing."
            raise Refusal("invalid_json", message)
        if text.next_sign() == ",":
            text.at += 1
            if text.next_sign() == "]":
                raise Refusal("invalid_json", f"After record {number} another one is missing.")
    text.at += 1
    if text.next_sign():
        raise Refusal("invalid_json", "There is something after the end of the list.")


def _lines(text: _Text) -> Iterator[Record]:
    number = 0
    while text.next_sign():
        number += 1
        yield text.take(number)
