"""A small batch that was sent to a recording partner, and what people do to its workbook."""

import io
from contextlib import contextmanager

import openpyxl
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.batches.models import BatchRow, BatchRun
from apps.batches.services.export_corrected import export_corrected
from apps.batches.services.submit_source import submit_source
from apps.core.ids import new_id
from apps.jobs.services.run_slice import run_slice
from apps.uploads.kinds import XLSX_TYPE
from apps.uploads.models import Upload
from apps.uploads.status import UploadStatus
from tests.factories.batches import BatchSessionFactory, upload_of
from tests.factories.uploads import UploadFactory
from tests.support.workbooks import workbook

HEADER = ["Claim", "Member", "Days", "Note"]
ROWS = [
    ["RX-1", "007", 30, "fine"],
    ["RX-2", "008", -3, "wrong days"],
    ["RX-3", "009", 30, "partner down"],
    ["RX-4", "010", "many", "no number"],
    ["RX-5", "011", 10, "=1+1"],
]
MAPPING = {
    "Claim": "requestId",
    "Member": {"field": "memberId", "type": "string"},
    "Days": {"field": "daysOfSupply", "type": "integer"},
    "Note": "note",
}
SCRIPT = {"RX-2": "status:422", "RX-3": "status:500"}


def session_with(partner, owner=None, **options):
    return BatchSessionFactory(
        api_url=partner.url,
        min_interval_ms=0,
        requests_per_minute=6000,
        **({"owner": owner} if owner else {}),
        **options,
    )


def submitted(session, upload, **source):
    source = {"uploadId": str(upload.pk), "mapping": MAPPING, **source}
    job = submit_source(session=session, owner=session.owner, source=source, now=upload.uploaded_at)
    return found(job.pk)


def small_workbook(owner, *rows):
    return UploadFactory(owner=owner, content=workbook(HEADER, *(rows or ROWS)))


def sent(run):
    """Work on the batch as a worker would, until it is finished."""
    for _ in range(5):
        run_slice(job_id=run.pk)
        run = found(run.pk)
        if not run.job.is_open:
            return run
    raise AssertionError(f"still {run.job.state}: {run.counts}")


def found(pk):
    return BatchRun.objects.select_related("job", "session", "upload").get(pk=pk)


def corrected(run, **options):
    file = io.BytesIO()
    export_corrected(run=run, file=file, **options)
    return openpyxl.load_workbook(io.BytesIO(file.getvalue()))


def lines(sheet, header_row=1):
    """Return the sheet's lines by their column's names."""
    rows = list(sheet.iter_rows(min_row=header_row, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@contextmanager
def editing(book, sheet=None, header_row=1):
    """Let a test set cells as a person would: `cells[3, "Days"] = 30`."""
    sheet = book[sheet] if sheet else book.active
    names = [cell.value for cell in sheet[header_row]]

    class Cells:
        def __setitem__(self, place, value):
            row, name = place
            sheet.cell(row, names.index(name) + 1).value = value

        def __getitem__(self, place):
            row, name = place
            return sheet.cell(row, names.index(name) + 1)

        def remove(self, row):
            sheet.delete_rows(row)

    yield Cells()


def uploaded(book, owner, name="corrected.xlsx"):
    file = io.BytesIO()
    book.save(file)
    content = file.getvalue()
    return Upload.objects.create(
        owner=owner,
        original_name=name,
        stored_path=default_storage.save(f"uploads/{new_id()}", ContentFile(content)),
        mime_type=XLSX_TYPE,
        size_bytes=len(content),
        sha256="0" * 64,
        status=UploadStatus.COMPLETED,
    )


def states(run):
    return dict(BatchRow.objects.filter(run=run).values_list("key", "state"))


__all__ = [
    "HEADER",
    "MAPPING",
    "ROWS",
    "SCRIPT",
    "corrected",
    "editing",
    "found",
    "lines",
    "sent",
    "session_with",
    "small_workbook",
    "states",
    "submitted",
    "upload_of",
    "uploaded",
]
