"""A job that kills its workers is given up; one that gets further never is."""

import pytest

from apps.jobs.models import Job
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobStatus
from tests.factories.jobs import JobFactory
from tests.jobs.test_work_slice import lapse
from tests.jobs.world import announced

pytestmark = pytest.mark.django_db(transaction=True)


def live_and_die(job: Job, *reports: int) -> bool:
    """Claim the job, report, and die; return whether it could be claimed."""
    claimed = claim_job(job.pk)
    if claimed is None:
        return False
    work = Slice(claimed)
    for done in reports:
        work.report(done=done, total=100, force=True)
    lapse(job)
    return True


def test_five_deaths_without_progress_are_the_end():
    job = JobFactory()

    lives = [live_and_die(job) for _ in range(7)]

    job.refresh_from_db()
    assert lives == [True] * 5 + [False] * 2
    assert (job.status, job.error_code) == (JobStatus.FAILED, "poison_job")
    assert job.finished_at
    assert job.events.filter(kind="JOB_FAILED").count() == 1


def test_any_number_of_deaths_with_progress_are_forgiven():
    job = JobFactory()

    assert all(live_and_die(job, done) for done in range(1, 21))
    assert Job.objects.get(pk=job.pk).status == JobStatus.IN_PROGRESS


def test_beginning_anew_and_dying_at_the_same_place_is_no_progress():
    job = JobFactory()

    lives = [live_and_die(job, 1, 2, 3) for _ in range(7)]

    assert lives.count(True) == 5
    assert Job.objects.get(pk=job.pk).error_code == "poison_job"


def test_a_slice_that_gives_the_job_back_is_no_death():
    job = JobFactory()

    for _ in range(8):
        Slice(claim_job(job.pk)).again()

    assert Job.objects.get(pk=job.pk).crashes == 0


def test_who_waits_behind_a_poisoned_job_is_woken():
    poison = JobFactory(crashed=True, crashes=4, lane="march")
    waiting = JobFactory(lane="march")

    assert claim_job(poison.pk) is None
    assert announced() == [str(waiting.pk)]
