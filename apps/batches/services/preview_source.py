from typing import Any

from apps.accounts.models import User
from apps.batches.intake import Intake, Prepared, Source, records_of
from apps.batches.models import BatchSession

MOST_SAMPLES = 50


def preview_source(
    *,
    session: BatchSession,
    owner: User,
    source: dict[str, Any],
    limit: int = 10,
    allow_duplicates: bool = False,
) -> dict[str, Any]:
    """
    Show what the first rows would become, and how many of all rows could not be sent.

    :raises BadSource: if the source's options are wrong
    :raises BadMapping: if the mapping does not fit the sheet
    :raises Unreadable: if the file or the sheet cannot be read
    """
    wanted = Source.parse(source, session=session, owner=owner)
    intake = Intake(session, allow_duplicates=allow_duplicates)
    sample: list[dict[str, Any]] = []
    records = invalid = 0
    with wanted.open() as opened:
        mapping = wanted.mapping_for(opened.info)
        plan = mapping.bind(opened.info.columns)
        rows = records_of(opened, mapping, plan)
        for each in intake.built(plan, rows):
            if len(sample) < min(limit, MOST_SAMPLES):
                sample.append(_shown(each))
            records += 1
            invalid += bool(each.issues)
    return {
        "columns": opened.info.columns,
        "sample": sample,
        "rows": plan.rows_read,
        "records": records,
        "invalid": invalid,
    }


def _shown(each: Prepared) -> dict[str, Any]:
    return {"row": each.row, "record": each.record, "issues": each.issues}
