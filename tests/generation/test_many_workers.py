"""Any number of workers make the same bytes, and nobody keeps what is not wanted."""

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.jobs.models import GeneratedRow, GenerationPart, Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.clear_generation import clear_generation
from apps.jobs.services.generate_rows import help_generate
from apps.jobs.services.generation_parts import lay_out_parts, settle_part, take_part
from apps.jobs.services.generation_plan import plan_of
from apps.jobs.services.make_part import make_part
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.start_generation import start_generation
from tests.factories.accounts import UserFactory
from tests.generation.world import content_of, customers, generate, worked_on
from tests.jobs.world import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def accepted(document) -> Job:
    owner = UserFactory(operator=True)
    return start_generation(document=document, owner=owner, now=timezone.now()).job


def files_of(job) -> list[str]:
    """Return all files of the job, parts and results."""
    found = []
    for folder in ("parts", "results"):
        if default_storage.exists(f"{folder}/{job.pk}"):
            found += default_storage.listdir(f"{folder}/{job.pk}")[1]
    return found


def begun(job):
    """Claim the job and lay out its parts, as its worker's first moments do."""
    Job.objects.filter(pk=job.pk).update(status="in-progress", started_at=timezone.now())
    lay_out_parts(job, plan_of(job).schema)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_one_worker_and_eight_make_the_same_bytes(form):
    document = customers(90_000, format=form, store="file")
    alone = generate(document)
    job = accepted(document)

    def work(number):
        if number == 0:
            run_slice(job_id=job.pk)
        else:
            for _ in range(3):
                help_generate(job_id=job.pk)

    at_once(8, work)
    job.refresh_from_db()

    assert worked_on(job).result_meta["sha256"] == alone.result_meta["sha256"]


def test_related_data_sets_become_sheets_of_one_workbook():
    document = {
        "seed": 3,
        "asOf": "2025-11-03",
        "format": "xlsx",
        "datasets": [
            {"name": "people", "rows": 20, "fields": [{"name": "id", "type": "sequence"}]},
            {
                "name": "visits",
                "rows": 7_000,
                "fields": [
                    {"name": "who", "type": "reference", "dataset": "people", "field": "id"},
                    {"name": "at", "type": "datetime"},
                ],
            },
        ],
    }
    job, again = generate(document), generate(document)

    assert job.result_meta["rows"] == 7_020
    assert content_of(job) == content_of(again)
    assert GeneratedRow.objects.filter(job=job, dataset="visits").count() == 7_000


def test_parts_are_gone_when_the_file_is_there():
    job = generate(customers(30_000, store="file"))

    clear_generation(job_id=job.pk)

    assert len(files_of(job)) == 1
    assert not GenerationPart.objects.exists()
    assert content_of(job).count(b"\r\n") == 30_001


def test_a_cancelled_generation_leaves_no_file_and_no_row():
    job = accepted(customers(30_000, store="both"))
    begun(job)
    help_generate(job_id=job.pk)
    assert files_of(job)

    cancel_job(job=job, actor="me", now=timezone.now())
    clear_generation(job_id=job.pk)

    assert files_of(job) == []
    assert not GeneratedRow.objects.filter(job=job).exists()
    assert not GenerationPart.objects.exists()


def test_a_helper_that_comes_too_late_leaves_nothing():
    job = accepted(customers(30_000, store="both"))
    begun(job)
    part = take_part(job.pk)
    cancel_job(job=job, actor="me", now=timezone.now())

    assert make_part(job, plan_of(job), part, lambda: None) is False

    assert files_of(job) == []
    assert not GeneratedRow.objects.exists()


def test_a_part_that_was_taken_over_counts_once():
    job = accepted(customers(30_000, store="file"))
    begun(job)
    early = take_part(job.pk)
    GenerationPart.objects.filter(pk=early.id).update(taken_until=timezone.now())
    late = take_part(job.pk)

    assert early.number == late.number
    assert settle_part(early, path="early", size=1) is False
    assert settle_part(late, path="late", size=1) is True
    assert GenerationPart.objects.get(pk=late.id).stored_path == "late"


def test_helpers_are_called_once_for_each_worker_that_may_help(settings):
    settings.GENERATION_HELPERS = 2
    settings.JOB_SLICE_SECONDS = 0
    job = accepted(customers(200_000, store="file"))

    run_slice(job_id=job.pk)
    run_slice(job_id=job.pk)

    assert OutboxMessage.objects.filter(task="jobs.help_generate").count() == 2


def test_a_formula_that_fails_in_a_later_row_fails_the_job_with_its_code():
    fields = [
        {"name": "n", "type": "sequence"},
        {"name": "bad", "type": "expression", "expression": "if(n > 6000, 'x', n) * 1"},
    ]

    job = generate(customers(10_000, fields=fields))
    clear_generation(job_id=job.pk)

    assert (job.status, job.error_code) == ("failed", "expression_failed")
    assert files_of(job) == []
