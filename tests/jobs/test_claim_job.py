from datetime import UTC, datetime, timedelta

import pytest

from apps.core.ids import new_id
from apps.jobs.models import Job, JobEvent
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.pause_queue import pause_queue, resume_queue
from apps.jobs.services.retry_job import retry_job
from apps.jobs.services.worker import worker_id
from apps.jobs.status import JobStatus
from tests.factories.jobs import JobFactory
from tests.jobs.world import at_once

THREADS = 16
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_workers_one_gets_the_job():
    job = JobFactory()

    claims = at_once(THREADS, lambda _: claim_job(job.pk))

    winners = [claimed for claimed in claims if claimed]
    assert len(winners) == 1
    assert winners[0].fence == Job.objects.get(pk=job.pk).fence == 1
    assert JobEvent.objects.filter(job=job, kind="JOB_STARTED").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_workers_one_takes_over_a_crashed_job():
    job = JobFactory(crashed=True, fence=7)

    claims = at_once(THREADS, lambda _: claim_job(job.pk))

    winners = [claimed for claimed in claims if claimed]
    assert [(each.fence, each.crashes) for each in winners] == [(8, 1)]


@pytest.mark.django_db
def test_a_claim_says_who_holds_the_job_and_until_when(settings):
    settings.JOB_LEASE_SECONDS = 30
    before = datetime.now(UTC)

    job = claim_job(JobFactory().pk)

    assert job.status == JobStatus.IN_PROGRESS
    assert job.worker_id == worker_id()
    assert timedelta(seconds=29) < job.lease_until - before < timedelta(seconds=60)
    assert (job.attempts, job.crashes, job.fence) == (1, 0, 1)
    assert job.started_at


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", ["running", "paused", "scheduled", "completed", "failed", "cancelled"]
)
def test_what_is_not_runnable_cannot_be_claimed(state):
    job = JobFactory(**{state: True})
    before = Job.objects.values().get(pk=job.pk)

    assert claim_job(job.pk) is None
    assert Job.objects.values().get(pk=job.pk) == before


@pytest.mark.django_db
def test_a_job_that_is_gone_cannot_be_claimed():
    assert claim_job(new_id()) is None


@pytest.mark.django_db
def test_a_later_slice_is_neither_a_new_start_nor_a_new_attempt():
    job = JobFactory(between_slices=True)

    claimed = claim_job(job.pk)

    assert (claimed.attempts, claimed.crashes) == (1, 0)
    assert claimed.started_at == job.started_at
    assert not JobEvent.objects.filter(job=job, kind="JOB_STARTED").exists()


@pytest.mark.django_db
def test_what_is_tried_again_starts_again():
    began = datetime.now(UTC) - timedelta(hours=1)
    job = JobFactory(type="export", failed=True, attempts=1, started_at=began)

    retry_job(job=job, actor="ada")
    claimed = claim_job(job.pk)

    assert claimed.attempts == 2
    assert claimed.started_at > began
    kinds = list(job.events.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["JOB_RETRIED", "JOB_STARTED"]


@pytest.mark.django_db
def test_nobody_gets_a_job_while_the_queue_is_paused():
    job = JobFactory()

    pause_queue(actor="ada", reason="the partner moves house", now=NOON)
    during = claim_job(job.pk)
    resume_queue(actor="ada", reason="moved")

    assert during is None
    assert claim_job(job.pk) is not None
