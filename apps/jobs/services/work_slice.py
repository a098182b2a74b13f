"""One slice of a job in this process's hands: lease, heartbeat, progress, and how it ended."""

import threading
import time
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models.functions import Now

from apps.jobs.models import Job
from apps.jobs.services.fail_job import fail_job
from apps.jobs.services.record_event import record_event
from apps.jobs.services.release_lane import wake_next_in_lane
from apps.jobs.services.wake_job import wake_job
from apps.jobs.services.worker import LEAVING
from apps.jobs.status import JobStatus

log = structlog.get_logger(__name__)

RENEW = """
UPDATE jobs SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    heartbeat_at = clock_timestamp()
WHERE id = %(id)s AND fence = %(fence)s AND lease_until IS NOT NULL
RETURNING paused_at IS NOT NULL OR cancel_requested_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM queue_states q
               WHERE q.name IN ('slices', jobs.type) AND q.paused_at IS NOT NULL),
    lane <> '' AND EXISTS (
        SELECT 1 FROM jobs other WHERE other.lane = jobs.lane AND other.id <> jobs.id
        AND other.status IN ('pending', 'in-progress') AND other.paused_at IS NULL
        AND (other.next_attempt_at IS NULL OR other.next_attempt_at <= clock_timestamp()))
"""
# A process that freezes here would keep the row's lock, and the job from everybody, for ever:
# PostgreSQL ends a session that is silent in this transaction for as long as a lease.
GUARD = """
SELECT set_config('idle_in_transaction_session_timeout', %(idle)s, true)
FROM jobs WHERE id = %(id)s AND fence = %(fence)s AND lease_until IS NOT NULL
FOR NO KEY UPDATE
"""
# A job whose lane has others waiting gives way after this share of its slice.
FAIR_SHARE = 0.1
QUIET_SECONDS = 0.3


class LostLease(Exception):
    """Another worker holds this job by now; whatever we still know is void."""


