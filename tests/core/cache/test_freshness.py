"""After the answer to a change no process answers what was there before, whatever happens."""

import json
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection

from apps.catalog.models import Design, Item
from apps.core.cache.freshness import LEASE, Freshness
from apps.core.cache.versions import PAGE, borrow_versions
from apps.core.cache.wire import PATIENCE, Wire
from apps.core.models import CacheChange
from config.embedded.valkey import free_port
from tests.core.cache.world import DJANGO, Process
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.catalog import DesignFactory, ItemFactory
from tests.factories.orders import OrderFactory, OrderItemFactory

pytestmark = pytest.mark.django_db(transaction=True)

LEASE_SECONDS = 1


@pytest.fixture
def token():
    return ApiKeyFactory(owner=UserFactory(operator=True)).token


@pytest.fixture
def item():
    return ItemFactory(name="Old name")


def rename(process, item, token, name="New name"):
    reply = process.send("PUT", f"/api/items/{item.pk}", token, json.dumps({"name": name}).encode())
    assert reply.status == 200


@contextmanager
def in_thread(act):
    """Run it beside the block, and wait for its end; its connection ends with it."""
    failures = []

    def run():
        try:
            act()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(60)
        assert not thread.is_alive()
        assert not failures, failures


def test_a_change_is_seen_at_once_in_every_process(token, item):
    writer, readers = Process(), [Process() for _ in range(3)]
    for number in range(20):
        for reader in readers:
            reader.call("/api/items", token)
        rename(writer, item, token, f"Name {number}")

        for reader in (writer, *readers):
            assert f"Name {number}".encode() in reader.call("/api/items", token).body


def test_a_change_leaves_the_answers_of_other_resources_where_they_are(token, item):
    OrderFactory()
    process = Process()
    process.call("/api/orders/all", token)

    rename(process, item, token)

    assert process.call("/api/orders/all", token).outcome == "HIT"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Item.objects.update(name="By hand"),
        lambda: Item.objects.bulk_create([Item(name="By hand", price=1)]),
        lambda: connection.cursor().execute("UPDATE items SET name = 'By hand'"),
    ],
)
def test_a_change_by_other_ways_than_a_request_is_seen_after_the_lease(token, item, change):
    process = Process()
    process.call("/api/items", token)

    change()
    time.sleep(LEASE_SECONDS + 0.1)

    assert b"By hand" in process.call("/api/items", token).body


def test_a_design_that_vanishes_from_orders_changes_the_orders(token):
    design = DesignFactory()
    line = OrderItemFactory(item=design.item, design=design)
    process = Process()
    path = f"/api/orders/{line.order_id}"
    assert f'"designId":{design.pk}'.encode() in process.call(path, token).body

    reply = process.send("DELETE", f"/api/items/{design.item_id}/designs/{design.pk}", token, b"")

    assert reply.status == 200
    assert not Design.objects.exists()
    assert b'"designId":' not in process.call(path, token).body


def test_a_read_that_races_a_write_is_never_kept_as_the_new_answer(token, item):
    has_read, may_answer = threading.Event(), threading.Event()

    def slow(environ, start):
        pieces = DJANGO(environ, start)  # the old name is in it
        has_read.set()
        assert may_answer.wait(60)
        return pieces

    slow_process, writer, other = Process(slow), Process(), Process()
    late = []
    with in_thread(lambda: late.append(slow_process.call("/api/items", token))):
        assert has_read.wait(60)
        rename(writer, item, token)
        may_answer.set()

    # It was asked before the change, so it may be answered as of then; nobody else is.
    assert b"Old name" in late[0].body
    for process in (slow_process, writer, other):
        assert b"New name" in process.call("/api/items", token).body


def test_who_asks_after_a_write_does_not_wait_for_a_computation_from_before(token, item):
    has_read, may_answer = threading.Event(), threading.Event()

    def first_is_slow(environ, start):
        pieces = DJANGO(environ, start)
        if not has_read.is_set():
            has_read.set()
            assert may_answer.wait(60)
        return pieces

    process, writer = Process(first_is_slow), Process()
    with in_thread(lambda: process.call("/api/items", token)):
        assert has_read.wait(60)
        rename(writer, item, token)

        assert b"New name" in process.call("/api/items", token).body
        may_answer.set()


