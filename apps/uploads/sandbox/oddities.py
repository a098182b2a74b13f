"""
What calamine leaves out: error cells, and formulas that were saved without their value.

Both would look like empty cells, and an empty cell must not hide `#REF!`.
"""

import re
from pathlib import PurePosixPath
from typing import IO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from apps.uploads.sandbox.refusal import Refusal

NO_VALUE = "#NO_VALUE"
BLOCK = 1024 * 1024
RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATIONSHIP = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"

# By row: (column, what to show). Rows and columns count from 0.
Oddities = dict[int, list[tuple[int, str]]]


def find_oddities(path: str, sheet: str) -> Oddities:
    """
    Read the sheet's XML once more, quickly, for cells that calamine shows as empty.

    :raises Refusal: if the workbook is damaged
    """
    try:
        with ZipFile(path) as archive, archive.open(_part_of(archive, sheet)) as part:
            return _scan(part)
    except (BadZipFile, KeyError, ElementTree.ParseError, OSError, EOFError):
        raise Refusal("damaged_file", "The workbook is damaged or incomplete.") from None


def _part_of(archive: ZipFile, sheet: str) -> str:
    # The guard let no DTD through, and memory is limited.
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in workbook.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            key = element.get(RELATIONSHIP) or element.get(STRICT_RELATIONSHIP)
            return _inside(targets[key], archive)
    raise KeyError(sheet)


def _inside(target: str, archive: ZipFile) -> str:
    path = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
    # Some writers spell their own parts with other capitals than they link to them.
    by_lower = {name.lower(): name for name in archive.namelist()}
    return by_lower[path.lower()]


_ODD = re.compile(rb"""\st=["']e["']|<(?:\w{1,8}:)?f[\s>/]""")
_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
_END = re.compile(rb"</(?:\w{1,8}:)?c>")
_ADDRESS = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w{1,8}:)?v(?:\s[^>]*)?>([^<]+)<")
_IS_ERROR = re.compile(rb"""\st=["']e["']""")
_IS_TEXT = re.compile(rb"""\st=["'](?:str|inlineStr)["']""")


def _scan(part: IO[bytes]) -> Oddities:
    found: Oddities = {}
    text = b""
    while block := part.read(BLOCK):
        text += block
        # Cut where a cell begins, so that every cell is seen whole once.
        cut = max(text.rfind(b"<c "), text.rfind(b":c "))
        if cut <= 0:
            continue
        cut = text.rfind(b"<", 0, cut + 1)
        _scan_text(text[:cut], found)
        text = text[cut:]
    _scan_text(text, found)
    return found


def _scan_text(text: bytes, found: Oddities) -> None:
    # Plain searches first: most sheets have no such cell, and the pattern is ten times slower.
    if not any(sign in text for sign in _SIGNS):
        return
    position = 0
    while odd := _ODD.search(text, position):
        position = odd.end()
        start = text.rfind(b"<", 0, odd.start() + 1)
        if text[odd.start() : odd.start() + 1] == b"<":
            start = text.rfind(b"<", 0, start)
        end = _END.search(text, odd.end())
        if end is None or start < 0:
            continue
        position = end.end()
        _judge(text[start : end.start() + 1], found)


def _judge(cell: bytes, found: Oddities) -> None:
    opening = cell[: cell.find(b">") + 1]
    value = _VALUE.search(cell)
    if _IS_ERROR.search(opening):
        shown = value.group(1).decode(errors="replace")[:16] if value else "#VALUE!"
    elif value or _IS_TEXT.search(opening):
        return
    else:
        shown = NO_VALUE
    address = _ADDRESS.search(opening)
    if address is None:
        raise Refusal(
            "damaged_file",
            "The sheet has error cells without an address; open it in Excel and save it again.",
        )
    row, column = int(address.group(2)) - 1, _column(address.group(1))
    found.setdefault(row, []).append((column, shown))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