class Slice:
    """The right to work on a job for a while. Every write of it is conditional on the fence."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.fence = job.fence
        self.seconds: float = settings.JOB_SLICE_SECONDS
        self._begun = time.monotonic()
        # Work of a moment needs no progress; forgiving a crash must not wait for the next one.
        self._last_report = 0.0 if job.crashes else self._begun - 1 + QUIET_SECONDS
        self._furthest = job.progress_done
        self.has_ended = False
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._asked_to_stop = threading.Event()
        self._others_wait = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Slice":
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._heart.join(timeout=5)

    def is_over(self) -> bool:
        """Return whether to stop: time is up, the job is paused or cancelled, or others wait."""
        if self._lost.is_set():
            return True
        share = self.seconds * (FAIR_SHARE if self._others_wait.is_set() else 1)
        return self._asked_to_stop.is_set() or time.monotonic() - self._begun > share

    def must_stop(self) -> bool:
        """Return whether to stop at once: the job is paused or cancelled, or the lease is lost."""
        return self._lost.is_set() or self._asked_to_stop.is_set()

    def check_lease(self) -> None:
        """
        Stop here if the lease was lost.

        :raises LostLease: if another worker may hold the job
        """
        if self._lost.is_set():
            raise LostLease

    def guard(self) -> None:
        """
        Make the current transaction's writes valid only while we hold the lease.

        The row lock keeps a new claim waiting until we commit, or freeze for as long as a lease.

        :raises LostLease: if the fence has moved on
        """
        with connection.cursor() as cursor:
            idle_ms = str(round(settings.JOB_LEASE_SECONDS * 1000))
            cursor.execute(GUARD, {"id": self.job.pk, "fence": self.fence, "idle": idle_ms})
            if cursor.fetchone() is None:
                self._lost.set()
                raise LostLease

    def report_is_due(self) -> bool:
        """Return whether a second has passed since the last report."""
        return time.monotonic() - self._last_report >= 1

    def report(
        self,
        *,
        done: int,
        total: int | None,
        rate: float | None = None,
        note: str = "",
        moved: bool = False,
        force: bool = False,
    ) -> None:
        """
        Write the progress, at most once a second; progress forgives earlier crashes and errors.

        :param moved: whether the job got further in a way that `done` does not count
        """
        if not force and not self.report_is_due():
            return
        self._last_report = time.monotonic()
        changes: dict[str, Any] = {
            "progress_done": done,
            "progress_total": total,
            "rate_per_second": rate,
            "progress_note": note,
        }
        # Further than ever: work that starts anew and dies at the same place is no progress.
        if done > self._furthest or moved:
            self._furthest = max(done, self._furthest)
            changes |= {"crashes": 0, "error_detail": None}
            self.job.error_detail = None
        self._write(**changes)
        self.job.progress_done, self.job.rate_per_second = done, rate

    @transaction.atomic(savepoint=False)
    def finish(self, *, partial: bool = False, **result: Any) -> None:
        """
        End the job with success; a pause that was asked for meanwhile came too late.

        :raises LostLease: if the fence has moved on
        """
        self.guard()
        self._write(
            status=JobStatus.COMPLETED,
            partial=partial,
            finished_at=Now(),
            lease_until=None,
            paused_at=None,
            pause_reason="",
            rate_per_second=None,
            error_detail=None,
            **result,
        )
        self.job.refresh_from_db()
        wake_next_in_lane(self.job)
        self.has_ended = True

    def fail(self, *, code: str, message: str, detail: Any = None) -> None:
        """
        End the job without success.

        :raises LostLease: if the fence has moved on
        """
        with transaction.atomic():
            self.guard()
            fail_job(self.job, code=code, message=message, detail=detail)
            wake_next_in_lane(self.job)

    def again(self, **kept: Any) -> None:
        """
        Give the lease back and ask for another slice; others of the lane come first.

        :param kept: columns of the job by which the next slice knows where to go on
        """
        self._release(**kept)

    def wait_until(self, moment: datetime) -> None:
        """Give the lease back; nothing is to be done before the moment."""
        self._release(next_attempt_at=moment)

    def pause(self, reason: str, message: str = "") -> None:
        """Give the lease back and stand still until somebody resumes the job."""
        with transaction.atomic():
            self.guard()
            self._write(
                status=JobStatus.PENDING, paused_at=Now(), pause_reason=reason, lease_until=None
            )
            record_event(self.job, "JOB_PAUSED", message, level="warn", reason=reason)
            wake_next_in_lane(self.job)

    @transaction.atomic
    def _release(self, **changes: Any) -> None:
        self.guard()
        self._write(lease_until=None, **changes)
        due_at = changes.get("next_attempt_at")
        gave_way = wake_next_in_lane(self.job)
        # Who was woken wakes us when its share is over; both at once would race for the lane.
        if due_at or not gave_way:
            wake_job(self.job, due_at=due_at)

    def _write(self, **changes: Any) -> None:
        """
        Change the job's row.

        :raises LostLease: if the fence has moved on
        """
        # The sweep may have taken the lease of a silent worker away without a new fence.
        ours = Job.objects.filter(pk=self.job.pk, fence=self.fence, lease_until__isnull=False)
        if not ours.update(**changes):
            self._lost.set()
            raise LostLease

    def _beat(self) -> None:
        """Renew the lease in a thread of its own: a busy loop must not look like a death."""
        every = min(1.0, settings.JOB_LEASE_SECONDS / 3)
        silent_since = time.monotonic()
        try:
            while not self._stop.wait(every):
                try:
                    self._renew()
                    silent_since = time.monotonic()
                except (DatabaseError, InterfaceError) as error:
                    log.warning("heartbeat.missed", reason=type(error).__name__)
                    connection.close()
                    if time.monotonic() - silent_since > settings.JOB_LEASE_SECONDS:
                        self._lost.set()
        finally:
            connection.close()

    def _renew(self) -> None:
        lease = settings.JOB_LEASE_SECONDS
        with connection.cursor() as cursor:
            cursor.execute(RENEW, {"id": self.job.pk, "fence": self.fence, "lease": lease})
            answer = cursor.fetchone()
        if answer is None:
            self._lost.set()
            return
        asked_to_stop, others_wait = answer
        if asked_to_stop or LEAVING.is_set():
            self._asked_to_stop.set()
        if others_wait:
            self._others_wait.set()
