"""What has been kept for its time goes, nothing else does, and a dry run knows before."""

import json
import time
from collections import Counter
from datetime import timedelta
from itertools import chain

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.batches.models import BatchAnswer, BatchAttempt, BatchRow, BatchRun
from apps.core.locking import wait_alone
from apps.core.models import IdempotentAnswer, OutboxMessage
from apps.core.retention import rules
from apps.core.services import purge as purging
from apps.core.services.purge import AgeWithoutType, OthersAtWork, purge
from apps.core.services.tidy import tidy
from apps.core.tasks import purge_task, start_purge_task
from apps.jobs.models import GeneratedRow, Job, JobEvent, QueueAction
from apps.jobs.services.start_export import start_export
from apps.jobs.status import JobType
from apps.uploads.models import Upload
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory
from tests.generation.world import customers, generate, worked_on
from tests.retention.world import (
    NOW,
    answer,
    dead_letter,
    generation,
    sent_batch,
    stored,
    temporary,
    upload,
)
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db


def mixed() -> dict[str, object]:
    """Fill the house with everything, older and younger than it is kept; return what stays."""
    generation(2)
    generation(40)
    generation(100)
    generation(20, kept=10, rows=3)
    generation(100, kept=365, params={"keepDays": 365})
    generation(200, status="failed", kept=None)
    generation(100, status="failed", kept=None)
    generation(15, rows=7)
    generation(5, rows=4)
    source = generation(100, rows=2)
    JobFactory(params={"source": {"kind": "generation", "jobId": str(source.pk)}})
    generation(400, status="in-progress", kept=None, rows=1)
    sent_batch(10), sent_batch(40), sent_batch(120)
    upload(31), upload(200), upload(3)
    wanted = upload(50)
    JobFactory(type=JobType.UPLOAD, params={"files": [{"uploadId": str(wanted.pk)}]})
    answer(0.5), answer(2), answer(3)
    dead_letter(10), dead_letter(200)
    stored("uploads/2024/02/lost", 3), stored("uploads/2025/11/new", 0.1)
    stored(f"parts/{generation(2).pk}/0-1", 2), stored(f"results/{generation(2).pk}/old", 2)
    stored("results/0190d1c9-0000-7000-8000-000000000009/1", 2)
    temporary("a.upload", 2), temporary("b.upload", 0.1)
    return {"source": source, "wanted": wanted}


def everything() -> Counter[str]:
    """Count what there is, files by their folder."""
    kinds = (Job, JobEvent, GeneratedRow, BatchRun, BatchRow, BatchAttempt, BatchAnswer)
    kinds += (IdempotentAnswer, OutboxMessage)
    found = Counter({kind.__name__: kind.objects.count() for kind in kinds})
    found["Upload"] = Upload.objects.filter(deleted_at=None).count()
    return found


@pytest.mark.parametrize(
    ("types", "days"),
    [(None, None), (["results", "jobs"], 7), (["jobs"], 1), (["generated-data", "uploads"], 4)],
)
def test_a_dry_run_tells_exactly_what_a_purge_removes(types, days, kept_files):
    mixed()
    older_than = None if days is None else timedelta(days=days)
    before, files = everything(), len(kept_files())

    told = purge(now=NOW, types=types, older_than=older_than, dry_run=True)

    assert (everything(), len(kept_files())) == (before, files)
    done = purge(now=NOW, types=types, older_than=older_than)
    assert done.tallies == told.tallies
    assert done.total.count > 0
    assert purge(now=NOW, types=types, older_than=older_than).total.count == 0


def test_each_kind_goes_after_its_time_and_not_before():
    stays = mixed()
    for days in (700, 800):
        QueueAction.objects.create(actor="mia", action="pause", at=NOW - timedelta(days=days))

    counts = {name: tally.count for name, tally in purge(now=NOW).tallies.items()}

    assert counts == {
        "results": 3,
        "generated-data": 10,
        "job-files": 3,
        "queue-actions": 1,
        "uploads": 2,
        "temporary-files": 2,
        "idempotency-keys": 2,
        "dead-letters": 1,
        "batch-answers": 6,
        "jobs": 2,
        "failed-jobs": 1,
    }
    assert default_storage.exists(f"results/{stays['source'].pk}/1")
    assert GeneratedRow.objects.filter(job=stays["source"]).count() == 2
    assert default_storage.exists(stays["wanted"].stored_path)
    assert Job.objects.filter(status="in-progress").count() == 1


def test_a_result_that_is_gone_is_told_as_expired_and_its_facts_stay(admin_api):
    job = generation(40)

    purge(now=NOW)

    status = admin_api.get(f"/status/{job.pk}").json()
    assert (status["state"], status["resultUri"]) == ("expired", None)
    assert status["result"]["filename"] == "a.csv"
    gone = admin_api.get(f"/status/{job.pk}/result")
    assert (gone.status_code, gone.json()["code"]) == (410, "result_expired")
    assert not default_storage.exists(f"results/{job.pk}/1")


