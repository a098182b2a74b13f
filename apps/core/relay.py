"""The relay: carries due outbox rows to the broker, and again whenever they got lost there."""

import threading
from collections.abc import Callable

import orjson
import structlog
from celery import Celery, current_app
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from kombu import Connection
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from apps.core import outbox

log = structlog.get_logger(__name__)

PAGE = 200
EPOCH_KEY = "backroom:relay:epoch"
# One connection attempt, bounded: a hung broker must not hold the outbox's row locks.
BROKER_TIMEOUTS = {"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0}


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
                close_old_connections()
                self._publish_again_after_broker_loss()
                while self.publish_page():
                    pass
                self._wait_for_news(stop)
                pause = 0.0
            except (OperationalError, RedisError, DatabaseError, OSError) as error:
                pause = min(5.0, pause * 2 or 0.25)
                log.warning("relay.waiting", reason=type(error).__name__, seconds=pause)
                self._drop_connections()

    def publish_page(self) -> int:
        """Publish up to 200 due messages in one transaction; return how many."""
        with transaction.atomic():
            due = outbox.due_messages(most=PAGE)
            if not due:
                return 0
            with self._connected().Producer() as producer:
                for message_id, task, kwargs, queue, request_id in due:
                    self._publish(producer, message_id, task, kwargs, queue, request_id)
            outbox.mark_published([message[0] for message in due])
        return len(due)

    def _publish(
        self, producer: object, message_id: int, task: str, kwargs: str, queue: str, request_id: str
    ) -> None:
        self.app.tasks[task].apply_async(
            kwargs=orjson.loads(kwargs),
            producer=producer,
            retry=False,
            headers={"outbox_id": message_id, "request_id": request_id},
            **({"queue": queue} if queue else {}),
        )

    def _connected(self) -> Connection:
        if self._broker is None:
            options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | BROKER_TIMEOUTS
            self._broker = self.app.connection_for_write(
                settings.CELERY_BROKER_URL, transport_options=options
            )
        return self._broker

    def _publish_again_after_broker_loss(self) -> None:
        """Notice an emptied Redis by the loss of our own key, long before any time-out does."""
        if not settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://", "unix://")):
            return
        redis = Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2
        )
        with redis:
            if redis.set(EPOCH_KEY, "1", nx=True):
                count = outbox.republish_unclaimed()
                log.info("relay.broker_was_empty", republished=count)

    def _wait_for_news(self, stop: threading.Event, timeout: float = 1.0) -> None:
        """Sleep until a transaction that enqueued something commits, at most one second."""
        if stop.is_set():
            return
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {outbox.CHANNEL}")
        for _news in connection.connection.notifies(timeout=timeout, stop_after=1):
            return

    def _drop_connections(self) -> None:
        connection.close()
        if self._broker is not None:
            release: Callable[[], None] = self._broker.release
            self._broker = None
            release()
