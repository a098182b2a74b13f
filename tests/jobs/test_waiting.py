from datetime import UTC, datetime, timedelta

import pytest

from apps.core.models import OutboxMessage
from apps.jobs.models import Job, Worker
from apps.jobs.services.pause_job import pause_job
from apps.jobs.services.pause_queue import pause_queue
from apps.jobs.waiting import why_waiting
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db


def now():
    return datetime.now(UTC)


def reasons(job):
    return why_waiting(Job.objects.get(pk=job.pk), now())


def codes(job):
    return [reason.code for reason in reasons(job)]


@pytest.fixture
def worker():
    return Worker.objects.create(
        name="slices@here", host="here", pid=7, version="1", processes=2, started_at=now(),
        queues=["slices", "quick"], process_ids=["here:8", "here:9"],
    )  # fmt: skip


@pytest.mark.parametrize("trait", ["running", "completed", "failed", "cancelled"])
def test_what_runs_or_is_over_waits_for_nothing(trait):
    assert codes(JobFactory(**{trait: True})) == []


def test_a_paused_job_says_by_whom(worker):
    job = JobFactory()
    pause_job(job=job, actor="mia", now=now())

    (reason,) = reasons(job)

    assert reason.code == "paused"
    assert "by mia" in reason.sentence


def test_a_paused_queue_says_by_whom_and_why(worker):
    pause_queue(queue="sync", actor="jo", reason="Stock count", now=now())

    (reason,) = reasons(JobFactory())

    assert reason.sentence.startswith("The sync queue was paused by jo at ")
    assert reason.sentence.endswith(": Stock count.")
    assert codes(JobFactory(type="batch")) == ["behind"]


def test_a_job_to_be_tried_again_says_when_and_after_what(worker):
    job = JobFactory(scheduled=True, error_detail={"failures": 2})

    (reason,) = reasons(job)

    assert reason.code == "retry_due"
    assert "attempt 2 of 3 failed" in reason.sentence


def test_without_a_worker_nothing_goes_on(worker):
    Worker.objects.update(seen_at=now() - timedelta(minutes=5))

    assert codes(JobFactory()) == ["no_worker"]


def test_a_lane_is_for_one_at_a_time(worker):
    JobFactory(running=True, lane="ses_1", title="March claims")

    (reason,) = reasons(JobFactory(lane="ses_1"))

    assert reason.code == "lane_busy"
    assert "March claims" in reason.sentence


def test_jobs_that_came_first_are_counted(worker):
    JobFactory.create_batch(3)
    JobFactory.create_batch(2, running=True)

    (reason,) = reasons(JobFactory())

    assert reason == ("behind", "3 jobs are before it, and 2 of 2 processes are busy.")


def test_a_message_that_no_relay_has_sent_is_the_relays_fault(worker):
    job = JobFactory()
    OutboxMessage.objects.create(
        task="jobs.run_slice", kwargs={"job_id": str(job.pk)}, due_at=now() - timedelta(minutes=1)
    )

    assert codes(job) == ["not_sent"]


def test_a_silent_worker_is_named():
    (reason,) = reasons(JobFactory(crashed=True, worker_id="here:8"))

    assert reason.code == "worker_lost"
    assert "here:8" in reason.sentence