def test_who_makes_room_removes_files_early_but_none_whose_job_asked_for_its_time():
    usual, asked_for = generation(10), generation(10, kept=90, params={"keepDays": 90})
    unsaid = generation(10, params={"keepDays": None})

    purge(now=NOW, types=["results"], older_than=timedelta(days=7))

    for job in (usual, asked_for, unsaid):
        job.refresh_from_db()
    assert (usual.state, asked_for.state, unsaid.state) == ("expired", "completed", "expired")
    assert default_storage.exists(f"results/{asked_for.pk}/1")


def test_a_summary_of_each_job_stays_in_the_archive():
    job = generation(100, title="Customers")
    name = f"archive/jobs/{job.finished_at:%Y/%m}/{job.pk}.ndjson"
    default_storage.save(name, ContentFile(b"of a purge that was interrupted"))

    purge(now=NOW)

    assert not Job.objects.filter(pk=job.pk).exists()
    (line,) = default_storage.open(name).read().splitlines()
    summary = json.loads(line)
    assert summary["jobId"] == str(job.pk)
    assert (summary["title"], summary["status"]) == ("Customers", "completed")
    assert summary["owner"] == job.owner.username
    assert summary["result"]["bytes"] == 5
    assert not default_storage.exists(f"results/{job.pk}/1")


def test_a_purge_that_was_stopped_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr("apps.core.retention_rules.AT_ONCE", 2)
    for days in range(2, 7):
        answer(days)

    first = purge(now=NOW, types=["idempotency-keys"], seconds=0)
    rest = purge(now=NOW, types=["idempotency-keys"])

    assert (first.is_complete, first.total.count) == (False, 2)
    assert (rest.is_complete, rest.total.count) == (True, 3)


def test_the_rows_of_a_large_batch_go_in_portions_and_none_is_left(monkeypatch):
    monkeypatch.setattr("apps.batches.services.remove_rows.AT_ONCE", 2)
    run = sent_batch(100)

    done = purge(now=NOW, types=["jobs"])

    assert done.tallies["jobs"].count == 1
    assert not BatchRow.objects.filter(run_id=run.pk).exists()
    assert not BatchAttempt.objects.filter(run_id=run.pk).exists()
    assert not BatchAnswer.objects.filter(run_id=run.pk).exists()


def test_what_is_left_of_rows_that_are_going_is_never_taken_for_all_of_them(monkeypatch):
    monkeypatch.setattr("apps.jobs.services.clear_generation.AT_ONCE", 40)
    job = generate(customers(100, store="both"), user := UserFactory(operator=True))
    Job.objects.filter(pk=job.pk).update(finished_at=NOW - timedelta(days=15))

    purge(now=NOW, types=["generated-data"], seconds=0)
    left = GeneratedRow.objects.filter(job=job).count()
    exported = worked_on(
        start_export(
            document={"source": {"kind": "generation", "jobId": str(job.pk)}, "format": "csv"},
            owner=user,
            now=NOW,
        )
    )

    assert left == 60
    assert exported.result_meta["rows"] == 100


def test_it_removes_no_more_in_a_second_than_it_may(monkeypatch):
    monkeypatch.setattr("apps.core.retention_rules.AT_ONCE", 5)
    for days in range(2, 12):
        answer(days)
    begun = time.monotonic()

    purge(now=NOW, types=["idempotency-keys"], rate=50)

    assert time.monotonic() - begun >= 10 / 50


def test_what_is_removed_is_counted_for_prometheus():
    counter = purging.DELETED.labels("dead-letters")
    before = counter._value.get()
    dead_letter(200)

    purge(now=NOW)

    assert counter._value.get() == before + 1


def test_another_age_is_only_taken_for_types_that_are_named():
    with pytest.raises(AgeWithoutType):
        purge(now=NOW, older_than=timedelta(days=1))


def test_every_hour_only_what_is_kept_for_a_day_goes():
    answer(2), dead_letter(200), upload(200)

    done = tidy(now=NOW, seconds=30)

    assert set(done.tallies) == {"idempotency-keys", "temporary-files", "job-files"}
    assert done.total.count == 1


def test_the_nightly_run_goes_on_in_another_message_until_all_is_done(monkeypatch):
    monkeypatch.setattr("apps.core.tasks.SLICE_SECONDS", 0)
    dead_letter(200)

    start_purge_task()
    begun = OutboxMessage.objects.filter(task="core.purge").count()
    purge_task()

    assert begun == 1
    assert OutboxMessage.objects.filter(task="core.purge").count() == 2
    purge_task()
    assert OutboxMessage.objects.filter(task="core.purge").count() == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_goes_while_a_backup_or_another_purge_is_at_work():
    dead_letter(200)

    def try_it(_):
        with pytest.raises(OthersAtWork):
            purge(now=NOW)
        purge_task()

    with transaction.atomic():
        wait_alone(purging.SECTION)
        assert at_once(1, try_it) == [None]

    assert OutboxMessage.objects.filter(failed_at__isnull=False).count() == 1
    later = OutboxMessage.objects.get(task="core.purge")
    assert later.due_at > NOW


def test_every_rule_says_what_it_is_about():
    names = list(chain.from_iterable((rule.name, rule.about) for rule in rules()))

    assert len(set(names)) == len(names)
    assert all(rule.age() > timedelta(0) for rule in rules())
