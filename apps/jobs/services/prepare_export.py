"""What an export needs to know before it can begin, in the request and again in the worker."""

from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from apps.accounts.models import User
from apps.core.errors import Detail, Forbidden
from apps.jobs.exports.datasets import find_dataset
from apps.jobs.exports.plan import MOST_SHEET_ROWS, ExportPlan, plan_export
from apps.jobs.exports.wanted import InvalidExport, Wanted, read_wanted
from apps.jobs.models import Job
from apps.jobs.services.find_export_source import SourceNotFound, find_export_source

SCOPE_OF = {"upload": "uploads", "generation": "jobs"}
# An estimate below this share of a sheet's rows is not worth counting.
NEAR_A_SHEET = MOST_SHEET_ROWS // 5


def prepare_export(
    document: Any, *, user: User, now: datetime, scopes: frozenset[str] = frozenset()
) -> ExportPlan:
    """
    Check an export as a whole.

    :param scopes: to what the caller's key is confined; nothing for one that is not
    :raises InvalidExport: naming everything that is wrong
    :raises DomainError: if the source cannot be read, see `find_export_source`
    """
    wanted = read_wanted(document)
    _check_scopes(wanted, user, scopes)
    return plan_export(wanted, find_export_source(wanted.source, user), asked_at=now)


def plan_of_export(job: Job) -> ExportPlan:
    """
    Return the plan of a job that was accepted earlier.

    :raises DomainError: if its source is gone, or its owner may not read it any more
    """
    if job.owner is None:
        raise SourceNotFound
    given = {name: value for name, value in job.params.items() if value is not None}
    wanted = read_wanted(given)
    return plan_export(
        wanted, find_export_source(wanted.source, job.owner), asked_at=job.created_at
    )


def _check_scopes(wanted: Wanted, user: User, scopes: frozenset[str]) -> None:
    if not scopes:
        return
    kind = wanted.source["kind"]
    scope = SCOPE_OF.get(kind) or find_dataset(wanted.source["dataset"], user).scope
    if not scopes & {f"{scope}:read", f"{scope}:write"}:
        raise Forbidden(f"This key may not read {scope}.")


def expected_rows(plan: ExportPlan) -> int:
    """Return about how many rows there will be, without counting them."""
    if plan.source.rows is not None:
        return plan.at_most(plan.source.rows)
    connection.ensure_connection()
    query = plan.all_rows().as_string(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query}")
        (found,) = cursor.fetchone()
    plans = orjson.loads(found) if isinstance(found, str | bytes) else found
    return plan.at_most(int(plans[0]["Plan"]["Plan Rows"]))


def check_sheet(plan: ExportPlan, expected: int) -> None:
    """
    Refuse more rows than a worksheet has, as far as that can be known now.

    :raises InvalidExport: if so
    """
    if plan.wanted.form != "xlsx" or plan.wanted.options["split"] or expected < NEAR_A_SHEET:
        return
    if plan.source.load is not None:
        return  # never that many; the worker counts anyway
    connection.ensure_connection()
    query = plan.counted(most=MOST_SHEET_ROWS + 1).as_string(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(query)
        refuse_too_many(plan, cursor.fetchone()[0])


def refuse_too_many(plan: ExportPlan, rows: int) -> None:
    """
    Refuse more rows than a worksheet has, unless they may be split.

    :raises InvalidExport: if so
    """
    if plan.wanted.form != "xlsx" or plan.wanted.options["split"] or rows <= MOST_SHEET_ROWS:
        return
    message = (
        f"A worksheet holds {MOST_SHEET_ROWS:,} rows below its header; filter, limit or split them."
    )
    raise InvalidExport(message, details=[Detail("formatOptions.split", "too_many_rows", message)])
