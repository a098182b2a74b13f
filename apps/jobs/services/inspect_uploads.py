from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.core.errors import DomainError
from apps.jobs.services.work_slice import Slice
from apps.uploads.models import Upload
from apps.uploads.services.describe_upload import describe_upload
from apps.uploads.services.touch_upload import touch_upload


def inspect_uploads(work: Slice) -> None:
    """
    Find out the sheets, columns and number of rows of every file of the job.

    What cannot be read is named in the result; if nothing could be, the job fails.
    """
    ids = [UUID(file["uploadId"]) for file in work.job.params["files"]]
    uploads = Upload.objects.readable().in_bulk(ids)
    found = list((work.job.result_meta or {}).get("files", []))  # of the slice before
    for done, upload_id in enumerate(ids[len(found) :], start=len(found) + 1):
        if work.is_over():
            work.again(result_meta={"files": found})
            return
        found.append(_inspect(uploads.get(upload_id), upload_id, work))
        work.report(done=done, total=len(ids), force=done == len(ids))
    _conclude(work, found)


def _inspect(upload: Upload | None, upload_id: UUID, work: Slice) -> dict[str, Any]:
    entry: dict[str, Any] = {"uploadId": str(upload_id)}
    if upload is None:
        return entry | {"error": "The file was removed.", "code": "upload_gone"}
    options = work.job.params["options"]
    header_row = 1 if options.get("header", True) else 0
    touch_upload(upload=upload, now=timezone.now())
    try:
        info = describe_upload(upload=upload, sheet=options.get("sheet"), header_row=header_row)
    except DomainError as error:
        return entry | {"error": str(error), "code": error.code}
    return entry | {
        "sheets": info.sheets,
        "sheet": info.sheet,
        "columns": info.columns,
        "rows": info.rows,
    }


def _conclude(work: Slice, found: list[dict[str, Any]]) -> None:
    failures = [entry for entry in found if "error" in entry]
    if len(failures) == len(found):
        first = failures[0]
        work.fail(code=first["code"], message=first["error"], detail={"files": found})
        return
    rows = sum(entry.get("rows", 0) for entry in found)
    work.finish(partial=bool(failures), result_meta={"files": found, "rows": rows})
