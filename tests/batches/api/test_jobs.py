from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.batches.models import BatchRun
from apps.jobs.models import Job
from apps.jobs.services.pause_queue import pause_queue
from tests.batches.api.world import batch, delayed, failed, finished, paused, started
from tests.factories.batches import BatchSessionFactory

STANDINGS = {
    "waiting": lambda run: run,
    "active": started,
    "paused": paused,
    "delayed": delayed,
    "completed": finished,
    "failed": failed,
    "cancelled": lambda run: failed(run, "cancelled"),
}
TERMINAL = {"completed", "failed", "cancelled"}
META = {
    "avgTimePerRecordMs",
    "estTimeLeftSec",
    "currentConcurrency",
    "backlog",
    "minConcurrency",
    "maxConcurrency",
    "stabilityCounter",
    "circuitBreakerTripped",
    "inRecoveryMode",
    "recoveryProgress",
    "predictedAdjustment",
    "lastChanged",
    "timestamp",
}


def url_of(run):
    return f"/api/jobs/{run.job.public_id}"


@pytest.mark.parametrize("status", STANDINGS)
def test_a_job_stands_in_one_of_seven_words(operator_api, session, status):
    run = STANDINGS[status](batch(session, "succeeded"))

    response = operator_api.get(url_of(run))

    assert response.json()["status"] == status
    assert response.headers.get("Retry-After") == (None if status in TERMINAL else "2")


def test_between_two_slices_a_job_is_still_active(operator_api, session):
    run = started(batch(session, "pending"), lease_until=None)

    assert operator_api.get(url_of(run)).json()["status"] == "active"


def test_a_paused_queue_pauses_what_waits(operator_api, session):
    pause_queue(actor="chief", reason="Partner's maintenance", now=timezone.now())
    waiting, running = batch(session, "pending"), started(batch(session, "pending"))

    shown = operator_api.get(url_of(waiting)).json()

    assert (shown["status"], shown["pauseReason"]) == ("paused", "queue")
    assert operator_api.get(url_of(running)).json()["status"] == "active"


def test_a_job_shows_all_keys_of_the_contract(operator_api, session):
    states = ["succeeded"] * 4 + ["needsAction"] * 2 + ["failed", "unknown", "skipped"]
    run = finished(batch(session, *states))

    body = operator_api.get(url_of(run)).json()

    assert body["outcome"] == "partial"
    assert body["totalRecords"] == 9
    assert body["counts"] == {
        "pending": 0,
        "inFlight": 0,
        "retrying": 0,
        "succeeded": 4,
        "needsAction": 2,
        "failed": 1,
        "unknown": 1,
        "skipped": 1,
        "cancelled": 0,
    }
    assert body["categories"] == {
        "REQUIRES_USER_ACTION": 2,
        "SYSTEM_ERROR": 1,
        "NETWORK_ERROR": 1,
    }
    assert body["attempt"] == 1
    assert body["durationMs"] >= 0
    assert body["createdAt"].endswith("Z")
    assert set(body["links"]) == {"records", "logs", "errors"}
    for link in body["links"].values():
        assert operator_api.get(link).status_code == 200


def test_progress_is_an_object_from_the_first_moment(operator_api, session):
    run = batch(session, *["pending"] * 3)

    progress = operator_api.get(url_of(run)).json()["progress"]

    assert (progress["completed"], progress["total"], progress["percent"]) == (0, 3, 0.0)
    assert set(progress["meta"]) == META
    assert progress["meta"]["currentConcurrency"] == 0
    assert progress["meta"]["estTimeLeftSec"] is None


def test_progress_keeps_failures_and_user_actions_apart(operator_api, session):
    states = ["succeeded", "failed", "unknown", "needsAction", "retrying", "inFlight", "pending"]
    run = started(batch(session, *states))
    BatchRun.objects.filter(pk=run.pk).update(
        pulse={"avgTimePerRecordMs": 231, "inFlight": 1, "concurrency": 4}
    )

    progress = operator_api.get(url_of(run)).json()["progress"]

    assert progress["completed"] == 4
    assert progress["successCount"] == 1
    assert progress["failureCount"] == 2
    assert progress["userActionCount"] == 1
    assert progress["pendingRetryCount"] == 1
    assert progress["percent"] == 57.1
    assert progress["meta"]["avgTimePerRecordMs"] == 231
    assert progress["meta"]["currentConcurrency"] == 4
    assert progress["meta"]["maxConcurrency"] == 5


@pytest.mark.parametrize(("done", "seconds"), [(19, None), (20, 5)])
def test_nobody_guesses_the_rest_from_fewer_than_twenty_rows(operator_api, session, done, seconds):
    run = started(batch(session, *["succeeded"] * done, *["pending"] * 10), rate_per_second=2.0)

    meta = operator_api.get(url_of(run)).json()["progress"]["meta"]

    assert meta["estTimeLeftSec"] == seconds


def test_a_job_that_is_not_done_never_shows_a_hundred_percent(operator_api, session):
    run = started(batch(session, *["succeeded"] * 2999, "pending"))

    assert operator_api.get(url_of(run)).json()["progress"]["percent"] == 99.9


