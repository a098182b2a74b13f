from datetime import UTC, datetime, timedelta

import pytest

from apps.batches.models import BatchAnswer, BatchAttempt, BatchRow
from apps.jobs.services.record_event import record_event
from tests.batches.api.world import answer_of, attempt_of, batch, finished
from tests.factories.batches import BatchSessionFactory


def logs(api, session, **query):
    response = api.get(f"/api/logs/{session.public_id}", query)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.fixture
def told(session):
    """Return a batch with an accepted, a refused and a broken record, the last one sent twice."""
    run = batch(session, "succeeded", "needsAction", "failed")
    row = BatchRow.objects.get(run=run, seq=3)
    BatchAttempt.objects.bulk_create([attempt_of(row, number=2)])
    BatchAnswer.objects.bulk_create([answer_of(row, number=2)])
    record_event(run.job, "JOB_PAUSED", "Paused", level="warn", actor="desk-1", reason="user")
    return run


def test_the_log_tells_events_and_answers_in_order(operator_api, session, told):
    body = logs(operator_api, session)

    types = [line["type"] for line in body["logs"]]
    assert types == [
        "START",
        "SUCCESS",
        "USER_ACTION_REQUIRED",
        "ERROR",
        "RECORD_RETRY",
        "ERROR",
        "JOB_PAUSED",
    ]
    assert (body["total"], body["start"], body["count"]) == (7, 0, 7)
    assert body["jobId"] == told.job.public_id
    assert body["jobIds"] == [told.job.public_id]


def test_each_line_says_which_record_it_is_about(operator_api, session, told):
    accepted, refused, broken = logs(operator_api, session)["logs"][1:4]

    assert accepted["message"] == "Record accepted"
    assert accepted["meta"]["responseId"].startswith("rsp_")
    assert (refused["seq"], refused["recordKey"], refused["batchId"]) == (2, "RX-2", "M-2")
    assert refused["meta"]["statusCode"] == 422
    assert refused["level"] == "info"
    assert (broken["level"], broken["message"]) == ("error", "days must be positive")
    assert broken["meta"]["category"] == "SYSTEM_ERROR"


def test_start_is_added_as_a_number(operator_api, session, told):
    body = logs(operator_api, session, start="1", count="2")

    assert [line["type"] for line in body["logs"]] == ["SUCCESS", "USER_ACTION_REQUIRED"]
    assert (body["total"], body["count"]) == (7, 2)


def test_filters_work_before_paging(operator_api, session, told):
    body = logs(operator_api, session, type="ERROR,SUCCESS", count=2)

    assert [line["type"] for line in body["logs"]] == ["SUCCESS", "ERROR"]
    assert body["total"] == 3
    assert logs(operator_api, session, level="warn")["total"] == 1
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert logs(operator_api, session, to=hour_ago)["total"] == 0
    assert logs(operator_api, session, **{"from": hour_ago})["total"] == 7


def test_the_newest_come_first_on_request(operator_api, session, told):
    oldest_first = logs(operator_api, session)["logs"]

    assert logs(operator_api, session, order="desc")["logs"] == oldest_first[::-1]


def test_one_job_of_several_is_told_on_request(operator_api, session, told):
    other = batch(session, "pending")

    body = logs(operator_api, session)
    narrowed = logs(operator_api, session, jobId=other.job.public_id)

    assert body["jobId"] is None
    assert body["jobIds"] == [told.job.public_id, other.job.public_id]
    assert (narrowed["jobId"], narrowed["total"]) == (other.job.public_id, 1)


def test_a_job_of_another_session_is_404(operator_api, session):
    other = batch(BatchSessionFactory(owner=operator_api.user), "pending")

    response = operator_api.get(f"/api/logs/{session.public_id}", {"jobId": other.job.public_id})

    assert response.status_code == 404


def test_calls_are_told_for_verbose_jobs_only_and_without_secrets(operator_api, session):
    record = {"requestId": "RX-1", "memberId": "M-1", "password": "patient-portal"}
    run = batch(session, "succeeded", records={1: record}, verbose=True)
    BatchRow.objects.filter(run=run).update(attempts=1)

    (call,) = logs(operator_api, session, type="API_CALL")["logs"]

    assert call["level"] == "debug"
    assert call["meta"]["apiUrl"] == session.api_url
    assert call["meta"]["requestPayload"] == record | {"password": "[redacted]"}
    assert call["meta"]["responseData"] == {"accepted": True, "ref": "A-9012"}
    assert call["meta"]["responseHeaders"] == {"content-type": "application/json"}
    assert "Authorization" not in call["meta"]["headers"]


def test_a_quiet_job_tells_no_payload(operator_api, session, told):
    response = operator_api.get(f"/api/logs/{session.public_id}")

    assert "API_CALL" not in response.content.decode()
    assert '"days"' not in response.content.decode()


@pytest.mark.parametrize(
    "query", ["start=-1", "count=0", "count=501", "start=x", "type=NOPE", "level=loud", "order=up"]
)
def test_a_query_is_typed(operator_api, session, query):
    response = operator_api.get(f"/api/logs/{session.public_id}?{query}")

    assert response.status_code == 422


def test_an_unknown_session_has_no_log(operator_api, db):
    assert operator_api.get("/api/logs/nosuch").status_code == 404
    assert operator_api.get("/api/logs/nosuch/success").status_code == 404


def test_a_log_costs_the_same_however_long(operator_api, session, django_assert_max_num_queries):
    batch(session, *["succeeded"] * 300)

    with django_assert_max_num_queries(6):
        body = logs(operator_api, session, count=200)

    assert body["count"] == 200


def test_successes_come_newest_first_with_record_and_answer(operator_api, session):
    run = finished(batch(session, "succeeded", "failed", "succeeded"))

    body = operator_api.get(f"/api/logs/{session.public_id}/success", {"limit": 1}).json()

    assert (body["total"], body["count"]) == (2, 1)
    (newest,) = body["responses"]
    assert newest["seq"] == 3
    assert newest["jobId"] == run.job.public_id
    assert newest["data"] == {"accepted": True, "ref": "A-9012"}
    assert newest["record"]["requestId"] == "RX-3"
    assert newest["headers"] == {"content-type": "application/json"}
    assert newest["truncated"] is False


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_successes_have_a_limit(operator_api, session, limit):
    url = f"/api/logs/{session.public_id}/success?limit={limit}"

    assert operator_api.get(url).status_code == 422
