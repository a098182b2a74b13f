"""One slice of sending: keep the courier busy, book what comes back, stop for good reasons."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.batches.engine import ledger
from apps.batches.engine.courier import Courier
from apps.batches.engine.pace import Pace
from apps.batches.engine.parcels import Delivery, Parcel
from apps.batches.models import BatchRow, BatchRun, BatchSession
from apps.batches.status import FINAL_STATES
from apps.core.egress import EgressPolicy
from apps.jobs.services.work_slice import Slice

log = structlog.get_logger(__name__)
T = TypeVar("T")

FLUSH_SECONDS = 0.1
MOST_AT_ONCE = 500
BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF = 60.0
REFUSALS_IN_A_ROW = 3
DENIED_FROM_THE_START = 20
# A restart of PostgreSQL, or the end it makes to a transaction that froze.
LOST_DATABASE = (OperationalError, InterfaceError, InternalError)


@dataclass
class Stop:
    """Why a slice ends before its rows do: a pause with its reason, or just time."""

    pause: str | None = None
    message: str = ""


@dataclass
class Streak:
    """What the last answers had in common."""

    refusals: int = 0
    denied: int = 0
    settled: int = 0

    def note(self, delivery: Delivery) -> None:
        """Look at one answer."""
        if delivery.verdict is None:
            return
        status = delivery.answer.status if delivery.answer else None
        self.refusals = self.refusals + 1 if status == 401 else 0
        self.denied += status == 403
        self.settled += not delivery.verdict.is_retry


@dataclass
class Conductor:
    """Sends the open rows of a run until they are done, time is up, or something is in the way."""

    work: Slice
    run: BatchRun
    session: BatchSession
    pace: Pace = field(default_factory=Pace)
    streak: Streak = field(default_factory=Streak)
    in_hand: int = 0
    stop: Stop | None = None

    def __post_init__(self) -> None:
        self.courier = Courier(self.session, EgressPolicy.from_settings(), most=self.run.open_rows)
        self._cursor = self.run.cursor
        self._exhausted_until = 0.0
        self._is_past_the_start = self._has_answers()
        self._retry_at = 0.0

    def conduct(self) -> Stop | None:
        """
        Work until nothing is in hand any more; return why it ended early, None at the end.

        :raises LostLease: if another worker took over
        """
        try:
            while True:
                self._turn()
                if self.stop and not self.in_hand:
                    return self.stop
                if not self.in_hand and self._nothing_due():
                    return self.stop
                self.courier.wait(FLUSH_SECONDS)
        finally:
            self.courier.close()

    def _turn(self) -> None:
        """Book what came back, and open what is due; with a key, the partner need not wait."""
        deliveries = self.courier.collect()
        self.in_hand -= len(deliveries)
        for delivery in deliveries:
            self.streak.note(delivery)
        # Without a key, every row that is open when a worker dies is in doubt: none too many.
        if self.session.idempotency_header:
            self._open_what_is_due()
            self._book_all(deliveries)
        else:
            self._book_all(deliveries)
            self._open_what_is_due()
        self._report()

    def _open_what_is_due(self) -> None:
        self._look_for_reasons_to_stop()
        room = 0 if self.stop else self._room()
        if room:
            self._hand_over(self._with_patience(lambda: self._open(room)), room)

    def _book_all(self, deliveries: list[Delivery]) -> None:
        if deliveries:
            self._with_patience(lambda: self._book(deliveries))
            self._count(deliveries)

    def _hand_over(self, parcels: list[Parcel], room: int) -> None:
        if parcels:
            self.in_hand += len(parcels)
            self._cursor = max(self._cursor, parcels[-1].seq)
            self.courier.hand_over(parcels, low=max(1, self._ahead() // 2))
        if len(parcels) < room:
            self._exhausted_until = time.monotonic() + FLUSH_SECONDS

    def _with_patience(self, act: Callable[[], T]) -> T:
        """Do a transaction; outlive a restart of PostgreSQL as long as the lease may."""
        given_up_at = time.monotonic() + settings.JOB_LEASE_SECONDS
        while True:
            try:
                return act()
            except LOST_DATABASE as error:
                log.warning("ledger.waiting", reason=type(error).__name__)
                connection.close()
                self._retry_at = 0.0  # nobody was told
                # What a lost COMMIT may have opened is settled by the next slice.
                self._halt(Stop())
                if time.monotonic() > given_up_at:
                    raise
                time.sleep(0.2)

    @transaction.atomic
    def _open(self, room: int) -> list[Parcel]:
        self.work.guard()
        if self.stop:
            return []
        return ledger.open_attempts(
            self.run,
            prefix=self.work.job.public_id,
            fence=self.work.fence,
            cursor_seq=self._cursor,
            most=room,
        )

    @transaction.atomic
    def _book(self, deliveries: list[Delivery]) -> None:
        self.work.guard()
        ledger.book(self.run, [(delivery, self._delay(delivery)) for delivery in deliveries])
        self._respect_retry_after()

    def _respect_retry_after(self) -> None:
        """Tell every other job of the session, once per Retry-After."""
        blocked = self.courier.blocked_for
        if blocked <= 0 or time.monotonic() + blocked <= self._retry_at + 0.1:
            return
        self._retry_at = time.monotonic() + blocked
        until = Now() + timedelta(seconds=blocked)
        BatchSession.objects.filter(pk=self.session.pk).update(not_before=until)

    def _delay(self, delivery: Delivery) -> float | None:
        """Return the seconds until the next try: 2, 4, … with a fifth of jitter, at most 60."""
        verdict = delivery.verdict
        if verdict is None or not verdict.is_retry:
            return None
        backoff = BACKOFF_SECONDS * 2 ** (delivery.parcel.tries - 1)
        jittered: float = min(LONGEST_BACKOFF, backoff) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        return max(jittered, float(verdict.retry_after or 0))

    def _ahead(self) -> int:
        """Return how many opened parcels may wait for a connection: about 60 ms of work."""
        width = self.courier.width
        if not self.session.idempotency_header:
            return max(1, width // 4)  # each one would be `unknown` if this process died
        return min(MOST_AT_ONCE, max(width // 2 + 1, round((self.pace.rate() or 0) * 0.06)))

    def _room(self) -> int:
        now = time.monotonic()
        if now < self._exhausted_until or self.courier.blocked_for > 0:
            return 0
        unsent = self.in_hand - self.courier.on_the_wire
        room = self.courier.width + self._ahead() - self.in_hand
        return max(0, min(MOST_AT_ONCE, room, self.courier.most_unsent - unsent))

    def _look_for_reasons_to_stop(self) -> None:
        if self.stop:
            return
        if self.work.is_over() or self.courier.blocked_for > settings.BATCH_PATIENCE_SECONDS:
            self.work.check_lease()
            self._halt(Stop())
        elif self.session.is_expired(timezone.now()):
            self._halt(Stop("session_expired", "The session has expired; renew it."))
        elif self.streak.refusals >= REFUSALS_IN_A_ROW:
            self._halt(Stop("auth_failed", "The partner refused our credentials three times."))
        elif self._all_denied():
            self._halt(Stop("permission_denied", "The partner denied all of the first rows."))

    def _all_denied(self) -> bool:
        return (
            self.session.pause_on_permission_denied
            and not self._is_past_the_start
            and self.streak.denied == self.streak.settled
            and self.streak.denied >= DENIED_FROM_THE_START
        )

    def _has_answers(self) -> bool:
        """Return whether earlier slices have settled the first rows already."""
        if not self.session.pause_on_permission_denied:
            return False
        sent = BatchRow.objects.filter(run=self.run, attempts__gt=0, state__in=FINAL_STATES)
        return sent[:DENIED_FROM_THE_START].count() == DENIED_FROM_THE_START

    def _halt(self, stop: Stop) -> None:
        if self.stop is None:
            self.stop = stop
            self.courier.recall()

    def _nothing_due(self) -> bool:
        """Return whether all that is left, if anything, is due later than we care to wait."""
        if time.monotonic() >= self._exhausted_until or self.courier.blocked_for > 0:
            return False
        try:
            _, next_due, _, now = ledger.standing(self.run)
        except LOST_DATABASE as error:
            self._look_again_later(error)
            return False
        wait = (next_due - now).total_seconds() if next_due else None
        return wait is None or wait > settings.BATCH_PATIENCE_SECONDS

    def _count(self, deliveries: list[Delivery]) -> None:
        answers = [delivery.answer for delivery in deliveries if delivery.answer]
        finished = sum(1 for one in deliveries if one.verdict and one.verdict.state in FINAL_STATES)
        latency = sum(answer.duration_ms for answer in answers)
        self.pace.count(finished=finished, calls=len(answers), latency_ms=latency)

    def _report(self) -> None:
        if not self.work.report_is_due():
            return
        try:
            self._write_report()
        except LOST_DATABASE as error:
            self._look_again_later(error)

    def _look_again_later(self, error: Exception) -> None:
        # The calls in flight go on: when the lease runs out meanwhile, the heartbeat says so.
        log.warning("ledger.waiting", reason=type(error).__name__)
        connection.close()

    def _write_report(self) -> None:
        self.run.refresh_from_db()
        self.work.report(done=self.run.done_rows, total=self.run.total, rate=self.pace.rate())
        self.run.pulse = {
            "avgTimePerRecordMs": self.pace.mean_latency_ms(),
            "inFlight": self.in_hand,
            "concurrency": self.courier.width,
        }
        BatchRun.objects.filter(pk=self.run.pk).update(pulse=self.run.pulse)
