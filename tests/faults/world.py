"""What the fault tests share: a batch for a partner that counts, and how it stands."""

import json
import time
import urllib.request
from collections import Counter
from typing import Any

import psutil
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.batches.models import BatchAttempt, BatchRow, BatchRun, BatchSession
from apps.batches.services.submit_records import submit_records
from apps.batches.status import Outcome, RowState
from apps.jobs.models import Job
from apps.jobs.status import JobStatus
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import DIRECT, RecordingPartner

ROWS = 2000


def session_with(partner: RecordingPartner, *, width: int = 20, **options) -> BatchSession:
    """Return a session that sends to the partner as fast as so many calls at once go."""
    session: BatchSession = BatchSessionFactory(
        api_url=partner.url,
        max_concurrent=width,
        min_interval_ms=0,
        requests_per_minute=600_000,
        **options,
    )
    return session


def records(count: int) -> list[dict[str, str]]:
    return [{"requestId": f"RX-{n}", "memberId": f"M-{n}"} for n in range(1, count + 1)]


def submit(partner: RecordingPartner, *, width: int = 20, rows: int = ROWS, **options) -> Job:
    session = session_with(partner, width=width, **options)
    return submit_records(
        session=session, owner=session.owner, records=records(rows), now=timezone.now()
    )


def done_rows(job: Job) -> int:
    try:
        return BatchRun.objects.get(pk=job.pk).done_rows
    except DatabaseError:
        connection.close()
        return 0


def is_finished(job: Job) -> bool:
    try:
        return Job.objects.filter(pk=job.pk, status=JobStatus.COMPLETED).exists()
    except DatabaseError:
        connection.close()
        return False


def assert_all_succeeded_once(job: Job, partner: RecordingPartner, *, rows: int = ROWS) -> None:
    run = BatchRun.objects.get(pk=job.pk)
    states = Counter(BatchRow.objects.filter(run=run).values_list("state", flat=True))
    assert sum(states.values()) == rows
    assert set(states) <= {RowState.SUCCEEDED, RowState.UNKNOWN}
    assert run.counts["succeeded"] == states[RowState.SUCCEEDED]
    assert run.open_rows == 0
    assert run.outcome in (Outcome.ALL_SUCCEEDED, Outcome.PARTIAL)
    effects = partner.effects()
    assert max(effects.values()) == 1
    assert len(effects) == rows
    sent_keys = {call["key"] for call in partner.calls()}
    assert sent_keys == set(
        BatchAttempt.objects.filter(run=run).values_list("idempotency_key", flat=True)
    )


def states_of(job: Job) -> Counter[str]:
    return Counter(BatchRow.objects.filter(run_id=job.pk).values_list("state", flat=True))


def calls_by_record(partner: RecordingPartner) -> Counter[str]:
    return Counter(call["request_id"] for call in partner.calls())


def holder_of(job: Job) -> psutil.Process:
    """Return the pool process in whose hands the job is, or was last."""
    holder = Job.objects.values_list("worker_id", flat=True).get(pk=job.pk)
    return psutil.Process(int(holder.rpartition(":")[2]))


def kill_who_holds(job: Job) -> None:
    """Kill -9 the pool process in whose hands the job is."""
    holder_of(job).kill()


def post_job(url: str, body: dict[str, Any], token: str) -> tuple[dict[str, Any], float]:
    """Hand work in over HTTP; return what was answered, and how many seconds that took."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers=headers)
    asked_at = time.monotonic()
    with DIRECT.open(request, timeout=30) as answer:
        assert answer.status == 202
        accepted: dict[str, Any] = json.load(answer)
    return accepted, time.monotonic() - asked_at
