from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.uploads.cells import Cell, error_of, text_of
from apps.uploads.inspection.types import CellType, scale_of, type_of

# From this share of its cells on, the others of a column are the odd ones.
MOST_OF_THEM = 0.9
SHOWN = 3
LONGEST_SHOWN = 100
# Types that are a special case of another one.
WIDER = {CellType.INTEGER: CellType.DECIMAL, CellType.DATE: CellType.DATETIME}
IN_WORDS = {
    CellType.INTEGER: "a whole number",
    CellType.DECIMAL: "a number",
    CellType.BOOLEAN: "true or false",
    CellType.DATE: "a date",
    CellType.DATETIME: "a date with a time",
    CellType.INSTANT: "a date with a time and a zone",
    CellType.TIME: "a time",
    CellType.DURATION: "a duration",
    CellType.NESTED: "a list or an object",
    CellType.TEXT: "a text",
}


@dataclass(frozen=True)
class Problem:
    """Something in a row that does not fit."""

    row: int
    field: str | None
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return it as the report shows it."""
        return {"row": self.row, "field": self.field, "code": self.code, "message": self.message}


@dataclass
class ColumnProfile:
    """What is known of a column while it passes."""

    name: str
    # How many cells of each type are remembered: they are odd if most of the others differ.
    most_kept: int
    counts: Counter[CellType] = field(default_factory=Counter)
    empty: int = 0
    longest: int = 0
    scale: int = 0
    examples: list[str] = field(default_factory=list)
    _kept: dict[CellType, list[tuple[int, Cell]]] = field(default_factory=dict)

    def add(self, numbers: Sequence[int], cells: Sequence[Cell]) -> None:
        """Look at the next cells."""
        types = list(map(type_of, cells))
        found = Counter(types)
        self.empty += found.pop(None, 0)
        for kind in [kind for kind in found if kind is not None]:
            self.counts[kind] += found[kind]
            self._keep(kind, numbers, cells, types)
        texts = [cell for cell in cells if isinstance(cell, str)]
        self.longest = max(self.longest, max(map(len, texts), default=0))
        if CellType.DECIMAL in found:
            decimal = CellType.DECIMAL
            scales = (scale_of(c) for c, kind in zip(cells, types, strict=True) if kind == decimal)
            self.scale = max(self.scale, *scales)

    def _keep(
        self,
        kind: CellType,
        numbers: Sequence[int],
        cells: Sequence[Cell],
        types: list[CellType | None],
    ) -> None:
        kept = self._kept.setdefault(kind, [])
        if len(kept) >= self.most_kept:
            return
        for number, cell, found in zip(numbers, cells, types, strict=True):
            if found != kind:
                continue
            if len(kept) >= self.most_kept:
                break
            kept.append((number, _cut(cell)))
            shown = text_of(cell)[:LONGEST_SHOWN]
            if len(self.examples) < SHOWN and shown not in self.examples:
                self.examples.append(shown)

    @property
    def type(self) -> CellType:
        """Return what most of its cells are; MIXED if there is no such type."""
        counts = Counter(self.counts)
        total = counts.total()
        if not total:
            return CellType.TEXT
        for narrow, wide in WIDER.items():
            if counts[wide] and counts[narrow]:
                counts[wide] += counts.pop(narrow)
        [(kind, count)] = counts.most_common(1)
        return kind if kind != CellType.ERROR and count >= MOST_OF_THEM * total else CellType.MIXED

    @property
    def odd(self) -> int:
        """Return how many cells are not what most of them are."""
        fitting = self._fitting()
        return sum(count for kind, count in self.counts.items() if kind not in fitting)

    @property
    def strict_type(self) -> CellType:
        """Return what all of its cells are."""
        return CellType.MIXED if self.odd else self.type

    def problems(self) -> list[Problem]:
        """Return the first cells that do not fit."""
        fitting = self._fitting()
        return [
            self._problem(row, cell)
            for kind, kept in self._kept.items()
            if kind not in fitting
            for row, cell in kept
        ]

    def _fitting(self) -> set[CellType]:
        kind = self.type
        if kind == CellType.MIXED:
            return set(self.counts) - {CellType.ERROR}
        return {kind} | {narrow for narrow, wide in WIDER.items() if wide == kind}

    def _problem(self, row: int, cell: Cell) -> Problem:
        if message := error_of(cell):
            return Problem(row, self.name, "error_cell", message)
        shown = text_of(cell)[:LONGEST_SHOWN]
        message = f"'{shown}' is not {IN_WORDS[self.type]}, as the rest of the column is."
        return Problem(row, self.name, "wrong_type", message)

    def as_json(self) -> dict[str, Any]:
        """Return the column as the report shows it."""
        return {
            "name": self.name,
            "type": str(self.type),
            "filled": self.counts.total(),
            "empty": self.empty,
            "odd": self.odd,
            "longest": self.longest,
            "examples": self.examples,
        }


def _cut(cell: Cell) -> Cell:
    """Return a cell that may be kept: it is only shown."""
    return cell[:LONGEST_SHOWN] if isinstance(cell, str) else cell
