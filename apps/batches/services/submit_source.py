from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.batches.intake import BadSource, Source
from apps.batches.models import BatchRun, BatchSession
from apps.batches.services.admit_job import admit_job, check_usable
from apps.core.errors import Detail
from apps.jobs.models import Job
from apps.jobs.services.start_job import start_job
from apps.jobs.status import JobType
from apps.uploads.reading import SheetInfo, TooManyRows
from apps.uploads.services.describe_upload import describe_upload
from apps.uploads.services.touch_upload import touch_upload


def submit_source(
    *,
    session: BatchSession,
    owner: User,
    source: dict[str, Any],
    now: datetime,
    verbose: bool = False,
    priority: int = 5,
    allow_duplicates: bool = False,
) -> Job:
    """
    Accept the rows of an uploaded file to be sent; each row is checked when it is read.

    :raises BadSource: if the source's options are wrong, or the sheet is empty
    :raises BadMapping: if the mapping does not fit the sheet
    :raises Unreadable: if the file or the sheet cannot be read
    :raises SessionExpired: if the session may not send any more
    :raises TooManyJobs: if the session has too many open jobs
    """
    check_usable(session, now)
    wanted = Source.parse(source, session=session, owner=owner)
    info = look_into(wanted)
    with transaction.atomic():
        admit_job(session, now)
        job = start_job(
            type=JobType.BATCH,
            owner=owner,
            title=f"{wanted.upload} to {session}",
            priority=priority,
            lane=session.public_id,
            total=info.rows,
        )
        BatchRun.objects.create(
            job=job,
            session=session,
            upload=wanted.upload,
            source=wanted.as_json(),
            sheet=(info.sheet or "")[:255],
            total=info.rows,
            verbose=verbose,
            allow_duplicates=allow_duplicates,
        )
        touch_upload(upload=wanted.upload, now=now)
    return job


def look_into(source: Source) -> SheetInfo:
    """
    Return what the sheet looks like, provided that its rows can become records.

    Its number of rows counts blank ones, too: an upper bound until the rows are read.

    :raises BadMapping: if the mapping does not fit the sheet
    :raises BadSource: if the sheet has no rows
    :raises TooManyRows: if it has more than the source allows
    """
    info = describe_upload(upload=source.upload, sheet=source.sheet, header_row=source.header_row)
    mapping = source.mapping_for(info)
    if not info.rows:
        message = "There are no rows below the header."
        raise BadSource(message, details=[Detail("source", "no_rows", message)])
    if mapping.max_rows is not None and info.rows > mapping.max_rows:
        raise TooManyRows(f"The sheet has {info.rows} rows; maxRows allows {mapping.max_rows}.")
    return info
