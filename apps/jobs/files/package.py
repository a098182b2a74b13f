"""A file that is put together in order: heads, runs of rows, tails; packed, if wished."""

import gzip
import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol, cast

from apps.jobs.files.csv_rows import CsvRows
from apps.jobs.files.json_rows import JsonRows, NdjsonRows
from apps.jobs.files.kinds import Sheet
from apps.jobs.files.rows import RowWriter
from apps.jobs.files.workbook import skeleton
from apps.jobs.files.xlsx_rows import XlsxRows

EARLIEST = (1980, 1, 1, 0, 0, 0)  # a ZIP has no earlier moment, and this one never changes
LEVEL = 6
NOT_IN_NAMES = re.compile(r"[^\w .()-]+")
PACKED = {"gzip": ("gz", "application/gzip"), "zip": ("zip", "application/zip")}


@dataclass(frozen=True)
class Recipe:
    """Which file is wanted."""

    form: str
    options: dict[str, Any]
    sheets: list[Sheet]
    meta: dict[str, Any]
    created: datetime
    comment: str = "Synthetic data: no person, account or address in it is real."

    @property
    def packing(self) -> str:
        """Return what is done to the bytes in the end: none, gzip or zip."""
        if self.form == "xlsx":
            return "none"
        if len(self.sheets) > 1:
            return "zip"
        return str(self.options.get("compress", "none"))

    @property
    def packed_to(self) -> int:
        """Return how much smaller the packed file is, roughly."""
        if self.form == "xlsx":
            return 8
        return 1 if self.packing == "none" else 4

    def writer(self) -> RowWriter:
        """Return what turns rows into bytes."""
        if self.form == "csv":
            return CsvRows(self.options)
        if self.form == "json":
            return JsonRows(self.options, self.meta)
        return NdjsonRows() if self.form == "ndjson" else XlsxRows()

    @property
    def extension(self) -> str:
        """Return what its name ends with."""
        own = self.writer().extension
        if self.packing == "none":
            return own
        return f"{own}.gz" if self.packing == "gzip" else "zip"

    @property
    def content_type(self) -> str:
        """Return its media type."""
        own = self.writer().content_type
        return own if self.packing == "none" else PACKED[self.packing][1]


def file_name(wanted: str, extension: str) -> str:
    """Return a name that every system accepts."""
    name = NOT_IN_NAMES.sub("-", wanted).strip(" .-")[:100]
    name = name.removesuffix(f".{extension}")
    return f"{name or 'data'}.{extension}"


class _Nowhere(io.RawIOBase):
    """A file that forgets what it is told."""

    def write(self, data: Any, /) -> int:
        return len(data)


class Digest:
    """A file that can only be written to; it counts and digests what passes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | _Nowhere = file
        self._sha = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes, /) -> int:
        """Append the bytes."""
        self._sha.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._file.flush()

    def abandon(self) -> None:
        """Let nothing more be written: a ZIP that is given up still wants to end itself."""
        self._file = _Nowhere()

    @property
    def sha256(self) -> str:
        """Return the digest of all bytes so far."""
        return self._sha.hexdigest()


class Target(Protocol):
    """Where the bytes of one sheet go."""

    def write(self, data: bytes, /) -> object:
        """Append the bytes."""

    def close(self) -> None:
        """End it."""


class Package:
    """The file while it is put together."""

    def __init__(self, recipe: Recipe, output: Digest) -> None:
        self._recipe, self._output = recipe, output
        self._writer = recipe.writer()
        self._archive = self._open_archive()
        self._bones = self._skeleton() if recipe.form == "xlsx" else None
        self._target: Target | None = None
        self._is_first = True

    def begin(self, number: int) -> None:
        """Begin the sheet of that number."""
        sheet = self._recipe.sheets[number]
        self._target, self._is_first = self._open(sheet, number), True
        if self._bones is not None:
            self._target.write(self._bones.sheets[number][1])
        else:
            self._target.write(self._writer.head(sheet))

    def add(self, rows: bytes) -> None:
        """Append a run of rows."""
        assert self._target is not None  # noqa: S101 - `begin` comes first
        if not rows:
            return
        if not self._is_first and self._writer.between:
            self._target.write(self._writer.between)
        self._target.write(rows)
        self._is_first = False

    def end(self, number: int) -> None:
        """End the sheet."""
        assert self._target is not None  # noqa: S101 - `begin` comes first
        sheet = self._recipe.sheets[number]
        bones = self._bones
        self._target.write(bones.sheets[number][2] if bones else self._writer.tail(sheet))
        self._target.close()
        self._target = None

    def close(self) -> None:
        """End the file."""
        if self._archive is not None:
            self._archive.close()
        self._output.flush()

    def _open_archive(self) -> zipfile.ZipFile | None:
        if self._recipe.form != "xlsx" and self._recipe.packing != "zip":
            return None
        # Without a way to seek, sizes follow the bytes: all of it can be digested in passing.
        stream = cast(IO[bytes], self._output)  # all that a ZIP needs: write and flush
        return zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)

    def _skeleton(self) -> Any:
        recipe = self._recipe
        bones = skeleton(
            recipe.sheets, recipe.options, created=recipe.created, comment=recipe.comment
        )
        assert self._archive is not None  # noqa: S101 - a workbook is one
        for name, content in bones.parts.items():
            self._archive.writestr(self._entry(name), content)
        return bones

    def _open(self, sheet: Sheet, number: int) -> Target:
        if self._bones is not None and self._archive is not None:
            return self._archive.open(self._entry(self._bones.sheets[number][0]), "w")
        if self._archive is not None:
            name = file_name(sheet.name, self._writer.extension)
            return self._archive.open(self._entry(name), "w")
        if self._recipe.packing == "gzip":
            return gzip.GzipFile("", "wb", LEVEL, self._output, mtime=0)
        return _Plain(self._output.write)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, EARLIEST)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry._compresslevel = LEVEL  # type: ignore[attr-defined]  # noqa: SLF001 - 3.13 names it
        entry.external_attr = 0o600 << 16
        return entry


@dataclass
class _Plain:
    write: Callable[[bytes], object]

    def close(self) -> None:
        """Nothing follows."""
