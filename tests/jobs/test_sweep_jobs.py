from datetime import UTC, datetime

import pytest

from apps.core.models import OutboxMessage
from apps.core.outbox import claim_message, enqueue, fail_message, settle_message
from apps.jobs.models import Job
from apps.jobs.services.pause_queue import pause_queue
from apps.jobs.services.start_job import start_job
from apps.jobs.services.sweep_jobs import sweep_jobs
from apps.jobs.status import JobState, JobType
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory
from tests.jobs.world import announced, at_once

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("trait", ["crashed", "between_slices"])
def test_a_job_in_nobodys_hands_is_woken(trait):
    job = JobFactory(**{trait: True})

    assert sweep_jobs() == 1
    assert announced() == [str(job.pk)]


@pytest.mark.parametrize("trait", ["running", "scheduled", "paused", "completed", "failed"])
def test_what_needs_nobody_is_left_alone(trait):
    JobFactory(**{trait: True})

    assert sweep_jobs() == 0
    assert announced() == []


def test_a_job_whose_message_is_gone_is_woken():
    job = start_job(type=JobType.SYNC, owner=UserFactory(operator=True))
    OutboxMessage.objects.all().delete()

    sweep_jobs()

    assert announced() == [str(job.pk)]


def test_a_job_is_not_announced_twice():
    start_job(type=JobType.SYNC, owner=UserFactory(operator=True))

    assert [sweep_jobs() for _ in range(3)] == [0, 0, 0]
    assert len(announced()) == 1


def test_a_message_that_somebody_began_or_that_is_due_later_does_not_count():
    begun, failed = JobFactory(), JobFactory()
    claim_message(enqueue("jobs.run_slice", job_id=str(begun.pk)).pk)
    fail_message(enqueue("jobs.run_slice", job_id=str(failed.pk)).pk, "OperationalError")

    assert sweep_jobs() == 2
    assert sorted(announced()[2:]) == sorted([str(begun.pk), str(failed.pk)])


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_time_announce_each_job_once():
    jobs = [JobFactory(crashed=True) for _ in range(5)]

    at_once(8, lambda _: sweep_jobs())

    assert sorted(announced()) == sorted(str(job.pk) for job in jobs)


def test_a_crashed_job_that_was_paused_is_paused(handler):
    job = JobFactory(crashed=True, paused=True)

    sweep_jobs()

    job.refresh_from_db()
    assert (job.state, job.lease_until, job.status) == (JobState.PAUSED, None, "pending")
    assert announced() == []


@pytest.mark.parametrize(
    "traits",
    [
        {"crashed": True},
        {"crashed": True, "paused": True},
        {"between_slices": True},
        {"between_slices": True, "paused": True},
        {"between_slices": True, "scheduled": True},
    ],
)
def test_a_cancelled_job_whose_worker_died_is_cancelled(handler, traits):
    job = JobFactory(cancelling=True, **traits)

    sweep_jobs()

    job.refresh_from_db()
    assert (job.state, job.lease_until) == (JobState.CANCELLED, None)
    assert job.finished_at
    assert handler.cancelled == [job.pk]
    assert announced() == []


def test_a_running_job_that_is_being_cancelled_keeps_its_worker(handler):
    job = JobFactory(running=True, cancelling=True)

    sweep_jobs()

    assert handler.cancelled == []
    assert Job.objects.get(pk=job.pk).state == JobState.CANCELLING


def test_a_job_that_cannot_be_settled_does_not_stop_the_sweep(handler, monkeypatch):
    broken = JobFactory(crashed=True, cancelling=True)
    crashed = JobFactory(crashed=True)

    def break_down(job):
        raise ValueError(job)

    monkeypatch.setattr(handler, "cancel", break_down)

    assert sweep_jobs() == 1
    assert announced() == [str(crashed.pk)]
    assert Job.objects.get(pk=broken.pk).state == JobState.CANCELLING


def test_a_paused_queue_wakes_nobody():
    JobFactory()
    pause_queue(actor="ada", reason="moving", now=datetime.now(UTC))

    assert sweep_jobs() == 0


def test_jobs_are_woken_by_priority_and_then_by_how_long_they_have_waited():
    young, old, urgent = JobFactory(), JobFactory(), JobFactory(priority=9)
    Job.objects.filter(pk=old.pk).update(created_at=datetime(2026, 1, 1, tzinfo=UTC))

    sweep_jobs()

    assert announced() == [str(job.pk) for job in (urgent, old, young)]


def test_a_settled_message_may_be_followed_by_another():
    job = JobFactory()
    sweep_jobs()
    settle_message(OutboxMessage.objects.get().pk)

    sweep_jobs()

    assert announced() == [str(job.pk)]
