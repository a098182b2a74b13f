"""A batch that is stopped, gone on with and tried again while a real partner answers."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from apps.batches.models import BatchRow, BatchRun
from apps.batches.services.submit_records import submit_records
from apps.batches.status import Outcome, RowState
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.pause_job import pause_job, resume_job
from apps.jobs.services.retry_job import NotRetryable, retry_job
from apps.jobs.services.run_slice import run_slice
from apps.jobs.status import JobState
from tests.factories.batches import BatchSessionFactory
from tests.jobs.world import until
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)


def submit(partner: RecordingPartner, rows: int, **options) -> Job:
    session = BatchSessionFactory(
        api_url=partner.url, min_interval_ms=0, requests_per_minute=600_000, **options
    )
    records = [{"requestId": f"RX-{n}", "memberId": f"M-{n}"} for n in range(1, rows + 1)]
    return submit_records(session=session, owner=session.owner, records=records, now=timezone.now())


@contextmanager
def being_worked_on(job: Job) -> Iterator[None]:
    """Run a slice of the job in another thread; wait for its end."""

    def work() -> None:
        try:
            run_slice(job_id=job.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        worker.join(timeout=60)
    assert not worker.is_alive()


def states_of(job: Job) -> Counter[str]:
    return Counter(BatchRow.objects.filter(run_id=job.pk).values_list("state", flat=True))


def assert_counts_add_up(job: Job) -> None:
    run = BatchRun.objects.get(pk=job.pk)
    assert +Counter(run.counts) == states_of(job)
    assert sum(run.counts.values()) == run.total


def test_a_running_batch_is_cancelled_after_its_calls_in_flight(short_lease):
    with RecordingPartner(latency_ms=100) as partner:
        job = submit(partner, 300, max_concurrent=4)
        with being_worked_on(job):
            until(lambda: partner.call_count() >= 8)
            cancel_job(job=job, actor="ada", now=timezone.now())
            assert job.state == JobState.CANCELLING

        states = states_of(job)
        assert Job.objects.get(pk=job.pk).state == JobState.CANCELLED
        assert set(states) == {RowState.SUCCEEDED, RowState.CANCELLED}
        assert states[RowState.SUCCEEDED] == partner.call_count() < 300
        assert_counts_add_up(job)


def test_a_running_batch_is_paused_after_its_calls_in_flight_and_goes_on(short_lease):
    with RecordingPartner(latency_ms=50) as partner:
        job = submit(partner, 60, max_concurrent=4)
        with being_worked_on(job):
            until(lambda: partner.call_count() >= 8)
            pause_job(job=job, actor="ada", now=timezone.now())

        paused, called = Job.objects.get(pk=job.pk), partner.call_count()
        assert (paused.state, paused.lease_until) == (JobState.PAUSED, None)
        assert states_of(job) == {RowState.SUCCEEDED: called, RowState.PENDING: 60 - called}

        resume_job(job=paused, actor="ada")
        run_slice(job_id=job.pk)

        assert Job.objects.get(pk=job.pk).state == JobState.COMPLETED
        assert set(partner.effects().values()) == {1}
        assert_counts_add_up(job)


def test_a_finished_batch_sends_what_failed_again_and_nothing_else():
    with RecordingPartner(script={"RX-2": "status:409", "RX-3": "status:422"}) as partner:
        job = submit(partner, 5)
        run_slice(job_id=job.pk)
        before = Job.objects.get(pk=job.pk)
        assert (before.state, before.progress_done) == (JobState.PARTIAL, 5)
        first = partner.call_count()
        unsuccessful = 5 - states_of(job)[RowState.SUCCEEDED]
        assert unsuccessful == 2

        partner.script({"RX-2": "ok", "RX-3": "ok"})
        retry_job(job=before, actor="ada", params={"scope": "all_unsuccessful"})
        assert (before.state, before.progress_done) == (JobState.QUEUED, 3)
        run_slice(job_id=job.pk)

        after = Job.objects.get(pk=job.pk)
        assert (after.state, after.progress_done) == (JobState.COMPLETED, 5)
        assert BatchRun.objects.get(pk=job.pk).outcome == Outcome.ALL_SUCCEEDED
        assert partner.call_count() == first + 2
        assert_counts_add_up(job)


def test_a_batch_with_nothing_to_send_again_stays_finished():
    with RecordingPartner() as partner:
        job = submit(partner, 3)
        run_slice(job_id=job.pk)
    job.refresh_from_db()

    with pytest.raises(Exception, match="No row of this batch"):
        retry_job(job=job, actor="ada", params={"scope": "failed"})

    assert Job.objects.get(pk=job.pk).state == JobState.COMPLETED


def test_a_cancelled_batch_tried_again_begins_where_it_stopped():
    with RecordingPartner() as partner:
        job = submit(partner, 20)
        cancel_job(job=job, actor="ada", now=timezone.now())
        assert states_of(job) == {RowState.CANCELLED: 20}
        job.refresh_from_db()

        retry_job(job=job, actor="ada", params={"scope": "all_unsuccessful"})
        assert job.progress_done == 0
        run_slice(job_id=job.pk)

        assert states_of(job) == {RowState.SUCCEEDED: 20}
        assert_counts_add_up(job)


def test_an_open_batch_cannot_be_tried_again():
    with RecordingPartner() as partner:
        job = submit(partner, 3)

        with pytest.raises(NotRetryable):
            retry_job(job=job, actor="ada", params={"scope": "failed"})
