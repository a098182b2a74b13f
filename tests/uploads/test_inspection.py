"""What the report of an upload tells: columns, their types, and the rows that do not fit."""

import orjson
import pytest

from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.inspect_uploads import inspect_uploads
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.work_slice import Slice
from apps.uploads.inspection.types import type_of_text
from apps.uploads.models import Upload
from tests.factories.uploads import UploadFactory
from tests.support import workbooks

pytestmark = pytest.mark.django_db(transaction=True)


def report_of(operator_api, job_id) -> dict:
    """Look into the files of the job and fetch its report."""
    run_slice(job_id=job_id)
    answer = operator_api.get(f"/status/{job_id}/result")
    assert answer.status_code == 200, answer.json()
    return orjson.loads(b"".join(answer.streaming_content))


def test_the_report_names_types_and_the_rows_that_do_not_fit(send, operator_api):
    lines = [f"RX-{n};{n};{n}.50;2025-11-{n:02}" for n in range(1, 31)]
    lines[3:6] = ["RX-4;four;4.50;2025-11-04", "RX-5;5;5.50;2025-13-05", "RX-6;6;6;2025-11-06;x"]
    content = "\n".join(["Claim;Days;Price;On", *lines, ""]).encode()

    body = send(("march.csv", content)).json()
    [file] = report_of(operator_api, body["jobId"])["files"]

    assert (file["kind"], file["encoding"], file["delimiter"]) == ("delimited", "utf-8", ";")
    assert (file["rows"], file["sheets"], file["headerRow"]) == (30, [], 1)
    types = [(column["name"], column["type"], column["odd"]) for column in file["columns"]]
    assert types == [
        ("Claim", "text", 0),
        ("Days", "integer", 1),
        ("Price", "decimal", 0),
        ("On", "date", 1),
    ]
    assert file["problems"] == 3
    assert [(bad["row"], bad["field"], bad["code"]) for bad in file["badRows"]] == [
        (5, "Days", "wrong_type"),
        (6, "On", "wrong_type"),
        (7, None, "ragged_row"),
    ]
    assert file["badRows"][0]["message"] == (
        "'four' is not a whole number, as the rest of the column is."
    )
    upload = operator_api.get(f"/upload/{body['files'][0]['uploadId']}").json()
    assert (upload["rowCount"], upload["delimiter"], upload["columns"][1]) == (30, ";", "Days")
    assert upload["columnTypes"] == ["text", "mixed", "decimal", "mixed"]


def test_only_the_first_hundred_bad_rows_are_told_and_all_are_counted(send, operator_api):
    lines = [str(n) if n % 20 else "x" for n in range(1, 4_001)]

    body = send(("n.csv", "\n".join(["n", *lines]).encode())).json()
    [file] = report_of(operator_api, body["jobId"])["files"]

    assert (file["problems"], len(file["badRows"])) == (200, 100)
    assert [bad["row"] for bad in file["badRows"][:2]] == [21, 41]


def test_error_cells_and_types_of_a_workbook_are_told(operator_api):
    upload = UploadFactory(owner=operator_api.user, content=workbooks.with_errors_and_formulas())
    params = {"files": [{"uploadId": str(upload.pk)}], "options": {}}
    job = Job.objects.create(type="upload", owner=upload.owner, params=params)

    [file] = report_of(operator_api, job.pk)["files"]

    errors = [bad for bad in file["badRows"] if bad["code"] == "error_cell"]
    assert {(2, "Total"), (3, "Days")} <= {(bad["row"], bad["field"]) for bad in errors}
    assert file["sheet"] == file["sheets"][0]


def test_a_cancelled_inspection_stops_within_a_file(operator_api):
    upload = UploadFactory(owner=operator_api.user)
    params = {"files": [{"uploadId": str(upload.pk)}], "options": {}}
    job = Job.objects.create(type="upload", owner=upload.owner, params=params)
    work = Slice(claim_job(job.pk))
    cancel_job(job=job, actor="me", now=job.created_at)
    work.must_stop = lambda: True

    inspect_uploads(work)

    assert Job.objects.get(pk=job.pk).lease_until is None
    assert Upload.objects.get(pk=upload.pk).columns is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0", "integer"),
        ("-12", "integer"),
        ("007", "text"),
        ("+5", "text"),
        ("1234567890123456", "text"),
        ("-0.50", "decimal"),
        (".5", "text"),
        ("1e5", "text"),
        ("1,5", "text"),
        ("2025-02-28", "date"),
        ("2025-02-29", "text"),
        ("2025-02-28 23:59:59.5", "datetime"),
        ("2025-02-28T25:00:00", "text"),
        ("2025-02-28T10:00Z", "datetimeWithZone"),
        ("TRUE", "boolean"),
        ("yes", "text"),
        ("٣", "text"),
        ("1\n", "text"),
    ],
)
@pytest.mark.django_db(transaction=False)
def test_a_text_is_a_number_or_a_date_only_if_nothing_is_lost(text, found):
    assert type_of_text(text) == found