def test_a_loan_from_before_a_change_never_replaces_its_mark(token, item, valkey):
    class PausingWire(Wire):
        reached, may_go_on = threading.Event(), threading.Event()

        def ask(self, *commands):
            if commands[0][0] == "EVAL":
                self.reached.set()
                assert self.may_go_on.wait(60)
            return super().ask(*commands)

    wire, writer = PausingWire(valkey.url), Process()
    with in_thread(Freshness(wire).ask):
        assert wire.reached.wait(60)
        rename(writer, item, token)
        wire.may_go_on.set()

    with valkey.client as client:
        assert client.get(LEASE)[:1] == b"!"


def test_a_writer_that_cannot_reach_redis_answers_when_nobody_relies_on_the_old(token, item):
    cut_off = Process(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    reader = Process()
    for number in range(3):
        reader.call("/api/items", token)
        assert reader.call("/api/items", token).outcome == "HIT"

        begun = time.monotonic()
        rename(cut_off, item, token, f"Name {number}")

        assert time.monotonic() - begun < LEASE_SECONDS + 30
        assert f"Name {number}".encode() in reader.call("/api/items", token).body


def test_without_redis_writers_wait_for_the_last_lease_only(token, item, valkey):
    process = Process()
    process.call("/api/items", token)
    valkey.stop()
    rename(process, item, token)

    begun = time.monotonic()
    rename(process, item, token, "Second")

    assert time.monotonic() - begun < LEASE_SECONDS  # nobody has a second lease to wait for
    reply = process.call("/api/items", token)
    assert (reply.status, reply.outcome) == (200, "BYPASS")
    assert b"Second" in reply.body


def test_a_redis_that_slept_through_a_change_wakes_up_without_the_old_answer(token, item, valkey):
    writer, reader = Process(patience=PATIENCE), Process(patience=PATIENCE)
    for _ in range(2):
        reader.call("/api/items", token)
    with valkey.frozen():
        rename(writer, item, token)
        assert b"New name" in reader.call("/api/items", token).body

    for _ in range(5):
        assert b"New name" in Process().call("/api/items", token).body


def test_a_writer_killed_after_its_commit_leaves_the_old_answer_for_a_lease_at_most(token, item):
    reader = Process()
    reader.call("/api/items", token)

    # Committed, and dead before it could leave its mark: Django alone does just that.
    rename(Process.without_cache(), item, token)
    time.sleep(LEASE_SECONDS + 0.1)

    assert b"New name" in reader.call("/api/items", token).body


def test_an_emptied_redis_loses_answers_and_nothing_else(token, item, valkey):
    process = Process()
    process.call("/api/items", token)
    with valkey.client as client:
        client.flushall()

    outcomes = [process.call("/api/items", token).outcome for _ in range(2)]

    assert outcomes == ["MISS", "HIT"]


def test_a_restarted_redis_is_used_at_once(token, item, valkey):
    process = Process()
    process.call("/api/items", token)
    valkey.stop()
    valkey.start()

    outcomes = [process.call("/api/items", token).outcome for _ in range(2)]

    assert outcomes == ["MISS", "HIT"]


def test_a_silent_redis_costs_two_time_outs_and_then_nothing(token, item, valkey):
    process = Process(patience=PATIENCE)
    process.call("/api/items", token)
    with valkey.frozen():
        took = [timed(process, token) for _ in range(10)]

    assert max(took) < PATIENCE + 30
    assert min(took[2:]) < PATIENCE  # however busy the machine is: one that asked had to wait
    assert process.front._tools.store._wire.breaker.is_open


def timed(process, token):
    begun = time.monotonic()
    reply = process.call("/api/items", token)
    assert (reply.status, reply.outcome) == (200, "BYPASS")
    return time.monotonic() - begun


def test_summing_up_the_changes_changes_no_version():
    CacheChange.objects.bulk_create(
        CacheChange(resource=("items", "orders")[number % 2], weight=number)
        for number in range(PAGE + 10)
    )

    before, after = borrow_versions(), borrow_versions()

    assert before.as_bytes == after.as_bytes
    assert CacheChange.objects.count() == 2
