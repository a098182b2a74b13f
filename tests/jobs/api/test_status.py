from datetime import UTC, datetime, timedelta

import pytest

from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event
from apps.jobs.status import JobState
from tests.batches.api.world import batch, delayed, failed, finished, paused, started
from tests.conftest import CallerClient
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory


@pytest.fixture
def session(operator_api):
    return BatchSessionFactory(owner=operator_api.user)


STANDINGS = {
    JobState.QUEUED: lambda run: run,
    JobState.SCHEDULED: delayed,
    JobState.RUNNING: started,
    JobState.PAUSED: paused,
    JobState.COMPLETED: lambda run: _complete(run, partial=False),
    JobState.PARTIAL: lambda run: _complete(run, partial=True),
    JobState.FAILED: failed,
    JobState.CANCELLED: lambda run: failed(run, "cancelled"),
    JobState.CANCELLING: lambda run: started(
        run, lease_until=None, cancel_requested_at=datetime.now(UTC)
    ),
}


def _complete(run, *, partial):
    run = finished(run)
    Job.objects.filter(pk=run.pk).update(partial=partial)
    return run


def test_a_job_answers_in_the_shape_of_the_contract(operator_api, session):
    run = _complete(batch(session, "succeeded"), partial=True)
    Job.objects.filter(pk=run.pk).update(progress_done=1, progress_total=1)

    response = operator_api.get(f"/status/{run.pk}")

    body = response.json()
    assert body["jobId"] == str(run.pk)
    assert (body["type"], body["status"], body["state"]) == ("batch", "completed", "partial")
    assert body["progress"] == {
        "done": 1,
        "total": 1,
        "percent": 100.0,
        "ratePerSec": None,
        "etaSec": 0,
        "note": None,
    }
    assert (body["resultUri"], body["error"]) == (None, None)
    assert response["Cache-Control"] == "no-store"
    assert "Retry-After" not in response


def test_the_id_of_the_batch_api_is_understood(operator_api, session):
    run = batch(session, "pending")

    assert operator_api.get(f"/status/{run.job.public_id}").json()["jobId"] == str(run.pk)


def test_a_failed_job_says_why_and_whether_to_try_again(operator_api, session):
    run = failed(batch(session, "pending"))

    assert operator_api.get(f"/status/{run.pk}").json()["error"] == {
        "code": "invalid_source",
        "message": "Sheet 'March' not found",
        "retryable": False,
    }


def test_an_open_job_says_when_to_ask_again(operator_api, session):
    young, old = batch(session, "pending"), batch(session, "pending")
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    Job.objects.filter(pk=old.pk).update(created_at=an_hour_ago)

    assert operator_api.get(f"/status/{young.pk}")["Retry-After"] == "1"
    assert operator_api.get(f"/status/{old.pk}")["Retry-After"] == "10"


def test_a_poll_is_one_query_and_304_without_news(
    operator_api, session, django_assert_max_num_queries
):
    run = batch(session, "pending")
    tag = operator_api.get(f"/status/{run.pk}")["ETag"]

    # the key, the user, when the key was used; then the job
    with django_assert_max_num_queries(3):
        same = operator_api.get(f"/status/{run.pk}", HTTP_IF_NONE_MATCH=tag)
    Job.objects.filter(pk=run.pk).update(progress_done=1)
    other = operator_api.get(f"/status/{run.pk}", HTTP_IF_NONE_MATCH=tag)

    assert (same.status_code, other.status_code) == (304, 200)


@pytest.mark.parametrize("state", STANDINGS)
def test_the_filter_by_state_agrees_with_the_state_shown(operator_api, session, state):
    runs = {name: stand(batch(session, "succeeded")) for name, stand in STANDINGS.items()}

    body = operator_api.get("/status", {"state": state}).json()

    assert [job["jobId"] for job in body["jobs"]] == [str(runs[state].pk)]
    assert body["jobs"][0]["state"] == state


def test_the_list_counts_every_status(operator_api, session):
    for stand in STANDINGS.values():
        stand(batch(session, "succeeded"))

    body = operator_api.get("/status", {"status": "failed", "pageSize": 1}).json()

    assert body["totals"] == {"pending": 3, "in-progress": 2, "completed": 2, "failed": 2}
    assert body["pagination"] == {"page": 1, "pageSize": 1, "total": 2, "totalPages": 2}


@pytest.mark.parametrize(
    "query", ["type=novel", "status=done", "state=odd", "sort=colour", "pageSize=101", "from=x"]
)
def test_an_unknown_word_is_422(operator_api, query):
    assert operator_api.get(f"/status?{query}").status_code == 422


@pytest.mark.parametrize("job_id", ["nosuch", "00000000-0000-0000-0000-000000000000", "job_x"])
def test_unknown_and_malformed_ids_are_the_same_404(operator_api, job_id):
    response = operator_api.get(f"/status/{job_id}")

    assert (response.status_code, response.json()["message"]) == (404, "Job not found")


def test_a_strangers_job_does_not_exist(session):
    run = batch(session, "pending")
    stranger = CallerClient(UserFactory(operator=True))

    assert stranger.get(f"/status/{run.pk}").status_code == 404
    assert stranger.get(f"/status/{run.pk}/events").status_code == 404
    for action in ("cancel", "retry"):
        assert stranger.post(f"/status/{run.pk}/{action}").status_code == 404
    assert stranger.delete(f"/status/{run.pk}").status_code == 404
    assert stranger.get("/status").json()["jobs"] == []


def test_the_timeline_tells_what_happened(operator_api, session):
    run = batch(session, "pending")
    record_event(run.job, "JOB_PAUSED", "Paused", actor="desk-1", reason="user")

    body = operator_api.get(f"/status/{run.pk}/events").json()

    assert [event["kind"] for event in body["events"]] == ["START", "JOB_PAUSED"]
    assert body["events"][1]["data"] == {"reason": "user"}


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_soon(operator_api, session):
    queued, running = batch(session, "pending"), started(batch(session, "pending"))

    at_once = operator_api.post(f"/status/{queued.pk}/cancel")
    soon = operator_api.post(f"/status/{running.pk}/cancel")
    again = operator_api.post(f"/status/{queued.pk}/cancel")

    assert (at_once.status_code, at_once.json()["state"]) == (200, "cancelled")
    assert (soon.status_code, soon.json()["state"]) == (202, "cancelling")
    assert again.status_code == 409


def test_only_a_failed_job_is_tried_again(operator_api, session):
    broken, done = (
        failed(batch(session, "failed")),
        _complete(batch(session, "failed"), partial=True),
    )

    retried = operator_api.post(f"/status/{broken.pk}/retry", {}, format="json")
    refused = operator_api.post(f"/status/{done.pk}/retry", {}, format="json")

    assert (retried.status_code, retried.json()["state"]) == (202, "queued")
    assert refused.status_code == 409


def test_a_finished_job_is_removed_and_an_open_one_is_not(operator_api, session):
    done, waiting = _complete(batch(session, "succeeded"), partial=False), batch(session, "pending")

    assert operator_api.delete(f"/status/{done.pk}").status_code == 204
    assert operator_api.get(f"/status/{done.pk}").status_code == 404
    assert operator_api.delete(f"/status/{waiting.pk}").status_code == 409


def test_a_viewer_cancels_nothing(viewer_api, session):
    run = batch(session, "pending")

    assert viewer_api.post(f"/status/{run.pk}/cancel").status_code == 403
