"""
Read the rows of a file, whatever its kind, through a child process that may die in our stead.

`open_sheet` says what the columns are and yields chunks of rows; memory stays small, and the
child reads on while the caller works. Excel's numbers, dates and errors keep their types, see
`apps/uploads/cells.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.uploads.cells import Cell
from apps.uploads.content.text import guess_encoding
from apps.uploads.kinds import Kind, kind_of_type, type_of_name
from apps.uploads.local_file import local_file
from apps.uploads.models import Upload
from apps.uploads.reader_process import ReaderProcess
from apps.uploads.unreadable import SheetNotFound, TooManyRows, Unreadable

__all__ = [
    "Cell",
    "OpenSheet",
    "SheetInfo",
    "SheetNotFound",
    "SheetRow",
    "TooManyRows",
    "Unreadable",
    "open_sheet",
    "read_info",
    "read_rows",
]

Source = Upload | Path


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """What a sheet looks like; text files have no sheets, and -1 rows: unknown until read."""

    sheets: list[str]
    sheet: str | None
    columns: list[str]
    rows: int
    # What stands between the values of a text file.
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with its number in Excel; as many values as there are columns."""

    row: int
    values: list[Cell]


class OpenSheet:
    """A sheet whose rows are on their way."""

    def __init__(self, process: ReaderProcess) -> None:
        self._process = process
        self.info = SheetInfo(**process.receive())

    def chunks(self) -> Iterator[list[tuple[int, list[Cell]]]]:
        """
        Yield up to 1,000 (row number, values) at a time, once.

        :raises Unreadable: if the rest cannot be read
        """
        while isinstance(message := self._process.receive(), list):
            yield message


@contextmanager
def open_sheet(
    source: Source,
    *,
    sheet: str | None = None,
    header_row: int = 1,
    max_rows: int | None = None,
    lenient: bool = False,
) -> Iterator[OpenSheet]:
    """
    Open a sheet of a workbook, or a text file.

    :param sheet: the first visible one, if none is named
    :param header_row: Excel's number of the row that names the columns; 0 if there is none
    :param max_rows: WORKBOOK_MAX_ROWS or BATCH_MAX_SOURCE_ROWS, unless it says otherwise
    :param lenient: whether rows of a text file may have more values than there are columns
    :raises SheetNotFound: if the workbook has no such sheet
    :raises TooManyRows: if there are more rows; for text files only while they are read
    :raises Unreadable: if the file is damaged, or too large to be read
    """
    with (
        _task(source, sheet, header_row, max_rows, info_only=False, lenient=lenient) as task,
        ReaderProcess(task) as process,
    ):
        yield OpenSheet(process)


def read_info(source: Source, *, sheet: str | None = None, header_row: int = 1) -> SheetInfo:
    """
    Return what a sheet looks like, without its rows.

    :raises Unreadable: as `open_sheet`
    """
    with (
        _task(source, sheet, header_row, None, info_only=True) as task,
        ReaderProcess(task) as process,
    ):
        return OpenSheet(process).info


def read_rows(
    source: Source, *, sheet: str | None = None, header_row: int = 1, max_rows: int | None = None
) -> Iterator[SheetRow]:
    """
    Yield the rows below the header, one by one.

    :raises Unreadable: as `open_sheet`
    """
    opened = open_sheet(source, sheet=sheet, header_row=header_row, max_rows=max_rows)
    with opened as rows:
        for chunk in rows.chunks():
            for number, values in chunk:
                yield SheetRow(number, values)


@contextmanager
def _task(
    source: Source,
    sheet: str | None,
    header_row: int,
    max_rows: int | None,
    *,
    info_only: bool,
    lenient: bool = False,
) -> Iterator[dict[str, object]]:
    mime_type = source.mime_type if isinstance(source, Upload) else type_of_name(source.name)
    kind = kind_of_type(mime_type)
    if max_rows is None:
        workbook = kind == Kind.XLSX
        max_rows = settings.WORKBOOK_MAX_ROWS if workbook else settings.BATCH_MAX_SOURCE_ROWS
    with local_file(source) as path:
        known = source if isinstance(source, Upload) else None
        yield {
            "path": str(path),
            "kind": kind,
            "sheet": sheet,
            "header_row": header_row,
            "max_rows": max_rows,
            "encoding": (known and known.encoding) or guess_encoding(path),
            "delimiter": (known and known.delimiter) or "",
            "info_only": info_only,
            "lenient": lenient,
        }
