"""A workbook is checked before anything opens it: parts, sizes, macros, entities, dimensions."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO
from zipfile import ZipFile, ZipInfo

from django.conf import settings

from apps.uploads.content.archive import MEBIBYTE, Budget, inflate, open_archive
from apps.uploads.content.refusals import (
    ContentMismatch,
    DamagedFile,
    EncryptedWorkbook,
    HostileFile,
    MacroWorkbook,
    TooManyCells,
    TooManyColumns,
    TooManyRows,
)

ZIP = b"PK\x03\x04"
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
REQUIRED = ("[Content_Types].xml", "xl/workbook.xml")
MOST_COLUMNS = 16_384
# The reader keeps every cell between the first and the last one: 72 bytes a cell.
MOST_CELLS = 8_000_000
LONGEST_TAG = 1024


def check_workbook(path: Path) -> None:
    """
    Refuse what is no plain workbook, or would hurt whoever reads it.

    :raises ContentMismatch: if it is not a workbook at all
    :raises EncryptedWorkbook: if it is protected by a password
    :raises MacroWorkbook: if it carries macros
    :raises DamagedFile: if it is incomplete
    :raises HostileFile: if it is a bomb, or points outside
    :raises TooManyRows: if a sheet has more than WORKBOOK_MAX_ROWS of them
    """
    with path.open("rb") as file:
        _check_first_bytes(file)
        with closing(open_archive(file, path.stat().st_size)) as archive:
            _check_names(archive)
            budget = Budget()
            for part in archive.infolist():
                _check_part(file, part, budget)


def _check_first_bytes(file: IO[bytes]) -> None:
    head = file.read(8)
    if head.startswith(COMPOUND_FILE):
        # Excel wraps an encrypted workbook in the container of its old format.
        if any(ENCRYPTED_STREAM in block for block in iter(lambda: file.read(MEBIBYTE), b"")):
            raise EncryptedWorkbook
        raise ContentMismatch("This is an old .xls file; save it as .xlsx.")
    if not head.startswith(ZIP):
        raise ContentMismatch("This is not an Excel workbook, whatever its name says.")


def _check_names(archive: ZipFile) -> None:
    names = {name.lstrip("/").lower() for name in archive.namelist()}
    for required in REQUIRED:
        if required.lower() not in names:
            raise ContentMismatch(f"This is not an Excel workbook: it has no {required}.")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise MacroWorkbook
    if "encryptioninfo" in names or "encryptedpackage" in names:
        raise EncryptedWorkbook


def _check_part(file: IO[bytes], part: ZipInfo, budget: Budget) -> None:
    name = part.filename.lstrip("/").lower()
    chunks = _cut_before_tags(inflate(file, part, budget))
    first = next(chunks, b"")
    if not first.lstrip(_BLANKS).startswith(_XML):
        for _ in chunks:  # a picture or settings: only its size matters
            pass
        return
    # A part is a sheet by its content: its name is up to whoever made the file.
    measure = Measure() if b"worksheet" in first else None
    for chunk in chain((first,), chunks):
        _check_xml(name, chunk)
        if measure:
            measure.add(chunk)
    if measure:
        measure.check_box()


def _cut_before_tags(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks, cut before a tag: nothing that we look for is ever split."""
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        cut = text.rfind(b"<")
        if cut <= 0 or len(text) - cut > LONGEST_TAG:
            cut = len(text)
        rest = text[cut:]
        yield text[:cut]
    yield rest


_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_XML = (b"<", *_UTF16)
_BLANKS = b"\xef\xbb\xbf \t\r\n"


def _check_xml(name: str, chunk: bytes) -> None:
    if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
        raise HostileFile("The workbook declares XML entities, which spreadsheets never need.")
    if chunk.startswith(_UTF16):
        raise DamagedFile("The workbook's parts are not in UTF-8.")
    if name == "[content_types].xml" and b"macroEnabled" in chunk:
        raise MacroWorkbook


# A plain blank in front lets the search skip quickly; odd writers are left to the child.
_CELL = re.compile(rb""" r=["']([A-Z]{3,}\d+|[A-Z]{1,2}\d{7,})["'][^>/]*>""")


@dataclass
class Measure:
    """How large a sheet really is, whatever its `<dimension>` says."""

    cells: int = 0
    rows: int = 0
    last_column: int = 0
    last_row: int = 0

    def add(self, chunk: bytes) -> None:
        """
        Measure a piece of the sheet.

        :raises TooManyRows: if it goes over WORKBOOK_MAX_ROWS
        :raises TooManyColumns: if a cell lies to the right of XFD
        :raises TooManyCells: if the reader could not hold it
        """
        # `<c ` of most writers and `<x:c ` of the others; `<c>` has no address at all.
        self.cells += chunk.count(b"<c ") + chunk.count(b":c ") + chunk.count(b"<c>")
        self.rows += chunk.count(b"<row") + chunk.count(b":row ")
        if self.rows > settings.WORKBOOK_MAX_ROWS + 1:
            raise TooManyRows(
                f"A sheet may have at most {settings.WORKBOOK_MAX_ROWS:,} rows below its header;"
                " delete empty rows at its end, or split it."
            )
        if self.cells > MOST_CELLS:
            raise TooManyCells(f"A sheet may have at most {MOST_CELLS:,} cells.")
        self._look_far_out(chunk)

    def _look_far_out(self, chunk: bytes) -> None:
        # Only addresses beyond ZZ or row 999,999 are looked at: ordinary sheets have none.
        for address in _CELL.findall(chunk):
            letters = address.rstrip(b"0123456789")
            column = _column_number(letters)
            if column > MOST_COLUMNS:
                raise TooManyColumns
            self.last_column = max(self.last_column, column)
            self.last_row = max(self.last_row, int(address[len(letters) :][:9]))

    def check_box(self) -> None:
        """
        Refuse a few cells so far apart that the reader would fill the space between.

        :raises TooManyCells: if so
        :raises TooManyColumns: if there are more cells in a row than columns exist
        """
        if self.rows and self.cells / self.rows > MOST_COLUMNS:
            raise TooManyColumns
        if self.last_column * max(self.last_row, self.rows) > MOST_CELLS:
            raise TooManyCells("The cells of a sheet lie too far apart to be read.")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:8]:
        number = number * 26 + letter - 64
    return number
