"""The relay: carries due outbox rows to the broker, and again whenever they got lost there."""

import threading
import time
from functools import cached_property
from typing import Any

import orjson
import structlog
from celery import Celery, current_app
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from kombu import Connection, Producer
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.core import outbox

log = structlog.get_logger(__name__)

PAGE = 200
LONGEST_PAUSE = 2.0
# How long we go on looking by ourselves after a message, and how often.
AWAKE_SECONDS = 0.5
LOOK_SECONDS = 0.025
EPOCH_KEY = "backroom:relay:epoch"
# One attempt, bounded: a hung broker must not hold the outbox's row locks.
BROKER_SECONDS = 1
BROKER_TIMEOUTS = {
    "socket_timeout": BROKER_SECONDS,
    "socket_connect_timeout": BROKER_SECONDS,
    "max_retries": 0,
}


class Relay:
    """One publishing process; any number may run side by side (rows are locked, not shared)."""

    def __init__(self, app: Celery = current_app) -> None:
        self.app = app
        self._broker: Connection | None = None

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop; wait for news no longer than a second at a time."""
        pause = 0.0
        while not stop.wait(pause):
            try:
                self._work(stop)
                pause = 0.0
            except (OperationalError, RedisError, DatabaseError, OSError) as error:
                pause = min(LONGEST_PAUSE, pause * 2 or 0.25)
                log.warning("relay.waiting", reason=type(error).__name__, seconds=pause)
                self._drop_connections()
        self._drop_connections()

    def _work(self, stop: threading.Event) -> None:
        close_old_connections()
        self._listen()  # before we look: what commits after the look is news
        self._publish_again_after_broker_loss()
        if self.publish_page():
            self._publish_while_there_is_more(stop)
            # Who saw us awake and commits only now has sent no notice.
            self._wait_for_news(timeout=LOOK_SECONDS)
        else:
            self._wait_for_news(timeout=1.0)

    def _publish_while_there_is_more(self, stop: threading.Event) -> None:
        """Look every 25 ms, until half a second has brought nothing; a second is the most."""
        now = time.monotonic()
        end, most, is_awake = now + AWAKE_SECONDS, now + 1, False
        while now < min(end, most) and not stop.wait(LOOK_SECONDS):
            is_awake = is_awake or outbox.stay_awake()
            now = time.monotonic()
            if self.publish_page():
                end = now + AWAKE_SECONDS
        if is_awake:
            outbox.fall_asleep()

    def publish_page(self) -> int:
        """Publish up to 200 due messages in one transaction; return how many."""
        with transaction.atomic():
            due = outbox.due_messages(most=PAGE)
            if not due:
                return 0
            with self._connected().Producer() as producer:
                published = [message[0] for message in due if self._publish(producer, *message)]
            outbox.mark_published(published)
        return len(due)

    def _publish(
        self,
        producer: Producer,
        message_id: int,
        task_name: str,
        kwargs: str,
        queue: str,
        request_id: str,
    ) -> bool:
        task = self.app.tasks.get(task_name)
        if task is None:
            log.error("relay.unknown_task", task=task_name, outbox_id=message_id)
            outbox.set_aside(message_id, f"There is no task {task_name}.")
            return False
        options: dict[str, Any] = {"queue": queue} if queue else {}
        headers: dict[str, Any] = {"outbox_id": message_id, "request_id": request_id}
        task.apply_async(
            kwargs=orjson.loads(kwargs), producer=producer, retry=False, headers=headers, **options
        )
        return True

    def _connected(self) -> Connection:
        if self._broker is None:
            options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | BROKER_TIMEOUTS
            self._broker = self.app.connection_for_write(
                settings.CELERY_BROKER_URL,
                connect_timeout=BROKER_SECONDS,
                transport_options=options,
            )
        return self._broker

    def _publish_again_after_broker_loss(self) -> None:
        """Notice an emptied Redis by the loss of our own key, long before any time-out does."""
        if self._redis is None or self._redis.exists(EPOCH_KEY):
            return
        # The key comes last: if we fail half-way, the next look finds it missing again.
        with transaction.atomic():
            count = outbox.republish_unclaimed()
            if not self._redis.set(EPOCH_KEY, "1", nx=True):
                transaction.set_rollback(True)  # another relay was first
                return
        log.info("relay.broker_was_empty", republished=count)

    @cached_property
    def _redis(self) -> Redis | None:
        url = settings.CELERY_BROKER_URL
        if not url.startswith(("redis://", "rediss://", "unix://")):
            return None
        return Redis.from_url(
            url,
            socket_timeout=BROKER_SECONDS,
            socket_connect_timeout=BROKER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {outbox.CHANNEL}")

    def _wait_for_news(self, timeout: float) -> None:
        """Sleep until a transaction that enqueued something commits, at most that long."""
        with connection.wrap_database_errors:
            for _news in connection.connection.notifies(timeout=timeout, stop_after=1):
                return

    def _drop_connections(self) -> None:
        connection.close()
        if self._redis is not None:
            self._redis.close()
        if self._broker is not None:
            broker, self._broker = self._broker, None
            broker.release()
