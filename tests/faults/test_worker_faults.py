"""Workers that freeze, leave for a deploy, or die in the middle of a call without a key."""

import pytest

from apps.batches.models import BatchRun
from apps.batches.status import RowState
from apps.jobs.models import Job
from tests.faults.world import (
    assert_all_succeeded_once,
    calls_by_record,
    done_rows,
    holder_of,
    is_finished,
    kill_who_holds,
    states_of,
    submit,
)
from tests.support.partner import RecordingPartner
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

# What a worker says that comes back too late: it had lost its lease or, if it was frozen in the
# middle of a transaction, PostgreSQL had ended that one for it.
REFUSALS = ("slice.lease_lost", "idle-in-transaction timeout")
WIDTH = 20
READY = WIDTH // 4  # opened without a key, and not yet on a connection


def refusals(stack: Stack) -> int:
    log = stack.log_of("worker")
    return sum(log.count(words) for words in REFUSALS)


def test_a_worker_that_froze_longer_than_its_lease_changes_nothing_when_it_comes_back(stack: Stack):
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner, rows=1000)
        wait_for(lambda: done_rows(job) >= 100, seconds=60, what="row 100")
        frozen, told_before = holder_of(job), refusals(stack)

        frozen.suspend()
        try:
            wait_for(lambda: holder_of(job) != frozen, seconds=60, what="the take-over")
            wait_for(lambda: done_rows(job) >= 400, seconds=60, what="row 400")
        finally:
            frozen.resume()
        wait_for(lambda: refusals(stack) > told_before, seconds=60, what="the refusal")
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert Job.objects.get(pk=job.pk).fence >= 2
        assert_all_succeeded_once(job, partner, rows=1000)
        assert states_of(job) == {RowState.SUCCEEDED: 1000}


def test_three_deploys_in_the_middle_of_a_batch_leave_no_row_in_doubt(stack: Stack):
    with RecordingPartner(latency_ms=30, honours_keys=False) as partner:
        job = submit(partner, rows=1200, width=WIDTH, idempotency_header=None)

        for target in (100, 400, 700):
            wait_for(lambda at=target: done_rows(job) >= at, seconds=60, what=f"row {target}")
            assert stack.leave("worker") < 40
            assert not is_finished(job)
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        # Without keys a row cut off in mid-air would be `unknown`.
        assert states_of(job) == {RowState.SUCCEEDED: 1200}
        assert set(calls_by_record(partner).values()) == {1}


def test_without_keys_only_calls_in_flight_at_a_kill_are_in_doubt_and_none_is_repeated(
    stack: Stack,
):
    kills = 3
    with RecordingPartner(latency_ms=30, honours_keys=False) as partner:
        job = submit(partner, rows=1000, width=WIDTH, idempotency_header=None)

        for target in range(200, 200 * kills + 1, 200):
            wait_for(lambda at=target: done_rows(job) >= at, seconds=60, what=f"row {target}")
            kill_who_holds(job)
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        states = states_of(job)
        assert set(states) == {RowState.SUCCEEDED, RowState.UNKNOWN}
        assert sum(states.values()) == 1000
        assert 1 <= states[RowState.UNKNOWN] <= kills * (WIDTH + READY)
        assert max(calls_by_record(partner).values()) == 1
        assert BatchRun.objects.get(pk=job.pk).counts["unknown"] == states[RowState.UNKNOWN]
