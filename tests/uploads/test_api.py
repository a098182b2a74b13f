import pytest

from apps.jobs.models import Job
from apps.jobs.services.run_slice import run_slice
from apps.uploads.models import Upload
from tests.factories.uploads import UploadFactory
from tests.support import workbooks
from tests.support.workbooks import workbook

CSV = b"Claim,Days\nRX-1,3\nRX-2,4\n"


@pytest.fixture
def march(operator_api):
    return UploadFactory(owner=operator_api.user)


def test_an_upload_is_answered_and_then_looked_into(send, operator_api):
    content = workbook(["Claim", "Days"], ["RX-1", 3], ["RX-2", 4], sheets=("March", "April"))
    response = send(("march.xlsx", content), ("more.csv", CSV))

    body = response.json()
    assert response.status_code == 201
    assert body["status"] == "pending"
    assert response["Location"] == body["statusUrl"] == f"/status/{body['jobId']}"
    run_slice(job_id=body["jobId"])

    job = Job.objects.get(pk=body["jobId"])
    assert (job.status, job.partial, job.progress_done) == ("completed", False, 2)
    first, second = (
        operator_api.get(f"/upload/{file['uploadId']}").json() for file in body["files"]
    )
    assert first["sheets"] == ["March", "April"]
    assert first["columns"] == second["columns"] == ["Claim", "Days"]
    assert first["rowCount"] == second["rowCount"] == 2


def test_a_file_that_cannot_be_read_fails_the_job_with_a_sentence(send):
    body = send(("a.json", b'[{"claim": "RX-1"}, 7]')).json()

    run_slice(job_id=body["jobId"])

    job = Job.objects.get(pk=body["jobId"])
    assert (job.status, job.error_code) == ("failed", "invalid_source")
    assert "not an object" in job.error_message


def test_one_bad_file_of_two_makes_the_job_partial(send):
    body = send(("a.json", b'[{"claim": "RX-1"}, 7]'), ("b.csv", CSV)).json()

    run_slice(job_id=body["jobId"])

    job = Job.objects.get(pk=body["jobId"])
    assert (job.status, job.partial) == ("completed", True)
    assert [file.get("rows") for file in job.result_meta["files"]] == [None, 2]


def test_options_reach_the_inspection(send):
    content = workbook(["RX-1", 3], ["RX-2", 4])
    body = send(("march.xlsx", content), header="false", sheet="Claims").json()

    run_slice(job_id=body["jobId"])

    upload = Upload.objects.get(pk=body["files"][0]["uploadId"])
    assert (upload.columns, upload.row_count) == (["Column A", "Column B"], 2)


def test_a_preview_shows_the_first_rows(operator_api):
    upload = UploadFactory(owner=operator_api.user, content=workbooks.with_errors_and_formulas())

    body = operator_api.get(f"/upload/{upload.pk}/preview?rows=2").json()

    assert body["columns"] == ["Claim", "Days", "Total", "Note"]
    assert body["rowCount"] == 5
    assert body["rows"] == [
        {"row": 2, "values": ["RX-1", 3, "#NO_VALUE", None]},
        {"row": 3, "values": ["RX-2", "#N/A", 4, "fine"]},
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("rows=0", "validation_failed"),
        ("rows=101", "validation_failed"),
        ("rows=x", "validation_failed"),
        ("sheet=Nope", "sheet_not_found"),
        ("headerRow=99", "invalid_source"),
    ],
)
def test_a_preview_of_what_is_not_there_is_refused(query, code, march, operator_api):
    response = operator_api.get(f"/upload/{march.pk}/preview?{query}")

    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize("path", ["", "/preview"])
def test_other_peoples_uploads_do_not_exist(path, march, admin_api, viewer_api, anonymous_api):
    url = f"/upload/{march.pk}{path}"

    assert anonymous_api.get(url).status_code == 401
    assert viewer_api.get(url).status_code == 404
    assert admin_api.get(url).status_code == 200
    assert admin_api.get("/upload/nonsense").status_code == 404


def test_a_viewer_may_not_upload_or_remove(viewer_api, send, march, kept_files):
    assert send(("a.csv", CSV), api=viewer_api).status_code == 403
    assert viewer_api.delete(f"/upload/{march.pk}").status_code == 403
    assert len(kept_files()) == 1


def test_a_removed_upload_is_gone_with_its_bytes(march, operator_api, kept_files):
    assert operator_api.delete(f"/upload/{march.pk}").status_code == 204

    assert kept_files() == []
    assert operator_api.get(f"/upload/{march.pk}").status_code == 410
    assert operator_api.delete(f"/upload/{march.pk}").status_code == 410


def test_a_file_that_a_job_is_about_to_read_stays(send, operator_api, kept_files):
    (file,) = send(("a.csv", CSV)).json()["files"]

    response = operator_api.delete(f"/upload/{file['uploadId']}")

    assert (response.status_code, response.json()["code"]) == (409, "upload_in_use")
    assert len(kept_files()) == 1
