from dataclasses import replace
from typing import Any

from psycopg import Connection

from apps.jobs.exports.blocks import columns_of
from apps.jobs.exports.plan import ExportPlan
from apps.jobs.exports.reading import Rows, Step, read_copy
from apps.jobs.files.kinds import Head, Kind, Sheet

LOOKED_AT = 100
NARROWEST = 6
OF_THEIR_KIND = (Kind.DATE, Kind.DATETIME, Kind.TIME)


def widened(plan: ExportPlan, reader: Connection[Any], step: Step) -> tuple[Head, ...]:
    """Return the columns of a workbook, as wide as the first rows need them."""
    if plan.wanted.form != "xlsx" or plan.wanted.options["columnWidths"] == "fixed":
        return plan.heads
    rows = Rows()
    for more in read_copy(reader, plan.copy(reader, most=LOOKED_AT), step):
        rows += more
    if not rows:
        return plan.heads
    columns = columns_of(rows, Sheet("", plan.heads, len(rows)))
    return tuple(map(_widened, plan.heads, columns))


def _widened(head: Head, values: list[Any]) -> Head:
    if head.kind in OF_THEIR_KIND:
        return head
    longest = max((len(_first_line(value)) for value in values if value is not None), default=0)
    return replace(head, width=max(NARROWEST, longest + 2))


def _first_line(value: Any) -> str:
    return str(value).split("\n", 1)[0]
