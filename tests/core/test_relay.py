import threading
import time

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from kombu import Connection

from apps.core.models import OutboxMessage
from apps.core.outbox import enqueue
from apps.core.relay import Relay
from tests.core.outbox_world import eventually, relay_running
from tests.support.valkey import own_valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker(settings, tmp_path):
    with own_valkey(tmp_path / "valkey") as server:
        settings.CELERY_BROKER_URL = server.url
        yield server


def queued(broker, queue="default"):
    return broker.client.llen(queue)


def test_a_message_is_published_after_the_commit_and_not_before(broker):
    with relay_running():
        with transaction.atomic():
            enqueue("core.tidy")
            assert not eventually(lambda: queued(broker) > 0, seconds=0.2)

        assert eventually(lambda: queued(broker) == 1)


def test_nothing_is_published_after_a_rollback(broker):
    with relay_running():
        with transaction.atomic():
            enqueue("core.tidy")
            transaction.set_rollback(True)
        enqueue("core.tidy")

        assert eventually(lambda: queued(broker) == 1)
        assert OutboxMessage.objects.count() == 1


def test_the_commit_wakes_the_relay(broker):
    with relay_running():
        enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 1)
        delays = []
        for count in range(2, 8):
            time.sleep(0.05)  # let it fall asleep
            started = time.monotonic()
            enqueue("core.tidy")
            assert eventually(lambda: queued(broker) == count)  # noqa: B023
            delays.append(time.monotonic() - started)

    # By itself it looks once a second: six times in a row nobody is that lucky.
    assert sorted(delays)[len(delays) // 2] < 0.4


def test_no_wake_up_is_missed_in_a_steady_stream(broker, settings):
    settings.OUTBOX_REPUBLISH_SECONDS = 3600  # nobody takes them here: however long this takes
    with relay_running():
        enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 1)
        delays = []
        for count in range(2, 60):
            started = time.monotonic()
            enqueue("core.tidy")
            assert eventually(lambda: queued(broker) == count)  # noqa: B023
            delays.append(time.monotonic() - started)

    # A missed wake-up costs a second each time; a busy machine does so once or twice.
    assert sum(delay > 0.9 for delay in delays) < len(delays) / 10


def test_the_queue_of_the_message_or_of_its_task_is_used(broker):
    enqueue("core.tidy", queue="slow")
    enqueue("jobs.run_slice", job_id="1")

    Relay().publish_page()

    assert (queued(broker, "slow"), queued(broker, "slices")) == (1, 1)


def publications() -> set[int]:
    return set(OutboxMessage.objects.values_list("publications", flat=True))


def test_two_relays_publish_each_message_once(broker):
    with relay_running(), relay_running():
        with transaction.atomic():
            for _ in range(450):
                enqueue("core.tidy")

        assert eventually(lambda: queued(broker) >= 450)
        enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 451)
        # The mark commits just after the broker has the message.
        assert eventually(lambda: publications() == {1})


def test_what_nobody_claims_is_published_again(broker, settings):
    settings.OUTBOX_REPUBLISH_SECONDS = 0.3
    with relay_running():
        enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 1)
        broker.client.delete("default")

        assert eventually(lambda: queued(broker) == 1)


def test_an_emptied_broker_is_noticed_at_once(broker, settings):
    settings.OUTBOX_REPUBLISH_SECONDS = 3600  # which is not what publishes them again
    with relay_running():
        for _ in range(3):
            enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 3)
        broker.client.flushall()

        assert eventually(lambda: queued(broker) == 3)


def test_claimed_work_is_not_published_again_when_the_broker_was_emptied(broker, settings):
    settings.OUTBOX_REPUBLISH_SECONDS = 60
    with relay_running():
        claimed, unclaimed = enqueue("core.tidy"), enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 2)
        OutboxMessage.objects.filter(pk=claimed.pk).update(claimed_at=Now())
        broker.client.flushall()

        assert eventually(lambda: queued(broker) == 1)
        assert not eventually(lambda: queued(broker) > 1, seconds=1.2)
        unclaimed.refresh_from_db()
        assert unclaimed.publications == 1


def test_without_a_broker_rows_wait_and_go_out_when_it_is_back(broker):
    broker.crash()
    with relay_running():
        enqueue("core.tidy")
        assert not eventually(
            lambda: OutboxMessage.objects.filter(published_at__isnull=False).exists(), seconds=1
        )
        broker.start()

        assert eventually(lambda: queued(broker) == 1)


def test_a_frozen_broker_holds_no_row_for_long(broker):
    relay = Relay()
    enqueue("core.tidy")
    relay.publish_page()
    waiting = enqueue("core.tidy")
    with broker.frozen():
        failure = []
        thread = threading.Thread(target=_publish, args=(relay, failure))
        thread.start()
        time.sleep(0.1)
        started = time.monotonic()
        OutboxMessage.objects.filter(pk=waiting.pk).update(error="touched")
        held = time.monotonic() - started
        thread.join(timeout=60)

    assert failure
    assert held < 30  # and not until the broker thaws


def test_a_frozen_broker_gets_its_messages_when_it_thaws(broker):
    with relay_running():
        enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 1)
        with broker.frozen():
            message = enqueue("core.tidy")
            time.sleep(1.5)

        assert eventually(lambda: _is_published(message))


def test_a_relay_survives_the_loss_of_its_database_connection(broker):
    with relay_running():
        enqueue("core.tidy")
        assert eventually(lambda: queued(broker) == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        enqueue("core.tidy")

        assert eventually(lambda: queued(broker) == 2)


def test_a_task_that_no_longer_exists_does_not_stop_the_others(broker):
    gone = OutboxMessage.objects.create(task="shop.long_gone")
    enqueue("core.tidy")

    Relay().publish_page()

    gone.refresh_from_db()
    assert queued(broker) == 1
    assert gone.failed_at
    assert "shop.long_gone" in gone.error


def test_a_message_carries_its_row_and_its_request(broker):
    message = enqueue("core.tidy")
    OutboxMessage.objects.filter(pk=message.pk).update(request_id="req_abc")

    Relay().publish_page()

    with Connection(broker.url) as link:
        headers = link.SimpleQueue("default").get(timeout=60).headers
    assert (headers["outbox_id"], headers["request_id"]) == (message.pk, "req_abc")


def _is_published(message):
    return OutboxMessage.objects.filter(pk=message.pk, published_at__isnull=False).exists()


def _publish(relay, failure):
    try:
        relay.publish_page()
    except Exception as error:
        failure.append(error)
    finally:
        connection.close()