def test_an_unchanged_job_is_304_and_a_changed_one_is_not(operator_api, session):
    run = started(batch(session, "pending", "pending"))
    tag = operator_api.get(url_of(run))["ETag"]

    same = operator_api.get(url_of(run), HTTP_IF_NONE_MATCH=tag)
    run.rows.filter(seq=1).update(state="succeeded")
    other = operator_api.get(url_of(run), HTTP_IF_NONE_MATCH=tag)

    assert (same.status_code, same.content, same["Retry-After"]) == (304, b"", "2")
    assert other.status_code == 200
    assert other["ETag"] != tag


def test_a_job_costs_two_queries_beside_the_login(
    operator_api, session, django_assert_max_num_queries
):
    run = finished(batch(session, *["failed"] * 50))

    with django_assert_max_num_queries(4):
        operator_api.get(url_of(run))


@pytest.mark.parametrize(
    "job_id", ["nosuch", "job_" + "0" * 26, "job_" + "Z" * 26, "a b", "x" * 65]
)
def test_an_unknown_job_is_404_in_the_words_of_the_original(operator_api, job_id):
    response = operator_api.get(f"/api/jobs/{job_id}")

    assert response.status_code == 404
    assert response.json()["error"] == "Job not found"


def test_a_failed_job_says_why(operator_api, session):
    run = failed(batch(session, "pending"))

    assert operator_api.get(url_of(run)).json()["failedReason"] == "Sheet 'March' not found"


def test_the_list_has_the_words_and_times_of_the_original(operator_api, session):
    who = {"TransactionId": "RX-88120", "MemberId": "M-4471", "PayerId": 402}
    run = started(batch(session, "succeeded", "pending", first_record=who))

    body = operator_api.get("/api/jobs").json()

    (job,) = body["jobs"]
    assert job["id"] == run.job.public_id
    assert (job["name"], job["status"], job["outcome"]) == ("processBatch", "active", None)
    assert job["meta"] == who
    assert job["timestamp"] == round(run.job.created_at.timestamp() * 1000)
    assert job["processedOn"] is not None
    assert job["finishedOn"] is None
    assert body["pagination"] == {"page": 1, "pageSize": 10, "total": 1, "totalPages": 1}
    assert body["statusTotals"]["active"] == 1


@pytest.fixture
def one_of_each(session):
    return {status: stand(batch(session, "succeeded")) for status, stand in STANDINGS.items()}


def test_totals_count_every_status_whatever_is_shown(operator_api, one_of_each):
    body = operator_api.get("/api/jobs", {"status": "paused,failed"}).json()

    assert {job["status"] for job in body["jobs"]} == {"paused", "failed"}
    assert body["pagination"]["total"] == 2
    assert body["statusTotals"] == dict.fromkeys(STANDINGS, 1)


def test_pages_neither_skip_nor_repeat_jobs(operator_api, one_of_each):
    pages = [
        operator_api.get("/api/jobs", {"page": page, "pageSize": 3}).json() for page in (1, 2, 3, 4)
    ]

    found = [job["id"] for page in pages for job in page["jobs"]]
    newest_first = [run.job.public_id for run in reversed(one_of_each.values())]
    assert found == newest_first
    assert {page["pagination"]["total"] for page in pages} == {7}


def test_the_list_costs_the_same_for_many_jobs(
    operator_api, session, django_assert_max_num_queries
):
    for _ in range(12):
        batch(session, "failed", "succeeded")

    with django_assert_max_num_queries(4):
        body = operator_api.get("/api/jobs", {"pageSize": 12}).json()

    assert len(body["jobs"]) == 12


def test_jobs_are_found_by_key_member_session_outcome_and_time(operator_api, session):
    old = finished(batch(session, "succeeded", records={1: {"requestId": "A-1"}}))
    Job.objects.filter(pk=old.pk).update(created_at=datetime.now(UTC) - timedelta(days=3))
    batch(BatchSessionFactory(owner=operator_api.user), "pending")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()

    def found(**query):
        return [job["id"] for job in operator_api.get("/api/jobs", query).json()["jobs"]]

    assert found(q="A-1") == [old.job.public_id]
    assert len(found(q="M-1")) == 1
    assert found(q="nobody") == []
    assert found(sessionId=session.public_id) == [old.job.public_id]
    assert found(outcome="partial") == [old.job.public_id]
    assert found(to=yesterday) == [old.job.public_id]
    assert old.job.public_id not in found(**{"from": yesterday})


@pytest.mark.parametrize(
    "query",
    [
        "status=running",
        "status=active,nonsense",
        "outcome=some",
        "page=0",
        "pageSize=0",
        "pageSize=101",
        "page=1.5",
        "from=yesterday",
        "to=2025-13-01",
    ],
)
def test_an_unknown_word_in_the_query_is_422(operator_api, query):
    response = operator_api.get(f"/api/jobs?{query}")

    assert response.status_code == 422
    assert response.json()["details"][0]["field"] == query.partition("=")[0]


def test_an_admin_sees_every_job_and_an_operator_only_their_own(admin_api, stranger_api, session):
    batch(session, "pending")

    assert len(admin_api.get("/api/jobs").json()["jobs"]) == 1
    assert stranger_api.get("/api/jobs").json()["jobs"] == []
    assert stranger_api.get("/api/jobs").json()["statusTotals"]["waiting"] == 0
