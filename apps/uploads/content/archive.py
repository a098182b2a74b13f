"""A zip file's parts, read with suspicion: its own table of contents may lie."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from apps.uploads.content.refusals import DamagedFile, HostileFile

MEBIBYTE = 1024 * 1024
MOST_ENTRIES = 10_000
MOST_DIRECTORY_BYTES = 4 * MEBIBYTE
# A sheet of 200,000 rows and 20 columns is 172 MiB of XML; parts are streamed, never held.
MOST_PART_BYTES = 256 * MEBIBYTE
MOST_TOTAL_BYTES = 400 * MEBIBYTE
MOST_RATIO = 100
RATIO_COUNTS_FROM = MEBIBYTE
READ = 64 * 1024
INFLATE = 256 * 1024
STORED, DEFLATED = 0, 8
_NESTED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b\x08", b"\xfd7zXZ", b"BZh")


@dataclass
class Budget:
    """How much a whole archive may still inflate to."""

    left: int = MOST_TOTAL_BYTES

    def spend(self, size: int) -> None:
        """
        Take note of inflated bytes.

        :raises HostileFile: if they are too many
        """
        self.left -= size
        if self.left < 0:
            raise HostileFile("The workbook inflates to more than 400 MiB.")


def open_archive(file: IO[bytes], size: int) -> ZipFile:
    """
    Open the archive without trusting it: a small directory, no overlap, no encryption.

    :raises DamagedFile: if it has no complete directory
    :raises HostileFile: if the directory is built to harm
    """
    _check_directory_size(file, size)
    try:
        archive = ZipFile(file)
    except (BadZipFile, OSError, ValueError, NotImplementedError, struct.error, UnicodeError):
        raise DamagedFile("The workbook is damaged or incomplete.") from None
    parts = archive.infolist()
    if len(parts) > MOST_ENTRIES:
        raise HostileFile("The workbook consists of more than 10,000 parts.")
    if sum(part.compress_size for part in parts) > size:
        raise HostileFile("Parts of the workbook overlap.")
    if len({part.filename for part in parts}) < len(parts):
        raise HostileFile("The workbook contains a part twice.")
    for part in parts:
        _check_entry(part)
    return archive


def _check_entry(part: ZipInfo) -> None:
    if part.flag_bits & 0x1:
        raise HostileFile("Parts of the workbook are encrypted.")
    if part.compress_type not in (STORED, DEFLATED):
        raise DamagedFile("The workbook is compressed in a way that spreadsheets do not use.")
    declared = part.file_size / max(1, part.compress_size)
    if part.file_size > MOST_PART_BYTES or (
        declared > MOST_RATIO and part.file_size > RATIO_COUNTS_FROM
    ):
        raise HostileFile(_BOMB)


_BOMB = "The workbook inflates to far more than a spreadsheet needs."
_END = b"PK\x05\x06"
_END64_LOCATOR = b"PK\x06\x07"
_END64 = b"PK\x06\x06"


def _check_directory_size(file: IO[bytes], size: int) -> None:
    """Look at the directory's length before `zipfile` reads it whole."""
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise DamagedFile("The workbook is damaged or incomplete.")
    entries, length = struct.unpack_from("<HI", tail, at + 10)
    if at >= 20 and tail[at - 20 : at - 16] == _END64_LOCATOR:
        entries, length = _end64(file, tail, at)
    if entries > MOST_ENTRIES or length > MOST_DIRECTORY_BYTES:
        raise HostileFile("The workbook consists of more than 10,000 parts.")


def _end64(file: IO[bytes], tail: bytes, at: int) -> tuple[int, int]:
    (position,) = struct.unpack_from("<Q", tail, at - 12)
    if position > 2**40:
        raise DamagedFile("The workbook is damaged or incomplete.")
    file.seek(position)
    record = file.read(56)
    if len(record) < 56 or not record.startswith(_END64):
        raise DamagedFile("The workbook is damaged or incomplete.")
    entries, length = struct.unpack_from("<QQ", record, 32)
    return entries, length


def inflate(file: IO[bytes], part: ZipInfo, budget: Budget) -> Iterator[bytes]:
    """
    Yield the part's real bytes, at most 256 KiB at a time, and count them: sizes can lie.

    :raises HostileFile: if they are far more than the packed ones, or an archive themselves
    :raises DamagedFile: if they cannot be unpacked, or the directory lied about their number
    """
    raw = _raw_chunks(file, part)
    chunks = _inflated(raw) if part.compress_type == DEFLATED else ((len(c), c) for c in raw)
    total = 0
    for taken, chunk in chunks:
        if total == 0 and chunk.startswith(_NESTED):
            raise HostileFile("The workbook contains another archive.")
        total += len(chunk)
        budget.spend(len(chunk))
        if total > MOST_PART_BYTES or total > RATIO_COUNTS_FROM + MOST_RATIO * taken:
            raise HostileFile(_BOMB)
        yield chunk
    if total != part.file_size:
        raise HostileFile("The workbook lies about the size of its parts.")


def _raw_chunks(file: IO[bytes], part: ZipInfo) -> Iterator[bytes]:
    file.seek(part.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise DamagedFile("The workbook is damaged or incomplete.")
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    position = part.header_offset + 30 + name_length + extra_length
    left = part.compress_size
    while left > 0:
        file.seek(position)  # others read the same file between two of our chunks
        chunk = file.read(min(READ, left))
        if not chunk:
            raise DamagedFile("The workbook is damaged or incomplete.")
        left -= len(chunk)
        position += len(chunk)
        yield chunk


def _inflated(raw: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (packed bytes taken so far, inflated chunk)."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    taken = 0
    try:
        for packed in raw:
            taken += len(packed)
            pending = packed
            while pending and not inflater.eof:
                chunk = inflater.decompress(pending, INFLATE)
                pending = inflater.unconsumed_tail
                yield taken - len(pending), chunk
        while not inflater.eof:
            chunk = inflater.decompress(inflater.unconsumed_tail, INFLATE)
            if not chunk:
                break
            yield taken, chunk
    except zlib.error:
        raise DamagedFile("The workbook is damaged or incomplete.") from None
    if not inflater.eof:
        raise DamagedFile("The workbook is damaged or incomplete.")
