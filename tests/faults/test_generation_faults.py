"""Generations whose workers die, that are cancelled, or that others would have to wait for."""

from pathlib import Path

import pytest
from django.utils import timezone

from apps.jobs.models import GeneratedRow, GenerationPart, Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.start_generation import start_generation
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.faults.world import is_finished, kill_who_holds, post_job
from tests.generation.world import customers
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

LARGE = 600_000


def start(rows: int, **more) -> Job:
    owner = UserFactory(operator=True)
    return start_generation(
        document=customers(rows, asOf="2025-11-03", **more), owner=owner, now=timezone.now()
    ).job


def parts_done(job: Job) -> int:
    return GenerationPart.objects.filter(job=job, done_at__isnull=False).count()


def finished(job: Job) -> Job:
    wait_for(lambda: is_finished(job), seconds=90, what="the end of the generation")
    job.refresh_from_db()
    return job


def files_of(job: Job, stack: Stack) -> list[Path]:
    media = stack.home / "var" / "media"
    folders = (media / "parts" / str(job.pk), media / "results" / str(job.pk))
    return [path for folder in folders for path in folder.glob("*")]


def test_a_worker_killed_in_the_middle_changes_no_byte_and_doubles_no_row(stack: Stack):
    undisturbed = finished(start(120_000, store="both"))
    job = start(120_000, store="both")

    wait_for(lambda: parts_done(job) >= 1, seconds=60, what="the first part")
    kill_who_holds(job)
    finished(job)

    assert job.result_meta["sha256"] == undisturbed.result_meta["sha256"]
    assert GeneratedRow.objects.filter(job=job).count() == 120_000
    assert job.fence >= 2


def test_a_generation_accepted_while_the_broker_is_down_runs_once_after_its_recovery(
    stack: Stack, address: str
):
    token = ApiKeyFactory(owner=UserFactory(operator=True)).token
    stack.valkey.stop()
    try:
        accepted, _ = post_job(f"{address}/generate", customers(500, store="both"), token)
        job = Job.objects.get(pk=accepted["jobId"])
        assert (job.status, job.attempts) == ("pending", 0)
    finally:
        stack.valkey.start()

    finished(job)

    assert GeneratedRow.objects.filter(job=job).count() == 500
    assert len(files_of(job, stack)) == 1
    kinds = list(job.events.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["START", "JOB_STARTED", "JOB_COMPLETED"]


def test_a_large_generation_does_not_keep_a_small_one_waiting(stack: Stack):
    large = start(LARGE)
    wait_for(lambda: parts_done(large) >= 1, seconds=60, what="the first part")

    small = finished(start(100))

    large.refresh_from_db()
    assert large.is_open
    assert parts_done(large) < GenerationPart.objects.filter(job=large).count()
    assert small.result_meta["rows"] == 100
    cancel_job(job=large, actor="test", now=timezone.now())


def test_a_cancelled_generation_stops_where_it_is_and_leaves_no_file(stack: Stack):
    job = start(LARGE)
    wait_for(lambda: parts_done(job) >= 2, seconds=60, what="the second part")

    cancel_job(job=job, actor="test", now=timezone.now())
    wait_for(
        lambda: Job.objects.get(pk=job.pk).status == "failed", seconds=60, what="the cancellation"
    )

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert job.result_uri is None
    wait_for(lambda: not files_of(job, stack), seconds=60, what="the removal of its files")
    temporary = stack.home / "var" / "incoming"
    wait_for(lambda: not list(temporary.glob("*.result")), seconds=60, what="no temporary file")
