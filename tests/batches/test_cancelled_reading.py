"""A batch that is cancelled while its file is still being read."""

import pytest
from django.utils import timezone

from apps.batches.models import BatchRun
from apps.batches.services.submit_source import submit_source
from apps.batches.status import Outcome
from apps.jobs.models import Job, JobEvent
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.retry_job import retry_job
from apps.jobs.services.run_slice import run_slice
from tests.factories.batches import BatchSessionFactory, upload_of
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner():
    with RecordingPartner() as partner:
        yield partner


@pytest.fixture
def cancelled(partner, tmp_path, monkeypatch, settings) -> Job:
    """Return a batch of five rows that was cancelled when two of them had been read."""
    file = tmp_path / "claims.csv"
    file.write_text("requestId,memberId\n" + "".join(f"RX-{n},M-{n}\n" for n in range(1, 6)))
    session = BatchSessionFactory(
        api_url=partner.url, min_interval_ms=0, requests_per_minute=600_000
    )
    source = {"uploadId": str(upload_of(file, session.owner).pk)}
    job = submit_source(session=session, owner=session.owner, source=source, now=timezone.now())
    monkeypatch.setattr("apps.batches.services.expand_run.CHUNK", 2)
    settings.JOB_SLICE_SECONDS = 0
    run_slice(job_id=job.pk)
    settings.JOB_SLICE_SECONDS = 30
    job.refresh_from_db()
    cancel_job(job=job, actor="desk", now=timezone.now())
    return Job.objects.get(pk=job.pk)


def test_its_counts_add_up_and_its_timeline_says_that_rows_were_left_unread(cancelled):
    run = BatchRun.objects.get(pk=cancelled.pk)

    assert run.counts["cancelled"] == run.total == 2
    assert JobEvent.objects.filter(job=cancelled, message__contains="left unread").exists()


def test_a_retry_of_everything_reads_on_and_loses_no_row(cancelled, partner):
    retry_job(job=cancelled, actor="desk", params={"scope": "all_unsuccessful"})
    run_slice(job_id=cancelled.pk)

    run = BatchRun.objects.get(pk=cancelled.pk)
    assert (run.outcome, run.total) == (Outcome.ALL_SUCCEEDED, 5)
    assert len(partner.effects()) == 5


def test_a_retry_of_named_rows_sends_nothing_that_was_left_unread(cancelled, partner):
    retry_job(job=cancelled, actor="desk", params={"scope": "all_unsuccessful", "seqs": [1]})
    run_slice(job_id=cancelled.pk)

    assert partner.effects() == {"RX-1": 1}
