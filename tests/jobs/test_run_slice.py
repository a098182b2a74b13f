"""What becomes of a job when its handler ends well, badly or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from apps.core.errors import DomainError
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.pause_job import pause_job
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobState, JobStatus, JobType
from tests.factories.jobs import JobFactory
from tests.jobs.test_work_slice import lapse
from tests.jobs.world import announced

pytestmark = pytest.mark.django_db(transaction=True)


class SourceGone(DomainError):
    """The source has been removed."""

    code = "invalid_source"


def raising(error: Exception):
    def act(work: Slice) -> None:
        raise error

    return act


def due_now(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(next_attempt_at=None)


def test_a_job_that_nobody_handles_fails():
    job = JobFactory(type=JobType.IMAGE)

    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "internal")
    assert "image" in job.error_message


def test_a_broken_rule_fails_the_job_with_its_code_and_sentence(handler):
    job = JobFactory()
    handler.act = raising(SourceGone())

    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "invalid_source")
    assert job.error_message == "The source has been removed."


def test_a_surprise_is_tried_again_with_growing_pauses_and_then_given_up(handler):
    job = JobFactory()
    handler.act = raising(RuntimeError("the disk at /srv/9 is full"))
    pauses = []

    for _ in range(2):
        run_slice(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.state) == (JobStatus.IN_PROGRESS, JobState.SCHEDULED)
        pauses.append((job.next_attempt_at - datetime.now(UTC)) / timedelta(seconds=1))
        run_slice(job_id=job.pk)  # too early: nothing happens
        due_now(job)
    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert pauses == [pytest.approx(5, abs=1), pytest.approx(10, abs=1)]
    assert (job.status, job.error_code) == (JobStatus.FAILED, "internal")
    assert "/srv/9" not in job.error_message
    assert job.events.filter(kind="ERROR").count() == 2


def test_a_surprise_that_passes_leaves_no_trace_of_failure(handler):
    job = JobFactory()
    handler.act = raising(RuntimeError("once"))
    run_slice(job_id=job.pk)
    due_now(job)

    handler.act = lambda work: work.finish()
    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_detail) == (JobStatus.COMPLETED, None, None)


def test_a_lost_database_leaves_the_job_to_the_sweep(handler):
    job = JobFactory()
    handler.act = raising(OperationalError("server closed the connection"))

    with pytest.raises(OperationalError):
        run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert job.status == JobStatus.IN_PROGRESS
    assert job.lease_until
    assert job.error_detail is None


def test_a_handler_that_dies_after_it_lost_its_lease_changes_nothing(handler):
    job = JobFactory()

    def lose_and_die(work: Slice) -> None:
        Job.objects.filter(pk=job.pk).update(fence=99)
        raise RuntimeError("late")

    handler.act = lose_and_die

    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.fence, job.error_detail) == (JobStatus.IN_PROGRESS, 99, None)
    assert announced() == []


def test_a_handler_that_says_nothing_is_found_by_the_sweep(handler):
    job = JobFactory()
    handler.act = lambda work: None

    run_slice(job_id=job.pk)

    assert Job.objects.get(pk=job.pk).lease_until
    lapse(job)
    assert Job.objects.runnable().filter(pk=job.pk).exists()


def test_a_pause_is_carried_out_at_the_end_of_the_slice(handler):
    job = JobFactory()

    def be_paused(work: Slice) -> None:
        pause_job(job=Job.objects.get(pk=job.pk), actor="ada", now=datetime.now(UTC))
        work.again()

    handler.act = be_paused

    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.state) == (JobStatus.PENDING, JobState.PAUSED)
    assert job.lease_until is None


@pytest.mark.parametrize("end", [Slice.again, lambda work: None], ids=["again", "silence"])
def test_a_cancellation_is_carried_out_at_the_end_of_the_slice(handler, end):
    job = JobFactory()

    def be_cancelled(work: Slice) -> None:
        cancel_job(job=Job.objects.get(pk=job.pk), actor="ada", now=datetime.now(UTC))
        assert handler.cancelled == []
        end(work)

    handler.act = be_cancelled

    run_slice(job_id=job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.CANCELLED
    assert handler.cancelled == [job.pk]


def test_what_ended_before_the_cancellation_was_noticed_has_ended(handler):
    job = JobFactory()

    def finish_all_the_same(work: Slice) -> None:
        cancel_job(job=Job.objects.get(pk=job.pk), actor="ada", now=datetime.now(UTC))
        work.finish()

    handler.act = finish_all_the_same

    run_slice(job_id=job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.COMPLETED
    assert handler.cancelled == []


def test_a_cancelled_job_that_is_claimed_is_settled_and_not_worked_on(handler):
    job = JobFactory(crashed=True, cancelling=True)
    handler.act = raising(AssertionError("nobody should work on it"))

    run_slice(job_id=job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.CANCELLED


def test_a_second_delivery_of_the_same_message_does_nothing(handler):
    job = JobFactory()
    runs = []

    def note(work: Slice) -> None:
        runs.append(1)
        work.finish()

    handler.act = note

    run_slice(job_id=job.pk)
    run_slice(job_id=job.pk)

    assert runs == [1]
