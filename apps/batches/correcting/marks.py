"""The hidden `_row` of each line: which row of which batch it is, and what it looked like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from apps.uploads.cells import Cell, text_of

# What Excel can hold in one cell, and the largest whole number that its cells keep exactly.
LONGEST_TEXT = 32_767
EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Mark:
    """`<job>:<seq>:<revision>:<digest of the cells as written>`."""

    job: str
    seq: int
    revision: int
    digest: str

    def __str__(self) -> str:
        return f"{self.job}:{self.seq}:{self.revision}:{self.digest}"

    @classmethod
    def parse(cls, cell: Cell) -> "Mark | None":
        """Return the mark that the cell holds; None if it holds none."""
        parts = cell.strip().split(":") if isinstance(cell, str) else []
        if len(parts) != 4 or not parts[0].startswith("job_"):
            return None
        job, seq, revision, digest = parts
        if not (_is_number(seq) and _is_number(revision)):
            return None
        return cls(job, int(seq), int(revision), digest)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def as_shown(cell: Cell) -> Cell:
    """Return the cell as a worksheet can hold it: nested values and long numbers become text."""
    if isinstance(cell, dict) and "j" in cell:
        return orjson.dumps(cell["j"]).decode()[:LONGEST_TEXT]
    if isinstance(cell, str):
        return cell[:LONGEST_TEXT]
    if type(cell) is int and abs(cell) > EXACT:
        return str(cell)
    return cell


def digest_of(lines: Sequence[Mapping[str, Cell]]) -> str:
    """Return a short digest of a record's cells that survives Excel, and columns that moved."""
    seen = [sorted((name, _canonical(cell)) for name, cell in line.items()) for line in lines]
    filled = [[pair for pair in line if pair[1]] for line in seen]
    return blake2b(orjson.dumps(filled), digest_size=6).hexdigest()


def _canonical(cell: Cell) -> str:
    shown: Any = as_shown(cell)
    if shown is None or (isinstance(shown, str) and not shown.strip()):
        return ""
    if isinstance(shown, bool):
        return f"b{shown}"
    if isinstance(shown, int | float):
        return f"n{shown:.15g}"  # what spreadsheets keep of a number
    if isinstance(shown, dict):
        return _canonical_tagged(shown)
    text = shown.replace("\r\n", "\n").replace("\r", "\n")
    return "s" + "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def _canonical_tagged(cell: dict[str, Any]) -> str:
    tag, value = next(iter(cell.items()))
    if tag == "e":
        return "e"
    if tag == "s":
        return f"t{value:.0f}"
    return f"t{text_of(cell)[:19]}"  # whole seconds
