import json

import pytest
from django.db import connection
from django.utils import timezone

from apps.core import outbox
from apps.core.models import OutboxMessage
from apps.core.outbox import enqueue
from apps.core.relay import Relay
from tests.core import outbox_tasks
from tests.core.outbox_world import eventually, traces, worker_running
from tests.support.valkey import own_valkey

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def worker(django_db_setup, django_db_blocker, tmp_path_factory):
    """Return (broker, log) of a worker that runs on the test database."""
    directory = tmp_path_factory.mktemp("worker")
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE traces (id serial PRIMARY KEY, word text)")
        connection.close()
        with (
            own_valkey(directory / "valkey") as server,
            worker_running(directory, server.url) as log,
        ):
            yield server, log
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE traces")
        connection.close()


@pytest.fixture
def publish(worker, settings):
    settings.CELERY_BROKER_URL = worker[0].url
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE traces RESTART IDENTITY")
    return Relay().publish_page


def settled():
    return eventually(lambda: not OutboxMessage.objects.exists(), seconds=60)


def test_a_real_worker_claims_runs_and_settles(publish):
    enqueue("tests.note", word="parcel")

    publish()

    assert settled()
    assert traces() == ["parcel"]


def test_copies_of_a_message_run_once(publish):
    first = enqueue("tests.note_late", word="done")
    publish()
    OutboxMessage.objects.filter(pk=first.pk).update(published_at=None)
    publish()

    assert settled()
    enqueue("tests.note", word="after")
    publish()
    assert settled()
    assert traces() == ["begun", "done", "after"]


def test_the_request_id_reaches_the_task(publish):
    message = enqueue("tests.note_request")
    OutboxMessage.objects.filter(pk=message.pk).update(request_id="req_parcel")

    publish()

    assert settled()
    assert traces() == ["req_parcel"]


def test_a_failing_task_is_put_back_for_later(publish):
    message = enqueue("tests.fail", word="tried")

    publish()

    assert eventually(lambda: OutboxMessage.objects.filter(failures=1).exists())
    message.refresh_from_db()
    assert message.error == "LookupError: nobody is at home"
    assert message.due_at > timezone.now()
    assert message.claimed_at is None


def test_a_task_that_fails_too_often_is_set_aside(publish, settings):
    message = enqueue("tests.fail", word="tried")
    for tries in range(1, settings.OUTBOX_MAX_FAILURES + 1):
        OutboxMessage.objects.update(due_at=timezone.now())
        publish()
        assert eventually(lambda: OutboxMessage.objects.filter(failures=tries).exists())  # noqa: B023

    message.refresh_from_db()
    assert message.failed_at
    assert traces() == ["tried"] * settings.OUTBOX_MAX_FAILURES
    assert publish() == 0


def test_celerys_own_retry_leaves_the_second_try_to_the_outbox(publish, worker):
    enqueue("tests.fail_by_retry", word="tried")

    publish()

    assert eventually(lambda: OutboxMessage.objects.filter(failures=1).exists())
    assert traces() == ["tried"]
    assert worker[0].client.llen("default") == 0


def test_a_worker_outlives_the_restart_of_its_database_connection(publish):
    enqueue("tests.lose_connection", word="cut")
    publish()
    assert settled()

    enqueue("tests.note", word="after")
    publish()

    assert settled()
    assert traces() == ["cut", "after"]


def test_a_worker_whose_idle_connection_was_cut_takes_the_next_message(publish):
    enqueue("tests.note", word="before")
    publish()
    assert settled()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    enqueue("tests.note", word="after")
    publish()

    assert settled()
    assert traces() == ["before", "after"]


def test_a_task_without_a_message_just_runs(publish):
    outbox_tasks.note_task(word="direct")

    assert traces() == ["direct"]


def test_the_log_of_a_worker_is_json_with_the_request_and_the_task(publish, worker):
    message = enqueue("tests.fail", word="tried")
    OutboxMessage.objects.filter(pk=message.pk).update(request_id="req_logged")
    publish()
    assert eventually(lambda: OutboxMessage.objects.filter(failures=1).exists())

    lines = [line for line in worker[1].read_text().splitlines() if line.startswith("{")]
    events = [json.loads(line) for line in lines]
    (failed,) = [
        event
        for event in events
        if event["event"] == "task.failed" and event["request_id"] == "req_logged"
    ]
    assert failed["task"] == "tests.fail"
    assert failed["outbox_id"] == message.pk
    assert "nobody is at home" in failed["exception"]


def test_republished_work_is_not_claimed_twice(publish):
    message = enqueue("tests.note", word="once")
    assert outbox.claim_message(message.pk)

    outbox.republish_unclaimed()

    assert publish() == 0
