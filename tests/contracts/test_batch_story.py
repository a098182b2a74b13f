"""The main job as a client lives it: a session, a batch, a real partner, and what came of it."""

import io
from uuid import UUID

import openpyxl
import pytest

from apps.batches.models import BatchRun
from apps.jobs.services.run_slice import run_slice
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)
BEHAVIOURS = {"RX-2": "status:422", "RX-3": "status:403", "RX-4": "status:500"}


@pytest.fixture
def partner():
    with RecordingPartner(script=BEHAVIOURS) as partner:
        yield partner


@pytest.fixture
def session_id(operator_api, partner):
    opening = {
        "apiUrl": partner.url,
        "auth": {"type": "bearer", "token": "canary-token-77"},
        "rateLimit": {"requestsPerMinute": 6000, "maxConcurrent": 4, "minIntervalMs": 0},
    }
    return operator_api.post("/api/sessions", opening, format="json").json()["sessionId"]


def submitted(api, session_id, count, **options):
    records = [{"requestId": f"RX-{n}", "memberId": f"M-{n}"} for n in range(1, count + 1)]
    body = {"sessionId": session_id, "records": records, **options}
    return api.post("/api/jobs", body, format="json").json()["statusUrl"]


def work_off(url):
    run = BatchRun.objects.get()
    assert url.startswith("/api/jobs/job_")
    run_slice(job_id=UUID(str(run.pk)))


def test_a_batch_is_sent_and_told_from_beginning_to_end(operator_api, partner, session_id):
    url = submitted(operator_api, session_id, 30, verbose=True)

    work_off(url)

    job = operator_api.get(url).json()
    assert (job["status"], job["outcome"]) == ("completed", "partial")
    assert job["counts"]["succeeded"] == 27
    assert job["categories"] == {"REQUIRES_USER_ACTION": 2, "SYSTEM_ERROR": 1}
    assert job["progress"]["percent"] == 100.0
    assert partner.call_count() == 30

    rows = operator_api.get(f"{url}/records", {"pageSize": 500}).json()["records"]
    assert [row["seq"] for row in rows] == list(range(1, 31))
    assert sum(job["counts"].values()) == len(rows) == job["totalRecords"]
    refused = operator_api.get(f"{url}/records/2").json()
    assert refused["state"] == "needsAction"
    assert refused["answers"][0]["statusCode"] == 422

    lines = operator_api.get(f"/api/logs/{session_id}", {"count": 500}).json()["logs"]
    types = [line["type"] for line in lines]
    assert types[:2] == ["START", "JOB_STARTED"]
    assert types[-1] == "JOB_COMPLETED"
    assert types.count("SUCCESS") == 27
    assert types.count("API_CALL") == 30
    assert types.count("USER_ACTION_REQUIRED") == 2
    successes = operator_api.get(f"/api/logs/{session_id}/success").json()
    assert (successes["total"], successes["count"]) == (27, 27)

    export = operator_api.get(f"{url}/records/export", {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(export.streaming_content))).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [f"RX-{n}" for n in range(1, 31)]


def test_only_the_failed_row_is_sent_again(operator_api, partner, session_id):
    url = submitted(operator_api, session_id, 5)
    work_off(url)
    partner.script({"RX-4": "ok"})

    retry = operator_api.post(f"{url}/retry", {"scope": "failed"}, format="json")
    work_off(url)

    assert retry.status_code == 202
    job = operator_api.get(url).json()
    assert (job["attempt"], job["counts"]["failed"], job["counts"]["succeeded"]) == (2, 0, 3)
    sent = [call["request_id"] for call in partner.calls()]
    assert sorted(sent) == ["RX-1", "RX-2", "RX-3", "RX-4", "RX-4", "RX-5"]
    types = {line["type"] for line in operator_api.get(f"/api/logs/{session_id}").json()["logs"]}
    assert {"JOB_RETRIED", "RECORD_RETRY"} <= types


def test_a_paused_job_sends_nothing_until_it_is_resumed(operator_api, partner, session_id):
    url = submitted(operator_api, session_id, 3)

    operator_api.post(f"{url}/pause")
    work_off(url)
    assert partner.call_count() == 0
    assert operator_api.get(url).json()["pauseReason"] == "user"

    operator_api.post(f"{url}/resume")
    work_off(url)
    assert partner.call_count() == 3


def test_the_partners_token_is_in_no_answer(operator_api, partner, session_id):
    url = submitted(operator_api, session_id, 4, verbose=True)
    work_off(url)

    answers = [
        operator_api.get(f"/api/sessions/{session_id}"),
        operator_api.get("/api/sessions"),
        operator_api.get(url),
        operator_api.get(f"{url}/records"),
        *(operator_api.get(f"{url}/records/{seq}") for seq in (1, 2, 3, 4)),
        operator_api.get(f"/api/logs/{session_id}", {"count": 500}),
        operator_api.get(f"/api/logs/{session_id}/success"),
    ]

    assert any("canary-token-77" in call["headers"]["authorization"] for call in partner.calls())
    for answer in answers:
        assert answer.status_code == 200
        assert "canary-token-77" not in answer.content.decode()
