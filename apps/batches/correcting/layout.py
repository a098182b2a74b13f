"""Where the results stand beside the user's own columns, and in which words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.batches.status import UNSUCCESSFUL, RowState

STATUS, ERROR, COLUMN, HINT, MARK = RESULTS = ("_status", "_error", "_column", "_hint", "_row")
WIDTHS = {STATUS: 14, ERROR: 48, COLUMN: 18, HINT: 48, MARK: 10}
WORDS = {
    RowState.SUCCEEDED: "Succeeded",
    RowState.NEEDS_ACTION: "Needs action",
    RowState.FAILED: "Failed",
    RowState.UNKNOWN: "Unknown",
    RowState.SKIPPED: "Skipped",
    RowState.PENDING: "Not sent",
    RowState.CANCELLED: "Not sent",
    RowState.IN_FLIGHT: "In progress",
    RowState.RETRYING: "In progress",
}
COLOURS = {
    RowState.NEEDS_ACTION: "FFF4CE",
    RowState.FAILED: "FDE2DF",
    RowState.UNKNOWN: "E9E2F5",
}
BLAMED_COLOUR = "F4A100"
STEPS = re.compile(r"[.\[\]/]+")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of the sheet, and the positions of the results; all count from 0."""

    columns: Sequence[str]
    places: Mapping[str, int]

    @classmethod
    def of(cls, columns: Sequence[str], *, first_free: int = 0) -> "Layout":
        """Put the results behind the columns, or where an earlier corrected workbook had them."""
        places: dict[str, int] = {}
        free = max(first_free, len(columns))
        for name in RESULTS:
            if name in columns:
                places[name] = columns.index(name)
            else:
                places[name], free = free, free + 1
        return cls(columns, places)

    @property
    def own(self) -> list[tuple[int, str]]:
        """Return the user's columns: position and name."""
        return [(at, name) for at, name in enumerate(self.columns) if name not in RESULTS]

    @property
    def width(self) -> int:
        """Return how many columns there are with the results."""
        return max(*self.places.values(), len(self.columns) - 1) + 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger knows about a row."""

    seq: int
    row: int
    revision: int
    state: RowState
    message: str | None
    hint: str | None
    issues: list[dict[str, Any]] | None
    payload: str

    @property
    def is_unsuccessful(self) -> bool:
        """Return whether somebody has to look at the row."""
        return self.state in UNSUCCESSFUL


class Blame:
    """Finds the column that a complaint about a field is about."""

    def __init__(self, columns: Sequence[str], column_of: Mapping[str, str]) -> None:
        self._position = {name: at for at, name in reversed(list(enumerate(columns)))}
        exact = {name: name for name in columns} | dict(column_of)
        self._column_of = {name.casefold(): column for name, column in exact.items()} | exact

    def first(self, facts: Facts) -> str:
        """Return the header of the first complaint's column, or its field where none is known."""
        for issue in facts.issues or ():
            if name := self._column(issue) or issue.get("field"):
                return str(name)
        return ""

    def cells(self, facts: Facts) -> dict[int, str]:
        """Return which cells are to be marked, and what with."""
        found: dict[int, str] = {}
        for issue in facts.issues or ():
            column = self._column(issue)
            if column in self._position:
                at, text = self._position[column], str(issue.get("message") or "Look here.")
                found[at] = f"{found[at]}\n{text}" if at in found else text
        return {at: clean(text)[:1000] for at, text in found.items()}

    def _column(self, issue: dict[str, Any]) -> str | None:
        """Understand `daysOfSupply`, `claim.daysOfSupply`, `/claim/0/daysOfSupply`, `days[0]`."""
        field = issue.get("column") or issue.get("field")
        if not field:
            return None
        steps = [step for step in STEPS.split(str(field)) if step]
        for name in (str(field), *reversed(steps)):
            if column := self._column_of.get(name) or self._column_of.get(name.casefold()):
                return column
        return None


def clean(text: str | None) -> str:
    """Return a text without the characters that a worksheet cannot hold."""
    return CONTROL.sub("", text or "")[:32_767]


def results_of(facts: Facts, blame: Blame, mark: str) -> dict[str, str]:
    """Return what stands in the result columns."""
    if facts.state == RowState.SUCCEEDED:
        return {STATUS: WORDS[facts.state], MARK: mark}
    return {
        STATUS: WORDS[facts.state],
        ERROR: clean(facts.message),
        COLUMN: clean(blame.first(facts)),
        HINT: clean(facts.hint),
        MARK: mark,
    }
