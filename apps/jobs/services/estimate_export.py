from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from psycopg import Connection
from psycopg.errors import QueryCanceled

from apps.accounts.models import User
from apps.core.errors import Unavailable
from apps.jobs.exports.plan import ExportPlan
from apps.jobs.exports.reading import Rows, copy_of, read_copy, set_up
from apps.jobs.files.kinds import Kind
from apps.jobs.files.options import read_export_options
from apps.jobs.services.prepare_export import expected_rows, prepare_export, refuse_too_many

SAMPLED = 100
SHOWN = 10
EMPTY_WORKBOOK = 6_000  # bytes, without any rows
MOST_MILLISECONDS = 5_000
MOST_TO_COUNT = 1_500


class EstimateTakesTooLong(Unavailable):
    """The first rows are not found quickly enough to estimate; the export itself has more time."""

    code = "estimate_takes_too_long"


@dataclass(frozen=True)
class Estimate:
    """How much an export would be, and how it begins."""

    plan: ExportPlan
    rows: int
    exact: bool
    bytes: int
    preview: list[dict[str, Any]]
    warnings: list[str]


def estimate_export(
    *,
    document: Any,
    user: User,
    now: datetime,
    scopes: frozenset[str] = frozenset(),
    shown: int = SHOWN,
) -> Estimate:
    """
    Tell how much an export would be, and how it begins.

    :raises InvalidExport: naming everything that is wrong
    :raises DomainError: if the source cannot be read
    :raises EstimateTakesTooLong: if the first rows are not found in time
    """
    plan = prepare_export(document, user=user, now=now, scopes=scopes)
    with transaction.atomic():
        reader: Connection[Any] = connection.connection
        set_up(reader, milliseconds=MOST_MILLISECONDS)
        try:
            if plan.source.load is not None:
                plan.source.load(reader, SAMPLED, _go_on)
            sample = _rows_of(plan, reader, SAMPLED)
            preview = _preview(plan, reader, shown)
            rows, exact = _count(plan, reader)
        except QueryCanceled:
            raise EstimateTakesTooLong from None
    refuse_too_many(plan, rows)
    return Estimate(plan, rows, exact, _bytes(plan, sample, rows), preview, _warnings(plan))


def _go_on() -> None:
    """Nobody wants this to end."""


def _rows_of(plan: ExportPlan, reader: Connection[Any], most: int) -> Rows:
    found = Rows()
    for rows in read_copy(reader, plan.copy(reader, most=most), _go_on):
        found += rows
    return found


def _preview(plan: ExportPlan, reader: Connection[Any], shown: int) -> list[dict[str, Any]]:
    wanted = replace(plan.wanted, form="ndjson", options=read_export_options("ndjson", {}))
    as_lines = replace(plan, wanted=wanted)
    rows = _rows_of(as_lines, reader, shown)
    if not rows:
        return []
    sheet = as_lines.file_of(len(rows)).recipe.sheets[0]
    lines = as_lines.blocks()(rows, sheet, 0).splitlines()
    return [orjson.loads(line) for line in lines]


def _count(plan: ExportPlan, reader: Connection[Any]) -> tuple[int, bool]:
    """Return how many rows there are, and whether they were counted."""
    if plan.source.load is not None:
        assert plan.source.rows is not None  # noqa: S101 - what is loaded has been counted
        return plan.at_most(plan.source.rows), not plan.is_filtered
    expected = expected_rows(plan)
    reader.execute("SAVEPOINT counting")
    set_up(reader, milliseconds=MOST_TO_COUNT)
    try:
        [[row]] = list(read_copy(reader, copy_of(reader, plan.counted()), _go_on))
    except QueryCanceled:
        reader.execute("ROLLBACK TO SAVEPOINT counting")
        return expected, False
    return int(row), True


def _bytes(plan: ExportPlan, sample: Rows, rows: int) -> int:
    recipe = plan.file_of(rows).recipe
    sheet = recipe.sheets[0]
    writer = recipe.writer()
    size = len(writer.head(sheet)) + len(writer.tail(sheet))
    if sample:
        size += len(plan.blocks()(sample, sheet, 0)) * rows // len(sample)
    frame = EMPTY_WORKBOOK if plan.wanted.form == "xlsx" else 0
    return frame + size // recipe.packed_to


def _warnings(plan: ExportPlan) -> list[str]:
    warnings = []
    if plan.wanted.options.get("formulaGuard") is False:
        warnings.append("Texts that look like formulas are not made harmless for spreadsheets.")
    asked = {each["field"] for each in [*plan.wanted.filters, *plan.wanted.sort]}
    warnings += [
        f"{name} has values of several kinds: numbers are compared with numbers, and sorted before"
        " all else."
        for name in sorted(asked)
        if plan.source.by_name[name].kind == Kind.ANY
    ]
    return warnings
