"""A batch of 2,000 rows against a partner that counts, while parts of the house are killed."""

import random
import time

import pytest
from django.db import connection

from tests.faults.world import (
    assert_all_succeeded_once,
    done_rows,
    is_finished,
    kill_who_holds,
    submit,
)
from tests.support.partner import RecordingPartner
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def test_a_worker_killed_eleven_times_loses_and_doubles_nothing(stack: Stack):
    chance = random.Random(20261122)
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner)

        for kill in range(11):
            target = (kill + 1) * 130 + chance.randrange(60)
            wait_for(lambda at=target: done_rows(job) >= at, seconds=60, what=f"row {target}")
            if kill % 5 == 4:
                stack.kill("worker")
            else:
                kill_who_holds(job)
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert_all_succeeded_once(job, partner)


def test_an_emptied_and_restarted_broker_loses_and_doubles_nothing(stack: Stack):
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner)

        for target in (200, 700, 1200):
            wait_for(lambda at=target: done_rows(job) >= at, seconds=60, what=f"row {target}")
            stack.valkey.crash()
            stack.valkey.start()
            kill_who_holds(job)
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert_all_succeeded_once(job, partner)


def test_postgresql_stopped_at_once_and_started_again_loses_and_doubles_nothing(stack: Stack):
    with RecordingPartner(latency_ms=30) as partner:
        job = submit(partner)

        for target in (200, 700, 1200):
            wait_for(lambda at=target: done_rows(job) >= at, seconds=60, what=f"row {target}")
            stack.postgres.crash()
            time.sleep(0.3)
            stack.postgres.start()
            connection.close()
        wait_for(lambda: is_finished(job), seconds=60, what="the end of the batch")

        assert_all_succeeded_once(job, partner)
