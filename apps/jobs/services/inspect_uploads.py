from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.core.errors import DomainError
from apps.core.times import iso
from apps.jobs.models import Job
from apps.jobs.services.assemble_result import STORED, results_folder
from apps.jobs.services.work_slice import Slice
from apps.uploads.models import Upload
from apps.uploads.receiving import room_on_disk
from apps.uploads.services.inspect_upload import Inspection, inspect_upload
from apps.uploads.services.touch_upload import touch_upload


class Stopped(Exception):
    """Somebody wants this work to end now."""


def inspect_uploads(work: Slice) -> None:
    """
    Find out what is in every file of the job, and what of it does not fit.

    What cannot be read is named in the report; if nothing could be, the job fails.
    """
    ids = [UUID(file["uploadId"]) for file in work.job.params["files"]]
    uploads = Upload.objects.readable().in_bulk(ids)
    found = list((work.job.result_meta or {}).get("files", []))  # of the slice before
    for done, upload_id in enumerate(ids[len(found) :], start=len(found) + 1):
        try:
            _check_turn(work)
            found.append(_inspect(uploads.get(upload_id), upload_id, work))
        except Stopped:
            work.again(result_meta={"files": found})
            return
        work.report(done=done, total=len(ids), force=done == len(ids))
    _conclude(work, found)


def _check_turn(work: Slice) -> None:
    if work.is_over():
        raise Stopped


def _inspect(upload: Upload | None, upload_id: UUID, work: Slice) -> dict[str, Any]:
    entry: dict[str, Any] = {"uploadId": str(upload_id)}
    if upload is None:
        return entry | {"error": "The file was removed.", "code": "upload_gone"}

    def step() -> None:
        work.check_lease()
        if work.must_stop():
            raise Stopped

    entry["originalName"] = upload.original_name
    options = work.job.params["options"]
    header_row = 1 if options.get("header", True) else 0
    touch_upload(upload=upload, now=timezone.now())
    try:
        inspection = inspect_upload(
            upload=upload, sheet=options.get("sheet"), header_row=header_row, step=step
        )
    except DomainError as error:
        return entry | {"error": str(error), "code": error.code}
    return entry | _as_json(upload, inspection)


def _as_json(upload: Upload, found: Inspection) -> dict[str, Any]:
    info = found.info
    return {
        "kind": str(upload.kind),
        "encoding": upload.encoding,
        "delimiter": info.delimiter,
        "sheets": info.sheets,
        "sheet": info.sheet,
        "headerRow": upload.header_row,
        "columns": [column.as_json() for column in found.columns],
        "rows": found.rows,
        "problems": found.count,
        "badRows": [problem.as_json() for problem in found.problems],
    }


def _conclude(work: Slice, found: list[dict[str, Any]]) -> None:
    failures = [entry for entry in found if "error" in entry]
    if len(failures) == len(found):
        first = failures[0]
        work.fail(code=first["code"], message=first["error"], detail={"files": found})
        return
    report = {"jobId": str(work.job.pk), "files": found}
    path, known = _stored(work, orjson.dumps(report, option=orjson.OPT_INDENT_2))
    known |= {"files": [_short(entry) for entry in found]}
    known["rows"] = sum(entry.get("rows", 0) for entry in found)
    work.finish(
        partial=bool(failures),
        result_uri=f"{STORED}{path}",
        result_meta=known,
        result_expires_at=parse_datetime(known["expiresAt"]),
    )


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what the job's status tells of a file; the report has all of it."""
    if "error" in entry:
        return entry
    names = [column["name"] for column in entry["columns"]]
    told = ("uploadId", "sheets", "sheet", "rows", "problems")
    return {name: entry[name] for name in told} | {"columns": names}


def _stored(work: Slice, content: bytes) -> tuple[str, dict[str, Any]]:
    work.check_lease()
    path = f"{results_folder(work.job)}/{work.fence}"
    with room_on_disk():
        path = default_storage.save(path, ContentFile(content))
    return path, _known(work.job, content, timezone.now())


def _known(job: Job, content: bytes, now: datetime) -> dict[str, Any]:
    return {
        "filename": f"report-{job.created_at:%Y-%m-%d}.json",
        "contentType": "application/json",
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
        "expiresAt": iso(now + timedelta(days=settings.RESULT_TTL_DAYS)),
    }
