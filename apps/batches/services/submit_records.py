import zlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.batches.intake import Intake, Prepared
from apps.batches.models import BatchRun, BatchSession
from apps.batches.services.admit_job import admit_job, check_usable
from apps.batches.validation import as_text
from apps.core.errors import Detail, Incomplete, Invalid
from apps.core.lean import insert
from apps.jobs.models import Job
from apps.jobs.services.start_job import start_job
from apps.jobs.status import JobType

SHOWN_DETAILS = 100
# Level 1: half the time of the default for a few percent more bytes, which live for seconds.
COMPRESSION = 1
FIRST_RECORD = {"TransactionId": "requestId", "MemberId": "memberId", "PayerId": "payerId"}


class NoRecords(Incomplete):
    """Missing data"""


class BadRecords(Invalid):
    """Job data validation failed"""


def submit_records(
    *,
    session: BatchSession,
    owner: User,
    records: Any,
    now: datetime,
    verbose: bool = False,
    priority: int = 5,
    allow_duplicates: bool = False,
) -> Job:
    """
    Accept records to be sent, all or none.

    :raises NoRecords: if there are none
    :raises BadRecords: if one of them cannot be sent, with what is wrong with each
    :raises SessionExpired: if the session may not send any more
    :raises TooManyJobs: if the session has too many open jobs
    """
    check_usable(session, now)
    prepared = examine_records(session, records, allow_duplicates=allow_duplicates)
    refuse_invalid(prepared)
    staged = zlib.compress(b"\n".join(each.payload for each in prepared), COMPRESSION)
    with transaction.atomic():
        admit_job(session, now)
        job = start_job(
            type=JobType.BATCH,
            owner=owner,
            title=f"{len(prepared)} records to {session}",
            priority=priority,
            lane=session.public_id,
            total=len(prepared),
        )
        job.batch = BatchRun(
            job=job,
            session=session,
            staged=staged,
            total=len(prepared),
            verbose=verbose,
            allow_duplicates=allow_duplicates,
            first_record=first_record(prepared[0].record),
        )
        insert(job.batch)
    return job


def examine_records(
    session: BatchSession, records: Any, *, allow_duplicates: bool
) -> list[Prepared]:
    """
    Check each record.

    :raises NoRecords: if there are none
    :raises BadRecords: if these are no records at all, or too many
    """
    if not records:
        raise NoRecords
    if not isinstance(records, list):
        raise BadRecords(details=[Detail("records", "type", "Give a list of JSON objects.")])
    if len(records) > settings.BATCH_MAX_RECORDS:
        message = (
            f"{len(records)} records are too many; send at most {settings.BATCH_MAX_RECORDS}"
            " at once, or upload them as a file."
        )
        raise BadRecords(message, details=[Detail("records", "too_many", message)])
    return list(Intake(session, allow_duplicates=allow_duplicates).inline(records))


def refuse_invalid(prepared: list[Prepared]) -> None:
    """
    Accept all records or none.

    :raises BadRecords: if one has issues
    """
    details = details_of(prepared)
    if details:
        invalid = sum(1 for each in prepared if each.issues)
        raise BadRecords(
            extra={"details": details, "invalidCount": invalid, "totalRecords": len(prepared)}
        )


def details_of(prepared: list[Prepared]) -> list[dict[str, Any]]:
    """Return the first hundred records with issues, as the contract words them."""
    invalid = [
        {"index": index, "row": each.row, "issues": each.issues}
        for index, each in enumerate(prepared)
        if each.issues
    ]
    return invalid[:SHOWN_DETAILS]


def first_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return what the list of jobs shows of a batch: three fields of its first record."""
    return {name: _scalar(record.get(field)) for name, field in FIRST_RECORD.items()}


def _scalar(value: Any) -> str | int | float | None:
    if isinstance(value, str):
        return as_text(value)
    return value if isinstance(value, int | float) else None
