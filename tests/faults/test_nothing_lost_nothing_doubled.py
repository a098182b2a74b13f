"""A batch of 2,000 rows against a partner that counts, while parts of the house are killed."""

import random
import time
from collections import Counter

import psutil
import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.batches.models import BatchAttempt, BatchRow, BatchRun, BatchSession
from apps.batches.services.submit_records import submit_records
from apps.batches.status import Outcome, RowState
from apps.jobs.models import Job
from apps.jobs.status import JobStatus
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import RecordingPartner
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(170)]

ROWS = 2000


def submit(partner: RecordingPartner, *, width: int = 20, rows: int = ROWS, **options) -> Job:
    session: BatchSession = BatchSessionFactory(
        api_url=partner.url,
        max_concurrent=width,
        min_interval_ms=0,
        requests_per_minute=600_000,
        **options,
    )
    records = [{"requestId": f"RX-{n}", "memberId": f"M-{n}"} for n in range(1, rows + 1)]
    return submit_records(session=session, owner=session.owner, records=records, now=timezone.now())


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


def assert_all_succeeded_once(job: Job, partner: RecordingPartner) -> None:
    run = BatchRun.objects.get(pk=job.pk)
    states = Counter(BatchRow.objects.filter(run=run).values_list("state", flat=True))
    assert sum(states.values()) == ROWS
    assert set(states) <= {RowState.SUCCEEDED, RowState.UNKNOWN}
    assert run.counts["succeeded"] == states[RowState.SUCCEEDED]
    assert run.open_rows == 0
    assert run.outcome in (Outcome.ALL_SUCCEEDED, Outcome.PARTIAL)
    effects = partner.effects()
    assert max(effects.values()) == 1
    assert len(effects) == ROWS
    sent_keys = {call["key"] for call in partner.calls()}
    assert sent_keys == set(
        BatchAttempt.objects.filter(run=run).values_list("idempotency_key", flat=True)
    )


def test_a_worker_killed_twelve_times_loses_and_doubles_nothing(stack: Stack):
    chance = random.Random(20261122)
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner)

        for kill in range(12):
            target = (kill + 1) * 130 + chance.randrange(60)
            wait_for(lambda at=target: done_rows(job) >= at, seconds=30, what=f"row {target}")
            if kill % 4 == 3:
                stack.kill("worker")
            else:
                kill_who_holds(job)
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert_all_succeeded_once(job, partner)


def kill_who_holds(job: Job) -> None:
    """Kill -9 the pool process in whose hands the job is."""
    holder = Job.objects.values_list("worker_id", flat=True).get(pk=job.pk)
    psutil.Process(int(holder.rpartition(":")[2])).kill()


def test_an_emptied_and_restarted_broker_loses_and_doubles_nothing(stack: Stack):
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner)

        for target in (200, 700, 1200):
            wait_for(lambda at=target: done_rows(job) >= at, seconds=30, what=f"row {target}")
            stack.valkey.crash()
            stack.valkey.start()
            kill_who_holds(job)
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert_all_succeeded_once(job, partner)


def test_postgresql_stopped_at_once_and_started_again_loses_and_doubles_nothing(stack: Stack):
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner)

        for target in (200, 700, 1200):
            wait_for(lambda at=target: done_rows(job) >= at, seconds=30, what=f"row {target}")
            stack.postgres.crash()
            time.sleep(0.3)
            stack.postgres.start()
            connection.close()
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert_all_succeeded_once(job, partner)
