from datetime import UTC, datetime, timedelta

import pytest

from apps.jobs.models import Job
from apps.jobs.queue_figures import standing_of_queues
from apps.jobs.services.pause_queue import pause_queue
from apps.jobs.status import JobType
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 9, 12, 30, tzinfo=UTC)


def line(name):
    (found,) = [each for each in standing_of_queues(datetime.now(UTC)).lines if each.name == name]
    return found


def test_every_open_job_is_counted_once_in_the_state_that_people_know(handler):
    for trait in ("running", "scheduled", "paused", "cancelling", "between_slices"):
        JobFactory(**{trait: True})
    JobFactory.create_batch(3)
    JobFactory(archived_at=NOW)

    found = line("sync")

    counts = {"queued": 3, "scheduled": 1, "running": 2, "paused": 1, "cancelling": 1}
    assert found.counts == counts
    assert found.open == 8


def test_a_queue_is_as_old_as_the_job_that_has_waited_longest_in_it():
    job = JobFactory(type=JobType.EXPORT)
    JobFactory(type=JobType.EXPORT, scheduled=True)
    began = Job.objects.get(pk=job.pk).updated_at

    found = standing_of_queues(began + timedelta(seconds=90))

    assert found.total.oldest_seconds == pytest.approx(90)
    assert line("export").oldest_seconds is not None
    assert line("batch").oldest_seconds is None


def test_what_ended_within_a_day_is_told_by_the_hour():
    ended = {"started_at": NOW - timedelta(hours=2), "finished_at": NOW - timedelta(hours=1)}
    JobFactory(completed=True, **ended)
    JobFactory(completed=True, partial=True, **ended)
    JobFactory(failed=True, **ended)
    JobFactory(cancelled=True, **ended | {"finished_at": NOW})
    JobFactory(completed=True, finished_at=NOW - timedelta(hours=24))

    standing = standing_of_queues(NOW)

    assert len(standing.hours) == 24
    assert standing.hours[-2].ends == {"completed": 1, "partial": 1, "failed": 1, "cancelled": 0}
    assert standing.hours[-1].total == 1
    assert sum(hour.total for hour in standing.hours) == 4
    assert standing.total.ends == {"completed": 1, "partial": 1, "failed": 1, "cancelled": 1}
    (sync,) = [each for each in standing.lines if each.name == "sync"]
    assert sync.average_seconds == pytest.approx((3 * 3600 + 7200) / 4)


def test_it_takes_as_many_queries_for_many_jobs_as_for_none(django_assert_num_queries):
    JobFactory.create_batch(20, failed=True)
    pause_queue(queue="batch", actor="mia", reason="Maintenance", now=NOW)

    with django_assert_num_queries(4):
        standing = standing_of_queues(NOW)

    (batch,) = [each for each in standing.lines if each.name == "batch"]
    assert (batch.pause.actor, batch.pause.reason) == ("mia", "Maintenance")
    assert standing.pause is None
