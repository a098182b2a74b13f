"""Exports whose workers die, that are cancelled, or that others would have to wait for."""

import time
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.start_export import start_export
from tests.faults.test_generation_faults import finished, start
from tests.faults.world import is_finished, kill_who_holds
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ROWS = 60_000


@pytest.fixture(scope="module")
def made(stack: Stack) -> Job:
    """Have rows to export: those of a generation."""
    return finished(start(ROWS, store="both"))


def export(made: Job, **more) -> Job:
    """Ask for a workbook of all rows; its bytes depend on the moment that it was asked for."""
    source = {"kind": "generation", "jobId": str(made.pk)}
    with transaction.atomic():
        job = start_export(
            document={"source": source, "format": "xlsx", **more},
            owner=made.owner,
            now=timezone.now(),
        )
        Job.objects.filter(pk=job.pk).update(created_at=made.created_at)
    return job


def temporary(job: Job, stack: Stack) -> list[Path]:
    return list((stack.home / "var" / "incoming").glob(f"{job.pk}.*"))


def is_being_written(job: Job, stack: Stack) -> bool:
    return any(path.stat().st_size > 0 for path in temporary(job, stack))


def stored(job: Job, stack: Stack) -> list[Path]:
    return list((stack.home / "var" / "media" / "results" / str(job.pk)).glob("*"))


def test_a_worker_killed_in_the_middle_changes_no_byte_and_leaves_no_part(made, stack: Stack):
    undisturbed = finished(export(made))
    job = export(made)

    wait_for(lambda: is_being_written(job, stack), seconds=30, what="the first bytes")
    kill_who_holds(job)
    finished(job)

    assert job.fence >= 2
    assert job.result_meta["sha256"] == undisturbed.result_meta["sha256"]
    assert job.progress_done == job.result_meta["rows"] == ROWS
    wait_for(lambda: len(stored(job, stack)) == 1, seconds=30, what="the removal of other files")
    assert temporary(job, stack) == []


def test_a_cancelled_export_stops_within_two_seconds_and_leaves_no_file(made, stack: Stack):
    job = export(made)
    wait_for(lambda: is_being_written(job, stack), seconds=30, what="the first bytes")

    asked_at = time.monotonic()
    cancel_job(job=job, actor="test", now=timezone.now())
    wait_for(
        lambda: Job.objects.get(pk=job.pk).status == "failed", seconds=10, what="the cancellation"
    )

    assert time.monotonic() - asked_at < 2
    wait_for(lambda: not temporary(job, stack), seconds=10, what="the removal of its file")
    assert stored(job, stack) == []


def test_a_large_export_does_not_keep_a_small_one_waiting(made, stack: Stack):
    large = export(made)
    wait_for(lambda: is_being_written(large, stack), seconds=30, what="the first bytes")

    small = export(made, limit=100)
    wait_for(lambda: is_finished(small), seconds=60, what="the small export")

    large.refresh_from_db()
    assert large.is_open
    finished(large)
