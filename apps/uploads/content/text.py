"""Text files are checked in one pass: encoding, no binary, no endless lines."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from apps.uploads.content.refusals import ContentMismatch, UnreadableText
from apps.uploads.kinds import Kind

BLOCK = 1024 * 1024
ENCODINGS = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15")
_BINARY = (
    b"MZ",
    b"\x7fELF",
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
)


def check_text(path: Path, kind: Kind, declared_encoding: str = "") -> str:
    """
    Check a text file and return its encoding.

    :raises ContentMismatch: if it is binary, or not the JSON that its name says
    :raises UnreadableText: if it does not decode, or a line is longer than 1 MiB
    """
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(_BINARY):
        raise ContentMismatch("This is not a text file, whatever its name says.")
    encoding = declared_encoding or guess_encoding(path)
    start = ""
    for text in _decoded(path, encoding):
        start = start or text.lstrip("\ufeff \t\r\n")[:1]
        if "\0" in text:
            raise ContentMismatch("This is not a text file: it contains zero bytes.")
        if kind != Kind.JSON and len(text) >= BLOCK // 2 and "\n" not in text and "\r" not in text:
            raise UnreadableText("A line of the file is longer than 1 MiB.")
    _check_start(kind, start)
    return encoding


def guess_encoding(path: Path) -> str:
    """Return what the byte order mark says, or UTF-8."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield decoder.decode(block)
        yield decoder.decode(b"", final=True)
    except UnicodeError:
        raise UnreadableText from None


def _check_start(kind: Kind, start: str) -> None:
    if kind == Kind.JSON and start != "[":
        raise ContentMismatch("A .json file must hold a list of objects: [{…}, {…}].")
    if kind == Kind.NDJSON and start != "{":
        raise ContentMismatch("A file of this type must hold one JSON object a line.")
    if not start:
        raise ContentMismatch("The file holds nothing but blanks.")
