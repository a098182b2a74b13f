from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from apps.batches.mapping.columns import Column
from apps.batches.mapping.converters import Convert, Unfit, converter_for, shown
from apps.batches.mapping.reading import as_cell
from apps.batches.validation import Issue
from apps.uploads.cells import Cell

Record = dict[str, Any]


class Step(NamedTuple):
    """What to do with one cell of a row."""

    position: int
    field: str
    convert: Convert
    column: Column
    default: Any


class Built(NamedTuple):
    """A record, the sheet row that it begins in, and what is wrong with it."""

    row: int
    record: Record
    issues: list[Issue]


class Plan:
    """A mapping tied to a header: turns rows into records."""

    def __init__(
        self,
        header: Sequence[str],
        columns: Sequence[Column],
        *,
        constants: Record,
        group_by: str | None = None,
        collect: Sequence[str] = (),
    ) -> None:
        position_of = {name: position for position, name in reversed(list(enumerate(header)))}
        self._steps = [
            Step(position_of[each.column], each.field, converter_for(each), each, as_cell(each))
            for each in columns
        ]
        self._constants = constants
        self._group = None if group_by is None else position_of[group_by]
        self._group_name = group_by or ""
        self._collect = [step.field for step in self._steps if step.field in set(collect)]
        self._groups_seen: set[int] = set()
        self.rows_read = 0
        self.column_of = {each.field: each.column for each in columns}

    def build(self, values: Sequence[Cell]) -> tuple[Record, list[Issue]]:
        """Return the row as a record; a blank cell without a default leaves its field out."""
        record: Record = {}
        issues: list[Issue] = []
        for position, field, convert, column, default in self._steps:
            try:
                value = convert(values[position])
            except Unfit as unfit:
                issues.append(_issue(column, unfit.code, str(unfit)))
                continue
            if value is not None:
                record[field] = value
            elif default is not None:
                record[field] = default
            elif column.required:
                message = f"{column.column} is empty. Fill it in."
                issues.append(_issue(column, "missing", message))
        if self._constants:
            record.update(self._constants)
        return record, issues

    def records(self, rows: Iterable[tuple[int, Sequence[Cell]]]) -> Iterator[Built]:
        """Turn rows into records; rows that follow each other in one group become one."""
        if self._group is not None:
            yield from self._grouped(rows, self._group)
            return
        for row, values in rows:
            self.rows_read += 1
            yield Built(row, *self.build(values))

    def _grouped(
        self, rows: Iterable[tuple[int, Sequence[Cell]]], position: int
    ) -> Iterator[Built]:
        """
        Fold neighbours.

        Only neighbours: memory stays bounded by one group, and a group that comes back later
        in the sheet is reported instead of becoming a second record in silence.
        """
        open_group: Built | None = None
        open_name: Cell = None
        for row, values in rows:
            self.rows_read += 1
            name, built = values[position], Built(row, *self.build(values))
            if open_group is not None and name is not None and name == open_name:
                self._fold(open_group, built)
                continue
            if open_group is not None:
                yield open_group
            self._check_group(name, built)
            self._begin(built.record)
            open_group, open_name = built, name
        if open_group is not None:
            yield open_group

    def _check_group(self, name: Cell, built: Built) -> None:
        column = Column(self._group_name, self._group_name)
        if name is None:
            message = f"{self._group_name} is empty, but rows are grouped by it. Fill it in."
            built.issues.append(_issue(column, "missing", message))
            return
        mark = hash(str(name))
        if mark in self._groups_seen:
            message = f"{shown(name)} was in an earlier group already. Sort the sheet by it."
            built.issues.append(_issue(column, "group_split", message))
        self._groups_seen.add(mark)

    def _begin(self, record: Record) -> None:
        for field in self._collect:
            record[field] = [record.get(field)]

    def _fold(self, group: Built, more: Built) -> None:
        group.issues.extend(more.issues)
        for field in self._collect:
            group.record[field].append(more.record.get(field))
        for field, value in more.record.items():
            if field in self._collect:
                continue
            if group.record.setdefault(field, value) != value:
                group.issues.append(self._conflict(field, value, more.row, group))

    def _conflict(self, field: str, value: Any, row: int, group: Built) -> Issue:
        name = self.column_of.get(field, field)
        message = (
            f"{name} is {shown(str(value))} in row {row}, but {shown(str(group.record[field]))}"
            f" in row {group.row} of the same group. Make them equal."
        )
        return Issue(field=field, column=name, code="group_conflict", message=message)


def _issue(column: Column, code: str, message: str) -> Issue:
    return Issue(field=column.field, column=column.column, code=code, message=message)
