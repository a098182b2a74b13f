"""Reads a corrected workbook that came back: which rows they are, and what they hold now."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from apps.batches.correcting.layout import MARK, Layout
from apps.batches.correcting.lines import Row, cell_of
from apps.batches.correcting.marks import Mark, as_shown, digest_of
from apps.batches.intake import MAPPING_OPTIONS, Intake, Prepared
from apps.batches.mapping import Mapping, Plan
from apps.batches.mapping.converters import NUMBER, exact_number
from apps.batches.mapping.plan import Built
from apps.batches.models import BatchRun
from apps.uploads.cells import Cell, text_of
from apps.uploads.kinds import Kind
from apps.uploads.models import Upload
from apps.uploads.reading import open_sheet


class Returned(NamedTuple):
    """A record of the sheet that came back."""

    built: Built
    mark: Mark | None
    digest: str


@dataclass(frozen=True, slots=True)
class ReturnedSheet:
    """A sheet that came back, and how its lines become records again."""

    run: BatchRun
    layout: Layout
    plan: Plan | None
    rows: Iterator[Row]

    @property
    def column_of(self) -> dict[str, str]:
        """Return the column of each field."""
        return self.plan.column_of if self.plan else {}

    def records(self) -> Iterator[Returned]:
        """Yield the records with their marks; a line whose own cells are empty was taken out."""
        watched = _Watched(self.layout, self.rows, _reader_for(self.run))
        lines = iter(watched)
        built = self.plan.records(lines) if self.plan else _as_they_are(lines, self.layout)
        before: Built | None = None
        for record in built:
            if before is not None:
                yield watched.release(before, record.row)
            before = record
        if before is not None:
            yield watched.release(before, None)

    def prepare(self, returned: Returned, stored: str | None) -> Prepared:
        """
        Check the record by the session's rules, except for keys that come twice.

        :param stored: the body that the row has now; inline records have no mapping to be built by
        """
        intake = Intake(self.run.session, allow_duplicates=True)
        if self.plan is not None:
            return next(intake.built(self.plan, [returned.built]))
        record = edited(orjson.loads(stored or "{}"), returned.built.record)
        return next(intake.inline([record]))


@contextmanager
def open_returned(run: BatchRun, upload: Upload, header_row: int) -> Iterator[ReturnedSheet]:
    """
    Open the workbook.

    :raises SheetNotFound: if the batch's sheet is not in it
    :raises BadMapping: if a column is missing
    :raises Unreadable: if it cannot be read
    """
    with open_sheet(upload, sheet=run.sheet or None, header_row=header_row) as opened:
        layout = Layout.of(opened.info.columns)
        plan = None
        if run.source is not None:
            header = [name for _, name in layout.own]
            kept = {name: run.source[name] for name in MAPPING_OPTIONS if name in run.source}
            plan = Mapping.parse(kept, header).bind(header)
        rows = ((number, cells) for chunk in opened.chunks() for number, cells in chunk)
        yield ReturnedSheet(run, layout, plan, rows)


class _Watched:
    """Hands out lines without our results, and remembers the marks of those on their way."""

    def __init__(self, layout: Layout, rows: Iterable[Row], read: Any) -> None:
        self._own = layout.own
        self._mark_at = layout.columns.index(MARK) if MARK in layout.columns else None
        self._rows, self._read = rows, read
        self._passed: list[tuple[int, Mark | None, dict[str, Cell]]] = []

    def __iter__(self) -> Iterator[Row]:
        for number, cells in self._rows:
            found = {name: cells[at] for at, name in self._own if cells[at] is not None}
            if not found:
                continue
            mark = None if self._mark_at is None else Mark.parse(cells[self._mark_at])
            self._passed.append((number, mark, found))
            yield number, [self._read(cells[at]) for at, _ in self._own]

    def release(self, built: Built, following: int | None) -> Returned:
        """Return the record with the marks of its lines, which end before the following one."""
        lines = [line for line in self._passed if following is None or line[0] < following]
        self._passed = self._passed[len(lines) :]
        marks = [mark for _, mark, _ in lines if mark is not None]
        digest = digest_of([cells for _, _, cells in lines])
        return Returned(built, marks[0] if marks else None, digest)


def _as_they_are(lines: Iterable[Row], layout: Layout) -> Iterator[Built]:
    names = [name for _, name in layout.own]
    for number, cells in lines:
        yield Built(number, dict(zip(names, cells, strict=True)), [])


def _reader_for(run: BatchRun) -> Any:
    """Return how a cell is read, so that it is again what it was in the batch's own file."""
    kind = run.upload.kind if run.upload else None
    if kind == Kind.DELIMITED:
        return _as_delimited
    return _as_json if kind in (Kind.JSON, Kind.NDJSON) else _as_it_is


def _as_it_is(cell: Cell) -> Cell:
    return cell


def _as_delimited(cell: Cell) -> Cell:
    if cell is None or isinstance(cell, str) or (isinstance(cell, dict) and "e" in cell):
        return cell
    return text_of(cell)


def _as_json(cell: Cell) -> Cell:
    nested = _nested(cell)
    return cell if nested is None else {"j": nested}


def _nested(cell: Cell) -> Any:
    if isinstance(cell, str) and cell.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(cell)
        except orjson.JSONDecodeError:
            return None
    return None


def edited(stored: dict[str, Any], cells: dict[str, Cell]) -> dict[str, Any]:
    """Return the record with the cells that differ; all others keep type and order."""
    record = dict(stored)
    for name in [name for name in stored if name in cells and cells[name] is None]:
        if stored[name] not in (None, ""):
            del record[name]
    for name, cell in cells.items():
        if cell is not None and _looks(cell) != _looks(cell_of(stored.get(name))):
            record[name] = _value_like(stored.get(name), cell)
    return record


def _looks(cell: Cell) -> str:
    return digest_of([{"": as_shown(cell)}])


def _value_like(before: Any, cell: Cell) -> Any:
    """Return what somebody typed, as the type that the field had as far as it can be that."""
    if isinstance(cell, dict):
        return text_of(cell)
    if isinstance(before, str):
        return cell if isinstance(cell, str) else text_of(cell)
    if isinstance(cell, str):
        return _parsed(before, cell)
    return cell


def _parsed(before: Any, text: str) -> Any:
    nested = _nested(text)
    if nested is not None:
        return nested
    if isinstance(before, bool):
        return {"true": True, "false": False}.get(text.strip().casefold(), text)
    if isinstance(before, int | float) and NUMBER.fullmatch(text.strip()):
        return exact_number(text.strip())
    return text


def chunked(records: Iterator[Returned], size: int) -> Iterator[Sequence[Returned]]:
    """Yield the records a few at a time."""
    chunk: list[Returned] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
