"""What is wanted and where it comes from, put together: the query, and the file that it becomes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Literal

from apps.core.errors import Detail
from apps.core.times import iso
from apps.jobs.exports.blocks import Blocks, csv_blocks, json_blocks, xlsx_blocks
from apps.jobs.exports.columns import Column
from apps.jobs.exports.filters import condition, number_of
from apps.jobs.exports.reading import copy_of
from apps.jobs.exports.source import Source
from apps.jobs.exports.texts import copy_options, text_of
from apps.jobs.exports.wanted import MOST_COLUMNS, InvalidExport, Wanted
from apps.jobs.files.kinds import Head, Kind, Sheet
from apps.jobs.files.package import Recipe, file_name
from apps.jobs.unacceptable import Unacceptable

MOST_SHEET_ROWS = 1_048_575
COMMENT = "Exported from Backroom."


@dataclass(frozen=True)
class ExportFile:
    """What the rows become."""

    recipe: Recipe
    file_name: str
    keep_days: int | None


@dataclass(frozen=True)
class ExportPlan:
    """An export that is ready to run."""

    wanted: Wanted
    source: Source
    columns: tuple[Column, ...]
    where: Composable
    order: Composable
    # When it was asked for: part of some files, and the same if the work is repeated.
    asked_at: datetime

    @property
    def document(self) -> dict[str, Any]:
        """Return what is kept of it, with all that was chosen for it."""
        return self.wanted.document | {"columns": [column.name for column in self.columns]}

    @property
    def is_filtered(self) -> bool:
        """Return whether some rows may be left out."""
        return bool(self.wanted.filters)

    @cached_property
    def heads(self) -> tuple[Head, ...]:
        """Return the columns as a file calls them."""
        return tuple(
            Head(self._title(column), column.kind, column.scale) for column in self.columns
        )

    def _title(self, column: Column) -> str:
        name = self.wanted.rename.get(column.name, column.name)
        # A worksheet's moments have no zone of their own.
        is_bare = self.wanted.form == "xlsx" and column.kind == Kind.DATETIME and column.zoned
        return f"{name} (UTC)" if is_bare else name

    def file_of(self, rows: int, heads: tuple[Head, ...] | None = None) -> "ExportFile":
        """Return the file that so many rows become."""
        heads, title = heads or self.heads, self.source.title
        sheets = [Sheet(title, heads, rows)]
        if self.wanted.form == "xlsx" and self.wanted.options["split"] and rows > MOST_SHEET_ROWS:
            sheets = [
                Sheet(f"{title[:24]} {number}", heads, min(MOST_SHEET_ROWS, rows - start))
                for number, start in enumerate(range(0, rows, MOST_SHEET_ROWS), start=1)
            ]
        meta = {"source": self.wanted.source, "filters": self.wanted.filters}
        recipe = Recipe(
            form=self.wanted.form,
            options=self.wanted.options,
            sheets=sheets,
            meta=meta | {"exportedAt": iso(self.asked_at)},
            created=self.asked_at,
            comment=COMMENT,
        )
        name = file_name(self.wanted.filename or self.source.name, recipe.extension)
        return ExportFile(recipe, name, self.wanted.keep_days)

    def blocks(self) -> Blocks:
        """Return what turns rows into bytes."""
        form, options = self.wanted.form, self.wanted.options
        if form == "csv":
            return csv_blocks(options["lineEnd"])
        if form == "xlsx":
            return xlsx_blocks(truncate=options["longText"] == "truncate")
        return json_blocks(self.heads, form, pretty=options.get("pretty", False))

    def copy(self, reader: Connection[Any], *, most: int | None = None) -> bytes:
        """
        Return the COPY that reads the rows.

        :param most: of them only the first so many
        """
        texts = [text_of(column, self.wanted.form, self.wanted.options) for column in self.columns]
        query = SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            SQL(", ").join(texts), self.source.relation, self.where, self.order
        )
        limits = [limit for limit in (self.wanted.limit, most) if limit is not None]
        if limits:
            query = SQL("{} LIMIT {}").format(query, Literal(min(limits)))
        options = copy_options(self.wanted.form, self.wanted.options)
        return copy_of(reader, query, options)

    def all_rows(self) -> Composable:
        """Return the query of all rows, whatever is to be shown of them."""
        return SQL("SELECT FROM {} WHERE {}").format(self.source.relation, self.where)

    def counted(self, *, most: int | None = None) -> Composable:
        """Return the query that counts the rows, at most so far."""
        limits = [limit for limit in (self.wanted.limit, most) if limit is not None]
        if not limits:
            return SQL("SELECT count(*) FROM {} WHERE {}").format(self.source.relation, self.where)
        return SQL("SELECT count(*) FROM ({} LIMIT {}) counted").format(
            self.all_rows(), Literal(min(limits))
        )

    def at_most(self, rows: int) -> int:
        """Return how many of so many rows are wanted."""
        return rows if self.wanted.limit is None else min(rows, self.wanted.limit)


def plan_export(wanted: Wanted, source: Source, *, asked_at: datetime) -> ExportPlan:
    """
    Put both together.

    :raises InvalidExport: naming every column and every value that does not fit the source
    """
    complaints = _Complaints()
    tried = complaints.tried
    names = wanted.columns or list(source.by_name)
    if len(names) > MOST_COLUMNS:
        message = f"There are {len(names):,} columns; choose at most {MOST_COLUMNS:,}."
        raise InvalidExport(details=[Detail("columns", "limit_exceeded", message)])
    columns = [tried(_found, source, name, f"columns[{n}]") for n, name in enumerate(names)]
    for name in wanted.rename:
        tried(_check_renamed, name, frozenset(names))
    conditions = [
        tried(_condition, source, asked, f"filters[{n}]") for n, asked in enumerate(wanted.filters)
    ]
    order = [tried(_order, source, asked, f"sort[{n}]") for n, asked in enumerate(wanted.sort)]
    if complaints.details:
        raise InvalidExport(details=complaints.details)
    plan = ExportPlan(
        wanted=wanted,
        source=source,
        columns=tuple(columns),
        where=SQL(" AND ").join(conditions) if conditions else SQL("true"),
        order=SQL(", ").join([*order, source.key]),
        asked_at=asked_at,
    )
    _check_titles(plan)
    return plan


class _Complaints:
    """Everything that is wrong, in one go."""

    def __init__(self) -> None:
        self.details: list[Detail] = []

    def tried(self, read: Callable[..., Any], *given: Any) -> Any:
        """Return what is read, or note why it cannot be."""
        try:
            return read(*given)
        except Unacceptable as error:
            self.details.append(Detail(error.field, error.code, error.message))


def _found(source: Source, name: str, where: str) -> Column:
    column = source.by_name.get(name)
    if column is None:
        message = f"There is no column {name[:60]}."
        raise Unacceptable(where, "unknown_column", message)
    return column


def _check_renamed(name: str, names: frozenset[str]) -> None:
    if name not in names:
        message = f"{name[:60]} is none of the columns."
        raise Unacceptable(f"rename.{name[:60]}", "unknown_column", message)


def _condition(source: Source, asked: dict[str, Any], where: str) -> Composable:
    column = _found(source, asked["field"], f"{where}.field")
    return condition(column, asked["op"], asked["value"], where)


def _order(source: Source, asked: dict[str, str], where: str) -> Composable:
    column = _found(source, asked["field"], f"{where}.field")
    direction = "DESC NULLS LAST" if asked["dir"] == "desc" else "ASC NULLS LAST"
    if column.kind != Kind.ANY:
        return SQL("{} " + direction).format(column.value)
    # Numbers among each other, and then everything else.
    by_number, by_text = number_of(column), SQL("({} #>> '{{}}')").format(column.value)
    return SQL("{} " + direction + ", {} " + direction).format(by_number, by_text)


def _check_titles(plan: ExportPlan) -> None:
    """Refuse two columns of one name: in JSON the one would hide the other."""
    [(title, count)] = Counter(head.name for head in plan.heads).most_common(1)
    if count > 1:
        message = f"Two columns would be called {title[:60]}."
        raise InvalidExport(details=[Detail("rename", "duplicate", message)])
