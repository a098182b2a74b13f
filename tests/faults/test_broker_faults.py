"""A broker that is down, hangs, forgets or repeats: the work is in PostgreSQL."""

import os
import signal
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import current_app
from redis import Redis

from apps.batches.models import BatchSession
from apps.batches.status import RowState
from apps.core.ids import from_public_id
from apps.core.models import OutboxMessage
from apps.jobs.models import Job
from tests.factories.accounts import ApiKeyFactory
from tests.faults.world import (
    assert_all_succeeded_once,
    calls_by_record,
    is_finished,
    post_job,
    records,
    session_with,
    states_of,
    submit,
)
from tests.support.partner import RecordingPartner
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


class Web:
    """The web process, and a key to post with."""

    def __init__(self, url: str, session: BatchSession) -> None:
        self.url, self.session = url, session
        self.token = ApiKeyFactory(owner=session.owner).token

    def post_batch(self, rows: int) -> tuple[Job, float]:
        """Submit a batch over HTTP; return its job and how many seconds the answer took."""
        body = {"sessionId": self.session.public_id, "records": records(rows)}
        accepted, seconds = post_job(f"{self.url}/api/jobs", body, self.token)
        return Job.objects.get(pk=from_public_id("job", accepted["jobId"])), seconds


@pytest.fixture(scope="module")
def partner() -> Iterator[RecordingPartner]:
    with RecordingPartner(latency_ms=5) as partner:
        yield partner


@pytest.fixture
def web(address: str, partner: RecordingPartner) -> Web:
    partner.reset()
    web = Web(address, session_with(partner))
    job, _ = web.post_batch(1)  # every connection is open once
    wait_for(lambda: is_finished(job), seconds=60, what="the first batch")
    partner.reset()
    return web


@contextmanager
def hung_broker(stack: Stack) -> Iterator[None]:
    """Have the broker accept connections and never answer."""
    pid = stack.valkey.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_batch_accepted_while_the_broker_is_down_runs_after_its_recovery(stack: Stack, web: Web):
    stack.valkey.stop()
    try:
        jobs = [web.post_batch(10)[0] for _ in range(2)]
        assert not any(is_finished(job) for job in jobs)
    finally:
        stack.valkey.start()

    for job in jobs:
        wait_for(lambda one=job: is_finished(one), seconds=60, what="the batch")
        assert states_of(job) == {RowState.SUCCEEDED: 10}


def test_a_hung_broker_delays_no_answer(stack: Stack, web: Web):
    with hung_broker(stack):
        posted = [web.post_batch(5) for _ in range(5)]

    # A second is what any call to the broker would wait at least; bench/ has the figures.
    assert statistics.median(seconds for _, seconds in posted) < 1
    for job, _ in posted:
        wait_for(lambda one=job: is_finished(one), seconds=60, what="the batch")
        assert states_of(job) == {RowState.SUCCEEDED: 5}


def test_every_message_delivered_three_times_doubles_nothing(
    stack: Stack, partner: RecordingPartner
):
    partner.reset()
    job = submit(partner, rows=800, width=2)
    copied: set[int] = set()

    def copy_messages_until_the_end() -> bool:
        for message in OutboxMessage.objects.filter(task="jobs.run_slice"):
            if message.pk not in copied:
                copied.add(message.pk)
                publish(stack, message, times=2)
        return is_finished(job)

    wait_for(copy_messages_until_the_end, seconds=60, what="the end of the batch")

    assert len(copied) >= 2
    assert_all_succeeded_once(job, partner, rows=800)
    assert set(calls_by_record(partner).values()) == {1}


def publish(stack: Stack, message: OutboxMessage, *, times: int) -> None:
    """Send the message again, as the relay does."""
    task = current_app.tasks[message.task]
    with current_app.connection_for_write(stack.redis_url) as broker:
        for _ in range(times):
            task.apply_async(
                kwargs=message.kwargs, headers={"outbox_id": message.pk}, connection=broker
            )


def test_a_message_removed_from_the_broker_is_sent_again(stack: Stack, partner: RecordingPartner):
    partner.reset()
    with Redis.from_url(stack.redis_url) as broker:
        stack.take_away("worker")
        job = submit(partner, rows=10)
        wait_for(lambda: broker.llen("slices") == 1, seconds=60, what="the message")

        assert broker.delete("slices") == 1
        stack.bring_back("worker")

    wait_for(lambda: is_finished(job), seconds=60, what="the batch")
    assert states_of(job) == {RowState.SUCCEEDED: 10}
    assert set(calls_by_record(partner).values()) == {1}
