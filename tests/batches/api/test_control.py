import pytest

from apps.batches.models import BatchRow
from apps.core.models import OutboxMessage
from apps.jobs.models import Job, JobEvent, QueueState
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.sweep_jobs import sweep_jobs
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobState
from tests.batches.api.world import batch, delayed, finished, fresh, paused, started


def order(api, run, action, body=None, *, alias=False):
    jobs = "job" if alias else "jobs"
    return api.post(f"/api/{jobs}/{run.job.public_id}/{action}", body or {}, format="json")


@pytest.mark.parametrize("alias", [False, True])
def test_a_waiting_job_is_paused_and_resumed(operator_api, session, alias):
    run = batch(session, "pending")

    pause = order(operator_api, run, "pause", alias=alias)
    resume = order(operator_api, run, "resume", alias=alias)

    assert (pause.status_code, resume.status_code) == (200, 200)
    assert pause.json() == {"status": "paused", "jobId": run.job.public_id}
    assert resume.json() == {"status": "resumed", "jobId": run.job.public_id}
    actors = JobEvent.objects.filter(job=run.job, kind__in=["JOB_PAUSED", "JOB_RESUMED"])
    assert {event.actor for event in actors} == {operator_api.user.username}


def test_a_running_job_is_paused_without_losing_its_lease(operator_api, session):
    run = started(batch(session, "pending"))

    assert order(operator_api, run, "pause").status_code == 200
    assert fresh(run).job.lease_until is not None


def test_a_delayed_job_may_go_on_at_once(operator_api, session):
    run = delayed(batch(session, "pending"))

    assert order(operator_api, run, "resume").status_code == 200
    assert fresh(run).job.next_attempt_at is None


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_a_finished_job_cannot_be_steered(operator_api, session, action):
    run = finished(batch(session, "succeeded"))

    assert order(operator_api, run, action).status_code == 409


def test_a_job_that_is_not_paused_cannot_be_resumed(operator_api, session):
    assert order(operator_api, batch(session, "pending"), "resume").status_code == 409


def test_cancelling_leaves_no_row_open(operator_api, session):
    run = batch(session, "pending", "retrying", "succeeded")

    response = order(operator_api, run, "cancel")

    assert (response.status_code, response.json()["status"]) == (202, "cancelling")
    assert fresh(run).job.state == JobState.CANCELLED
    assert fresh(run).counts["cancelled"] == 2
    assert fresh(run).counts["succeeded"] == 1


def test_a_retry_reopens_only_what_was_named(operator_api, session):
    run = finished(batch(session, "failed", "failed", "unknown", "succeeded"))

    response = order(operator_api, run, "retry", {"scope": "failed", "seqs": [2, 4]})

    assert response.status_code == 202
    states = BatchRow.objects.filter(run=run).order_by("seq").values_list("state", flat=True)
    assert list(states) == ["failed", "pending", "unknown", "succeeded"]
    assert operator_api.get(f"/api/jobs/{run.job.public_id}").json()["attempt"] == 2


@pytest.mark.parametrize(
    "body", [{}, {"scope": "succeeded"}, {"scope": "failed", "seqs": ["x"]}, {"scope": 1}]
)
def test_a_retry_needs_a_scope_of_the_contract(operator_api, session, body):
    run = finished(batch(session, "failed"))

    assert order(operator_api, run, "retry", body).status_code == 422


def test_a_retry_of_nothing_is_a_conflict(operator_api, session):
    run = finished(batch(session, "succeeded"))

    response = order(operator_api, run, "retry", {"scope": "failed"})

    assert (response.status_code, response.json()["code"]) == (409, "nothing_to_retry")
    assert fresh(run).outcome == "partial"


def test_an_open_job_cannot_be_retried(operator_api, session):
    run = batch(session, "failed", "pending")

    assert order(operator_api, run, "retry", {"scope": "failed"}).status_code == 409


def test_a_finished_job_is_removed_from_the_lists_and_kept(operator_api, session):
    by_delete = finished(batch(session, "succeeded"))
    by_alias = finished(batch(session, "succeeded"))

    deleted = operator_api.delete(f"/api/jobs/{by_delete.job.public_id}")
    removed = order(operator_api, by_alias, "remove", alias=True)

    assert deleted.status_code == 204
    assert removed.json() == {"status": "removed", "jobId": by_alias.job.public_id}
    assert operator_api.get("/api/jobs").json()["jobs"] == []
    assert Job.objects.filter(archived_at__isnull=False).count() == 2


def test_an_open_job_is_not_removed(operator_api, session):
    run = batch(session, "pending")

    response = operator_api.delete(f"/api/jobs/{run.job.public_id}")

    assert (response.status_code, response.json()["code"]) == (409, "job_still_open")
    assert order(operator_api, run, "remove", alias=True).status_code == 409


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "retry"])
def test_a_viewer_steers_nothing(viewer_api, session, action):
    assert order(viewer_api, batch(session, "failed"), action).status_code == 403


def test_a_paused_queue_gives_no_job_to_a_worker_until_it_is_resumed(admin_api, session):
    run = batch(session, "pending")
    OutboxMessage.objects.all().delete()

    response = admin_api.post("/api/queue/pause", {"reason": "Maintenance"}, format="json")

    assert response.json() == {"status": "queue paused"}
    assert claim_job(run.pk) is None
    assert sweep_jobs() == 0
    standing = admin_api.get("/api/queue").json()
    assert (standing["paused"], standing["reason"]) == (True, "Maintenance")
    assert standing["actor"] == admin_api.user.username

    response = admin_api.post("/api/queue/resume", {}, format="json")

    assert response.json() == {"status": "queue resumed"}
    assert OutboxMessage.objects.filter(task="jobs.sweep").exists()
    assert sweep_jobs() == 1
    assert claim_job(run.pk) is not None


def test_only_an_admin_pauses_the_queue(operator_api):
    assert operator_api.post("/api/queue/pause", {}, format="json").status_code == 403
    assert operator_api.post("/api/queue/resume", {}, format="json").status_code == 403
    assert not QueueState.objects.exists()


def test_pausing_twice_changes_nothing(operator_api, session):
    run = paused(batch(session, "pending"))

    assert order(operator_api, run, "pause").status_code == 200
    assert not JobEvent.objects.filter(job=run.job, kind="JOB_PAUSED").exists()


def test_a_running_slice_gives_way_to_a_paused_queue(admin_api, session):
    work = Slice(claim_job(batch(session, "pending").pk))
    assert not work.is_over()

    admin_api.post("/api/queue/pause", {}, format="json")
    work._renew()

    assert work.is_over()
