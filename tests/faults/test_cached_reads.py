"""Cold answers, killed processes and a Redis that is gone or hangs, before two web processes."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from redis import Redis

from apps.catalog.models import Item
from apps.core.cache.wire import PATIENCE
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.catalog import ItemFactory
from tests.support.http import call
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

PATH = "/api/items?page=1&limit=10"
ASKED = 200
LONGEST_WAIT = 20.0  # on any machine; who waits for ever waits longer


class Got(NamedTuple):
    status: int
    outcome: str | None
    body: str
    seconds: float


class Desk:
    """Two web processes, and somebody who may change items."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.ports = [urlsplit(stack.serve(name, threads=4)).port for name in ("one", "two")]
        self.token = ApiKeyFactory(owner=UserFactory(operator=True)).token
        self.item = ItemFactory(name="Linen shirt")
        self.headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Host": "shop.example",  # one shop, whichever process answers
        }

    def get(self, process: int, path: str = PATH) -> Got:
        begun = time.monotonic()
        reply = call(self.ports[process], "GET", path, headers=self.headers)
        seconds = time.monotonic() - begun
        return Got(reply.status, reply.headers["X-Cache"], reply.text, seconds)

    def rename(self, process: int, name: str) -> None:
        body = json.dumps({"name": name}).encode()
        path = f"/api/items/{self.item.pk}"
        assert call(self.ports[process], "PUT", path, body, self.headers).status == 200

    def forget(self) -> None:
        with Redis.from_url(self.stack.redis_url) as redis:
            redis.delete(*redis.keys("read:*") or ["none"])


@pytest.fixture(scope="module")
def two(stack: Stack) -> Desk:
    return Desk(stack)


@pytest.fixture
def desk(two: Desk) -> Desk:
    """Return the desk with warm processes, a working Redis and nothing kept."""
    for process in (0, 1):
        wait_for(lambda one=process: is_well(two, one), seconds=60, what="the cache at work")
    two.forget()
    return two


def is_well(desk: Desk, process: int) -> bool:
    with suppress(OSError):  # a killed one is just being started again
        return desk.get(process).outcome in ("HIT", "MISS")
    return False


@contextmanager
def locked_items() -> Iterator[None]:
    """Let nobody read the items: whoever computes a list of them does so for as long as we like."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        yield


def who_computes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass"
        )
        return int(cursor.fetchone()[0])


def ask_all_at_once(desk: Desk) -> list[Got]:
    together = threading.Barrier(ASKED)

    def ask(number: int) -> Got:
        together.wait(60)
        return desk.get(number % 2)

    with ThreadPoolExecutor(ASKED) as pool:
        return list(pool.map(ask, range(ASKED)))


def test_two_hundred_cold_reads_cost_one_computation(desk: Desk):
    with ThreadPoolExecutor(1) as pool, locked_items():
        asking = pool.submit(ask_all_at_once, desk)
        wait_for(who_computes, seconds=60, what="the computation")
        time.sleep(0.3)  # for others to come and wait
        computing = who_computes()
    got = asking.result(60)

    assert Counter(one.outcome for one in got) == {"MISS": 1, "HIT": ASKED - 1}
    assert computing == 1
    assert {one.status for one in got} == {200}
    assert len({one.body for one in got}) == 1
    assert max(one.seconds for one in got) < LONGEST_WAIT


def test_when_who_computes_is_killed_the_next_one_does(desk: Desk):
    def fail() -> None:
        with suppress(OSError):
            desk.get(0)

    with ThreadPoolExecutor(2) as pool:
        with locked_items():
            dying = pool.submit(fail)
            wait_for(who_computes, seconds=60, what="the computation")
            waiting = pool.submit(desk.get, 1)
            time.sleep(0.1)
            desk.stack.kill("one")
        got = waiting.result(60)
        dying.result(60)

    assert (got.status, got.outcome) == (200, "MISS")
    assert got.seconds < LONGEST_WAIT
    assert "Linen shirt" in got.body


def test_reads_go_on_without_redis_and_lose_nothing_but_time(desk: Desk):
    before = [desk.get(number % 2) for number in range(20)]
    desk.stack.valkey.stop()
    try:
        without = [desk.get(number % 2) for number in range(40)]
        desk.rename(0, "Renamed without")
        renamed = [desk.get(process) for process in (0, 1)]
    finally:
        desk.stack.valkey.start()

    assert {one.status for one in without + renamed} == {200}
    assert {one.outcome for one in without[4:]} == {"BYPASS"}
    assert without[0].body == before[0].body
    assert all("Renamed without" in one.body for one in renamed)
    # Back again, and with the new name.
    wait_for(lambda: desk.get(0).outcome == "HIT", seconds=60, what="a hit")
    assert "Renamed without" in desk.get(1).body
    desk.rename(1, "Linen shirt")


def test_a_hung_redis_costs_two_time_outs_and_keeps_no_old_answer(desk: Desk):
    for process in (0, 1, 0, 1):
        desk.get(process)
    pid = desk.stack.valkey.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        desk.rename(0, "Renamed meanwhile")
        hung = [desk.get(number % 2) for number in range(30)]
    finally:
        os.kill(pid, signal.SIGCONT)
    after = [desk.get(number % 2) for number in range(10)]
    time.sleep(6)  # until both have looked at Redis again
    after += [desk.get(number % 2) for number in range(10)]

    assert {one.status for one in hung + after} == {200}
    assert all("Renamed meanwhile" in one.body for one in hung + after)
    assert min(one.seconds for one in hung[4:]) < PATIENCE  # who asks Redis waits as long as that
    assert "HIT" in {one.outcome for one in after}
    desk.rename(1, "Linen shirt")


def test_a_change_in_one_process_is_seen_by_all_at_once(desk: Desk):
    for number in range(50):
        for process in (0, 1):
            desk.get(process)
        desk.rename(number % 2, f"Name {number}")

        assert all(f"Name {number}" in desk.get(process).body for process in (0, 1))
    desk.rename(0, "Linen shirt")


def test_readers_under_writers_never_see_a_name_from_before_the_last_answer(desk: Desk):
    stop, told = threading.Event(), [0]
    complaints: list[str] = []

    def read(process: int) -> None:
        while not stop.is_set():
            known = told[0]
            name = json.loads(desk.get(process).body)["items"][0]["name"]
            if name.startswith("Count ") and int(name.split()[1]) < known:
                complaints.append(f"{name} after {known}")

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number % 2) for number in range(4)]
        for number in range(1, 100):
            desk.rename(number % 2, f"Count {number}")
            told[0] = number
        stop.set()
        for reader in readers:
            reader.result(60)

    assert complaints == []
    Item.objects.update(name="Linen shirt")
