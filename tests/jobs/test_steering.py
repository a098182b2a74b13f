"""Pause, resume, cancel and retry in every state; what is impossible is a 409 with the status."""

from datetime import UTC, datetime

import pytest

from apps.jobs.models import Job
from apps.jobs.services.cancel_job import IllegalTransition, cancel_job
from apps.jobs.services.pause_job import NotPaused, pause_job, resume_job
from apps.jobs.services.retry_job import NotRetryable, retry_job
from apps.jobs.status import JobState, JobStatus, JobType
from tests.factories.jobs import JobFactory
from tests.jobs.world import announced

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TERMINAL = ["completed", "failed", "cancelled"]


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


@pytest.mark.parametrize("trait", ["between_slices", "scheduled", "crashed"])
def test_an_open_job_is_paused_and_resumed(trait):
    job = JobFactory(**{trait: True})

    pause_job(job=job, actor="ada", now=NOON, reason="month_end")
    assert fresh(job).state == JobState.PAUSED
    assert fresh(job).pause_reason == "month_end"

    resume_job(job=job, actor="grace")
    after = fresh(job)
    assert (after.paused_at, after.pause_reason, after.next_attempt_at) == (None, "", None)
    assert announced() == [str(job.pk)]
    actors = job.events.order_by("id").values_list("kind", "actor")
    assert list(actors) == [("JOB_PAUSED", "ada"), ("JOB_RESUMED", "grace")]


def test_a_running_job_keeps_its_lease_until_its_worker_has_noticed_the_pause():
    job = JobFactory(running=True)

    pause_job(job=job, actor="ada", now=NOON)

    after = fresh(job)
    assert (after.state, after.status) == (JobState.PAUSED, JobStatus.IN_PROGRESS)
    assert after.lease_until == job.lease_until


def test_pausing_twice_is_pausing_once():
    job = JobFactory()

    pause_job(job=job, actor="ada", now=NOON)
    pause_job(job=job, actor="grace", now=datetime.now(UTC), reason="other")

    assert (fresh(job).paused_at, fresh(job).pause_reason) == (NOON, "user")
    assert job.events.count() == 1


def test_a_scheduled_job_may_be_run_now():
    job = JobFactory(scheduled=True)

    resume_job(job=job, actor="ada")

    assert fresh(job).state == JobState.QUEUED
    assert announced() == [str(job.pk)]


@pytest.mark.parametrize("trait", TERMINAL)
def test_a_finished_job_can_neither_be_paused_nor_resumed_nor_cancelled(handler, trait):
    job = JobFactory(**{trait: True})
    before = Job.objects.values().get(pk=job.pk)

    for steer in (
        lambda: pause_job(job=job, actor="ada", now=NOON),
        lambda: resume_job(job=job, actor="ada"),
        lambda: cancel_job(job=job, actor="ada", now=NOON),
    ):
        with pytest.raises(IllegalTransition) as refused:
            steer()
        assert refused.value.extra == {"status": job.status}
        assert trait in str(refused.value)

    assert Job.objects.values().get(pk=job.pk) == before
    assert (handler.cancelled, announced()) == ([], [])


@pytest.mark.parametrize("traits", [{}, {"running": True}, {"crashed": True}])
def test_what_is_not_paused_cannot_be_resumed(traits):
    job = JobFactory(**traits)

    with pytest.raises(NotPaused, match="not paused"):
        resume_job(job=job, actor="ada")


@pytest.mark.parametrize(
    "traits", [{}, {"scheduled": True}, {"paused": True}, {"between_slices": True}]
)
def test_a_job_that_nobody_works_on_is_cancelled_at_once(handler, traits):
    job = JobFactory(**traits)

    cancel_job(job=job, actor="ada", now=NOON)

    after = fresh(job)
    assert (after.state, after.error_code) == (JobState.CANCELLED, "cancelled")
    assert (after.paused_at, after.next_attempt_at) == (None, None)
    assert after.finished_at
    assert handler.cancelled == [job.pk]
    kinds = list(job.events.order_by("id").values_list("kind", flat=True))
    assert kinds == ["CANCEL_REQUESTED", "JOB_CANCELLED"]


@pytest.mark.parametrize("paused", [False, True])
def test_a_running_job_is_left_to_its_worker(handler, paused):
    job = JobFactory(running=True, paused=paused)

    cancel_job(job=job, actor="ada", now=NOON)
    cancel_job(job=job, actor="ada", now=datetime.now(UTC))

    assert fresh(job).state == JobState.CANCELLING
    assert fresh(job).cancel_requested_at == NOON
    assert handler.cancelled == []
    assert job.events.filter(kind="CANCEL_REQUESTED").count() == 1


def test_a_job_of_a_kind_that_nobody_handles_can_be_cancelled():
    job = JobFactory(type=JobType.IMAGE)

    cancel_job(job=job, actor="ada", now=NOON)

    assert fresh(job).state == JobState.CANCELLED


@pytest.mark.parametrize("trait", ["failed", "cancelled"])
def test_a_failed_job_is_opened_again(handler, trait):
    job = JobFactory(crashes=5, attempts=1, **{trait: True})

    retry_job(job=job, actor="ada", params={"fromStart": True})

    after = fresh(job)
    assert (after.state, after.attempts, after.crashes) == (JobState.QUEUED, 2, 0)
    assert (after.error_code, after.error_message, after.finished_at) == (None, None, None)
    assert after.cancel_requested_at is None
    assert handler.retried == [{"fromStart": True}]
    assert announced() == [str(job.pk)]


@pytest.mark.parametrize(
    "traits",
    [{}, {"running": True}, {"paused": True}, {"scheduled": True}, {"completed": True}],
)
def test_only_what_failed_can_be_tried_again(handler, traits):
    job = JobFactory(**traits)

    with pytest.raises(NotRetryable) as refused:
        retry_job(job=job, actor="ada")

    assert refused.value.extra == {"status": job.status}
    assert handler.retried == []


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_what_the_state_forbids_is_a_409_that_names_the_status(operator_api, handler, action):
    job = JobFactory(completed=True, owner=operator_api.user)

    response = operator_api.post(f"/status/{job.pk}/{action}", {}, format="json")

    assert response.status_code == 409
    body = response.json()
    assert (body["code"], body["status"]) == ("illegal_transition", "completed")
    assert body["error"] == body["message"] == "Job is already completed"


def test_cancelling_over_http_says_whether_it_is_done_already(operator_api, handler):
    waiting = JobFactory(owner=operator_api.user)
    running = JobFactory(owner=operator_api.user, running=True)

    at_once = operator_api.post(f"/status/{waiting.pk}/cancel")
    soon = operator_api.post(f"/status/{running.pk}/cancel")

    assert (at_once.status_code, at_once.json()["state"]) == (200, "cancelled")
    assert (soon.status_code, soon.json()["state"]) == (202, "cancelling")
