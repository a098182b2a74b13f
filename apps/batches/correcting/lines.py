"""The rows of a batch's sheet, each with what the ledger knows about it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from apps.batches.correcting.layout import Blame, Facts, Layout
from apps.batches.correcting.marks import Mark, digest_of
from apps.batches.intake import Source
from apps.batches.mapping import Mapping, Plan
from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import RowState
from apps.batches.validation import encode
from apps.uploads.cells import Cell

Row = tuple[int, list[Cell]]
COLUMNS = ("seq", "row", "revision", "state", "message", "hint", "issues", "payload")
AT_ONCE = 2_000


@dataclass(slots=True)
class Line:
    """One line of the sheet; `touched` are the cells that differ from the user's own file."""

    number: int
    cells: list[Cell]
    facts: Facts | None = None
    mark: str = ""
    touched: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Lines:
    """A sheet about to be written."""

    layout: Layout
    blame: Blame
    rows: Iterator[Line]
    count: int


@contextmanager
def lines_of(run: BatchRun) -> Iterator[Lines]:
    """
    Open the batch's sheet, or lay its inline records out as one.

    :raises UploadGone: if the file was removed since
    :raises Unreadable: if it cannot be read any more
    """
    if run.source is None:
        yield _inline(run)
        return
    source = Source.of_run(run)
    with source.open() as opened:
        mapping = source.mapping_for(opened.info)
        layout = Layout.of(opened.info.columns)
        plan = mapping.bind(opened.info.columns)
        shift = 0 if source.header_row else 1
        rows = ((number, cells) for chunk in opened.chunks() for number, cells in chunk)
        pairs = paired(rows, facts_of(run), grouped=mapping.group_by is not None)
        overlay = Overlay(plan, mapping, layout.columns)
        yield Lines(
            layout,
            Blame(layout.columns, plan.column_of),
            _marked(run, pairs, layout, overlay, shift),
            opened.info.rows,
        )


def facts_of(run: BatchRun) -> Iterator[Facts]:
    """Yield what the ledger knows, in the order of the sheet."""
    rows = BatchRow.objects.filter(run=run).order_by("seq").values_list(*COLUMNS)
    for seq, row, revision, state, *rest in rows.iterator(chunk_size=AT_ONCE):
        yield Facts(seq, row or 0, revision, RowState(state), *rest)


def paired(
    rows: Iterable[Row], facts: Iterator[Facts], *, grouped: bool
) -> Iterator[tuple[Facts | None, list[Row]]]:
    """Join both sides, which are in the same order; rows of a group belong to its first one."""
    current: Facts | None = None
    members: list[Row] = []
    upcoming = next(facts, None)
    for number, cells in rows:
        while upcoming is not None and upcoming.row <= number:
            if members:
                yield current, members
            current, members = upcoming, []
            upcoming = next(facts, None)
        is_blank = all(cell is None for cell in cells)
        if current is not None and (current.row == number or (grouped and not is_blank)):
            members.append((number, cells))
        elif not is_blank:
            yield None, [(number, cells)]
    if members:
        yield current, members


def _marked(
    run: BatchRun,
    pairs: Iterable[tuple[Facts | None, list[Row]]],
    layout: Layout,
    overlay: "Overlay",
    shift: int,
) -> Iterator[Line]:
    job = run.job.public_id
    for facts, members in pairs:
        lines = [Line(number + shift, cells, facts) for number, cells in members]
        if facts is not None:
            overlay.lay(facts, lines)
            digest = digest_of([own_cells(layout, line.cells) for line in lines])
            mark = str(Mark(job, facts.seq, facts.revision, digest))
            for line in lines:
                line.mark = mark
        yield from lines


def own_cells(layout: Layout, cells: Sequence[Cell]) -> dict[str, Cell]:
    """Return the user's cells by name, without our results."""
    return {name: cells[at] for at, name in layout.own if cells[at] is not None}


class Overlay:
    """Shows the corrected values of rows that were corrected after the file came."""

    def __init__(self, plan: Plan, mapping: Mapping, columns: Sequence[str]) -> None:
        self._plan = plan
        self._collect = set(mapping.collect)
        separators = {each.field: each.separator for each in mapping.columns or ()}
        self._fields = [
            (field, columns.index(column), separators.get(field, ","))
            for field, column in plan.column_of.items()
        ]

    def lay(self, facts: Facts, lines: list[Line]) -> None:
        """Replace the cells whose fields are not what they were in the file."""
        if facts.revision == 1:
            return
        stored = orjson.loads(facts.payload)
        for at, line in enumerate(lines):
            before = orjson.loads(encode(self._plan.build(line.cells)[0]))
            for name, position, separator in self._fields:
                value = stored.get(name)
                if name in self._collect and isinstance(value, list):
                    value = value[at] if at < len(value) else None
                if before.get(name) != value:
                    line.cells[position] = cell_of(value, separator)
                    line.touched.add(position)


def cell_of(value: Any, separator: str | None = None) -> Cell:
    """Return a field's value as a cell."""
    if isinstance(value, list) and separator and not any(map(_is_nested, value)):
        return separator.join(str(part) for part in value)
    return {"j": value} if _is_nested(value) else value


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | dict)


def _inline(run: BatchRun) -> Lines:
    names: dict[str, None] = {}
    for facts in facts_of(run):
        names.update(dict.fromkeys(orjson.loads(facts.payload)))
    layout = Layout.of(list(names))
    blame = Blame(layout.columns, {})
    return Lines(layout, blame, _inline_lines(run, layout), run.expanded)


def _inline_lines(run: BatchRun, layout: Layout) -> Iterator[Line]:
    job = run.job.public_id
    for facts in facts_of(run):
        record = orjson.loads(facts.payload)
        cells = [cell_of(record.get(name)) for name in layout.columns]
        digest = digest_of([own_cells(layout, cells)])
        mark = str(Mark(job, facts.seq, facts.revision, digest))
        yield Line(facts.row, cells, facts, mark)
