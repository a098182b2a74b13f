"""A slice: its lease, its heartbeat, its progress, and how little a late one can do."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, InterfaceError, connection, transaction

from apps.jobs.models import Job, JobEvent
from apps.jobs.services import work_slice
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.pause_job import pause_job
from apps.jobs.services.work_slice import LostLease, Slice
from apps.jobs.services.worker import LEAVING
from apps.jobs.status import JobState, JobStatus
from tests.factories.jobs import JobFactory
from tests.jobs.world import announced, until

pytestmark = pytest.mark.django_db(transaction=True)


def lapse(job: Job) -> None:
    """Let the job's lease have ended, as the database's clock sees it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 second' WHERE id = %s",
            [job.pk],
        )


def taken_over() -> tuple[Slice, Job]:
    """Return the slice of a worker that was frozen, and the job in another worker's hands."""
    late = Slice(claim_job(JobFactory().pk))
    lapse(late.job)
    return late, claim_job(late.job.pk)


LATE_WRITES = {
    "report": lambda work: work.report(done=5, total=9, force=True),
    "finish": lambda work: work.finish(),
    "fail": lambda work: work.fail(code="internal", message="It broke."),
    "again": lambda work: work.again(),
    "wait_until": lambda work: work.wait_until(datetime.now(UTC)),
    "pause": lambda work: work.pause("user"),
}


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES)
def test_a_late_worker_writes_nothing(write):
    late, job = taken_over()
    before = Job.objects.values().get(pk=job.pk)
    events = JobEvent.objects.filter(job=job).count()
    messages = announced()

    with pytest.raises(LostLease):
        write(late)

    assert Job.objects.values().get(pk=job.pk) == before
    assert JobEvent.objects.filter(job=job).count() == events
    assert announced() == messages


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES)
def test_a_worker_whose_lease_the_sweep_took_writes_nothing(write):
    late = Slice(claim_job(JobFactory().pk))
    Job.objects.filter(pk=late.job.pk).update(lease_until=None, status=JobStatus.PENDING)
    before = Job.objects.values().get(pk=late.job.pk)

    with pytest.raises(LostLease):
        write(late)

    assert Job.objects.values().get(pk=late.job.pk) == before


def test_a_guarded_transaction_of_a_late_worker_is_undone():
    late, job = taken_over()

    @transaction.atomic
    def write_and_guard() -> None:
        Job.objects.filter(pk=job.pk).update(title="written too late")
        late.guard()

    with pytest.raises(LostLease):
        write_and_guard()

    assert Job.objects.get(pk=job.pk).title == job.title
    assert late.is_over()
    with pytest.raises(LostLease):
        late.check_lease()


def test_the_guard_lets_the_holder_write():
    work = Slice(claim_job(JobFactory().pk))

    with transaction.atomic():
        work.guard()
        Job.objects.filter(pk=work.job.pk).update(title="written in time")

    assert Job.objects.get(pk=work.job.pk).title == "written in time"


def test_a_worker_that_freezes_in_a_guarded_transaction_does_not_keep_the_job(short_lease):
    work = Slice(claim_job(JobFactory().pk))

    def take_over() -> bool:
        try:
            lapse(work.job)
            return claim_job(work.job.pk) is not None
        finally:
            connection.close()

    @transaction.atomic
    def freeze() -> bool:
        work.guard()
        with ThreadPoolExecutor(1) as other:
            return other.submit(take_over).result(timeout=60)

    # The commit of a session that PostgreSQL has ended cannot succeed.
    with pytest.raises(DatabaseError):
        freeze()
    connection.close()
    assert Job.objects.get(pk=work.job.pk).fence == 2


def test_the_lease_is_renewed_while_a_handler_computes_in_pure_python(short_lease):
    with Slice(claim_job(JobFactory().pk)) as work:
        end = time.monotonic() + 4 * short_lease
        while time.monotonic() < end:
            sum(range(1000))

        assert claim_job(work.job.pk) is None
        work.check_lease()


