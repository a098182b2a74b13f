"""A dry run: what would be sent, what would be refused, and how long it would take at least."""

from collections.abc import Iterable
from typing import Any

from apps.accounts.models import User
from apps.batches.intake import Intake, Prepared, Source, records_of
from apps.batches.masked_request import masked_headers
from apps.batches.models import BatchSession
from apps.batches.services.submit_records import SHOWN_DETAILS, examine_records

SAMPLES = 3


def rehearse_records(
    *, session: BatchSession, records: Any, allow_duplicates: bool = False
) -> dict[str, Any]:
    """
    Check records as a submission would, and show the first requests.

    :raises NoRecords: if there are none
    :raises BadRecords: if these are no records at all, or too many
    """
    prepared = examine_records(session, records, allow_duplicates=allow_duplicates)
    return _summary(session, prepared)


def rehearse_source(
    *,
    session: BatchSession,
    owner: User,
    source: dict[str, Any],
    allow_duplicates: bool = False,
) -> dict[str, Any]:
    """
    Check every row of a file as a batch would, and show the first requests.

    :raises BadSource: if the source's options are wrong
    :raises BadMapping: if the mapping does not fit the sheet
    :raises Unreadable: if the file or the sheet cannot be read
    """
    wanted = Source.parse(source, session=session, owner=owner)
    intake = Intake(session, allow_duplicates=allow_duplicates)
    with wanted.open() as opened:
        mapping = wanted.mapping_for(opened.info)
        plan = mapping.bind(opened.info.columns)
        return _summary(session, intake.built(plan, records_of(opened, mapping, plan)))


def _summary(session: BatchSession, prepared: Iterable[Prepared]) -> dict[str, Any]:
    total = 0
    details: list[dict[str, Any]] = []
    requests: list[dict[str, Any]] = []
    invalid = 0
    for index, each in enumerate(prepared):
        total += 1
        if each.issues:
            invalid += 1
            if len(details) < SHOWN_DETAILS:
                details.append({"index": index, "row": each.row, "issues": each.issues})
        elif len(requests) < SAMPLES:
            requests.append(_request(session, each))
    return {
        "dryRun": True,
        "totalRecords": total,
        "validCount": total - invalid,
        "invalidCount": invalid,
        "details": details,
        "requests": requests,
        "estimatedSeconds": round((total - invalid) * _pace(session), 1),
    }


def _request(session: BatchSession, each: Prepared) -> dict[str, Any]:
    return {
        "row": each.row,
        "method": session.method,
        "url": session.api_url,
        "headers": _headers(session),
        "body": each.record,
    }


def _headers(session: BatchSession) -> dict[str, str]:
    headers = masked_headers(session)
    if session.idempotency_header:
        headers[session.idempotency_header] = "one per record, the same on every attempt"
    return headers


def _pace(session: BatchSession) -> float:
    """Return the seconds between two calls that the session asks for."""
    return max(60 / session.requests_per_minute, session.min_interval_ms / 1000)
