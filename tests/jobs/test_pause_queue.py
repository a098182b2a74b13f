from datetime import UTC, datetime

import pytest

from apps.core.models import OutboxMessage
from apps.jobs.models import Job, QueueAction
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.pause_queue import UnknownQueue, pause_queue, resume_queue
from apps.jobs.services.sweep_jobs import sweep_jobs
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobType
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 9, 12, 30, tzinfo=UTC)


def pause(queue):
    return pause_queue(queue=queue, actor="mia", reason="The storage is moved", now=NOW)


def test_a_paused_queue_keeps_its_own_jobs_from_the_workers_and_no_others():
    held, free = JobFactory(type=JobType.EXPORT), JobFactory(type=JobType.UPLOAD)

    pause("export")

    assert claim_job(held.pk) is None
    assert sweep_jobs() == 1
    assert claim_job(free.pk) is not None

    resume_queue(queue="export", actor="mia", reason="")

    assert OutboxMessage.objects.filter(task="jobs.sweep").exists()
    assert claim_job(held.pk) is not None


def test_a_slice_gives_way_to_the_pause_of_its_own_queue_only():
    export = Slice(claim_job(JobFactory(type=JobType.EXPORT).pk))
    upload = Slice(claim_job(JobFactory(type=JobType.UPLOAD).pk))

    pause("export")
    export._renew()
    upload._renew()

    assert export.is_over()
    assert not upload.is_over()


def test_all_stands_for_every_queue():
    job = JobFactory()

    pause("all")

    assert claim_job(job.pk) is None
    assert sweep_jobs() == 0


def test_who_paused_what_and_why_is_kept():
    pause("export")
    resume_queue(queue="export", actor="jo", reason="Moved")

    told = list(QueueAction.objects.values_list("actor", "action", "subject", "reason"))

    assert told == [
        ("jo", "resume", "queue export", "Moved"),
        ("mia", "pause", "queue export", "The storage is moved"),
    ]


def test_there_is_no_queue_of_another_name():
    with pytest.raises(UnknownQueue):
        pause("exports")
    assert not QueueAction.objects.exists()
    assert not Job.objects.exists()