def test_the_heart_outlives_a_broken_connection(short_lease, monkeypatch):
    job = claim_job(JobFactory().pk)
    renew, failures = Slice._renew, []

    def fail_once(self):
        if not failures:
            failures.append(1)
            raise InterfaceError("the connection is closed")
        renew(self)

    monkeypatch.setattr(Slice, "_renew", fail_once)
    with Slice(job) as work:
        until(lambda: Job.objects.get(pk=job.pk).heartbeat_at > job.heartbeat_at)
        work.check_lease()


def test_the_heart_notices_that_another_worker_took_over(short_lease):
    with Slice(claim_job(JobFactory().pk)) as work:
        Job.objects.filter(pk=work.job.pk).update(fence=99)

        until(work.is_over)
        with pytest.raises(LostLease):
            work.check_lease()


@pytest.mark.parametrize("column", ["paused_at", "cancel_requested_at"])
def test_a_slice_is_over_soon_after_a_pause_or_a_cancellation_is_asked_for(short_lease, column):
    with Slice(claim_job(JobFactory().pk)) as work:
        assert not work.is_over()
        Job.objects.filter(pk=work.job.pk).update(**{column: datetime.now(UTC)})

        until(work.is_over)


def test_a_slice_is_over_soon_after_its_worker_is_asked_to_leave(short_lease):
    with Slice(claim_job(JobFactory().pk)) as work:
        LEAVING.set()
        try:
            until(work.is_over)
        finally:
            LEAVING.clear()


def test_a_slice_is_over_when_its_time_is_up(settings):
    settings.JOB_SLICE_SECONDS = 0.05
    work = Slice(claim_job(JobFactory().pk))

    assert not work.is_over()
    until(work.is_over)


def test_progress_is_written_at_most_once_a_second(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(work_slice.time, "monotonic", lambda: clock[0])
    work = Slice(claim_job(JobFactory().pk))
    before = Job.objects.get(pk=work.job.pk).version

    for done in range(1, 31):  # 3 seconds
        work.report(done=done, total=30)
        clock[0] += 0.1

    job = Job.objects.get(pk=work.job.pk)
    assert job.version - before == 3
    assert job.progress_done == 24


def test_the_last_report_may_be_forced():
    work = Slice(claim_job(JobFactory().pk))
    work.report(done=1, total=9)

    work.report(done=9, total=9, rate=4.5, note="Done", force=True)

    job = Job.objects.get(pk=work.job.pk)
    assert (job.progress_done, job.progress_total, job.progress_note) == (9, 9, "Done")


def test_a_finished_job_is_free_and_says_when_it_ended():
    work = Slice(claim_job(JobFactory().pk))

    work.finish(partial=True, result_meta={"rows": 3})

    job = Job.objects.get(pk=work.job.pk)
    assert (job.status, job.partial, job.result_meta) == ("completed", True, {"rows": 3})
    assert job.finished_at
    assert job.lease_until is None


def test_a_job_that_ends_while_it_is_being_paused_has_ended():
    work = Slice(claim_job(JobFactory().pk))
    pause_job(job=Job.objects.get(pk=work.job.pk), actor="ada", now=datetime.now(UTC))

    work.finish()

    job = Job.objects.get(pk=work.job.pk)
    assert (job.state, job.paused_at, job.pause_reason) == (JobState.COMPLETED, None, "")


def test_a_slice_that_gives_its_job_back_asks_for_another_one():
    work = Slice(claim_job(JobFactory().pk))

    work.again()

    job = Job.objects.get(pk=work.job.pk)
    assert (job.status, job.lease_until) == (JobStatus.IN_PROGRESS, None)
    assert announced() == [str(job.pk)]


def test_a_job_that_waits_cannot_be_claimed_before_its_moment():
    work = Slice(claim_job(JobFactory().pk))
    later = datetime.now(UTC) + timedelta(minutes=5)

    work.wait_until(later)

    assert claim_job(work.job.pk) is None
    assert Job.objects.get(pk=work.job.pk).state == JobState.SCHEDULED
    assert announced() == [str(work.job.pk)]


def test_a_slice_may_pause_its_job_and_say_why():
    work = Slice(claim_job(JobFactory().pk))

    work.pause("auth_failed", "The partner refused our credentials.")

    job = Job.objects.get(pk=work.job.pk)
    assert (job.state, job.pause_reason) == (JobState.PAUSED, "auth_failed")
    assert job.events.get(kind="JOB_PAUSED").message == "The partner refused our credentials."
