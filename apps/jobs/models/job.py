from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.ids import new_id, public_id
from apps.jobs.models.guards import LEGAL_MOVES, STAMP
from apps.jobs.querysets import JobQuerySet
from apps.jobs.status import OPEN, JobState, JobStatus, JobType

if TYPE_CHECKING:
    from datetime import datetime


SLICES, QUICK = "slices", "quick"
FILE_MAKING = (JobType.GENERATION, JobType.EXPORT)
MOST_QUICK_ROWS = 5_000


class Job(models.Model):
    """One piece of background work: what was asked, how far it is, how it ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    type = models.TextField(choices=JobType.choices)
    title = models.CharField(max_length=200, blank=True)
    params = models.JSONField(default=dict)
    status = models.TextField(choices=JobStatus.choices, db_default=JobStatus.PENDING.value)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="children"
    )
    priority = models.PositiveSmallIntegerField(db_default=5)
    # Jobs of one lane run one at a time; the database decides who (job_one_lease_a_lane).
    lane = models.TextField(blank=True, default="")
    request_id = models.TextField(blank=True, default="")

    result_uri = models.TextField(null=True)
    result_meta = models.JSONField(null=True)
    result_expires_at = models.DateTimeField(null=True)
    partial = models.BooleanField(db_default=False)
    error_code = models.TextField(null=True)
    error_message = models.CharField(max_length=500, null=True)
    error_detail = models.JSONField(null=True)
    # Failures that are one failure: what is the same in their error (fingerprints.py).
    error_fingerprint = models.CharField(max_length=16, blank=True, db_default="")

    progress_done = models.BigIntegerField(db_default=0)
    progress_total = models.BigIntegerField(null=True)
    progress_note = models.TextField(blank=True, db_default="")
    rate_per_second = models.FloatField(null=True)

    attempts = models.PositiveIntegerField(db_default=0)
    max_attempts = models.PositiveIntegerField(db_default=3)
    crashes = models.PositiveIntegerField(db_default=0)
    next_attempt_at = models.DateTimeField(null=True)

    worker_id = models.TextField(blank=True, db_default="")
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(db_default=0)
    heartbeat_at = models.DateTimeField(null=True)
    last_slice_at = models.DateTimeField(null=True)

    cancel_requested_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(db_default=1)

    objects = JobQuerySet.as_manager()

    class Meta:
        db_table = "jobs"
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index("type", models.F("created_at").desc(), name="job_by_type"),
            models.Index(
                models.F("created_at").desc(), models.F("id").desc(), name="job_by_creation"
            ),
            models.Index("owner", models.F("created_at").desc(), name="job_by_owner"),
            models.Index("next_attempt_at", condition=models.Q(status__in=OPEN), name="job_open"),
            models.Index("lane", condition=models.Q(status__in=OPEN), name="job_open_by_lane"),
            models.Index(
                "finished_at",
                condition=models.Q(finished_at__isnull=False),
                name="job_by_end",
            ),
            models.Index(
                "error_fingerprint",
                "finished_at",
                condition=models.Q(status=JobStatus.FAILED),
                name="job_failure",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type__in=JobType.values), name="job_type_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=JobStatus.values), name="job_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=OPEN, finished_at=None)
                | models.Q(status__in=(JobStatus.COMPLETED, JobStatus.FAILED), lease_until=None)
                & ~models.Q(finished_at=None),
                name="job_finished_iff_terminal",
            ),
            models.CheckConstraint(
                condition=models.Q(lease_until=None) | models.Q(status=JobStatus.IN_PROGRESS),
                name="job_leased_only_in_progress",
            ),
            models.CheckConstraint(
                condition=models.Q(status=JobStatus.FAILED, error_code__isnull=False)
                | ~models.Q(status=JobStatus.FAILED),
                name="job_failed_has_code",
            ),
            models.CheckConstraint(
                condition=models.Q(paused_at=None) | models.Q(status__in=OPEN),
                name="job_paused_only_open",
            ),
            models.CheckConstraint(
                condition=models.Q(priority__range=(0, 9)), name="job_priority_range"
            ),
            models.UniqueConstraint(
                "lane",
                condition=~models.Q(lane="") & ~models.Q(lease_until=None),
                name="job_one_lease_a_lane",
            ),
        ]
        triggers = [LEGAL_MOVES, STAMP]

    def __str__(self) -> str:
        return self.title or self.public_id

    @property
    def public_id(self) -> str:
        """Return what clients of the batch API see."""
        return public_id("job", self.pk)

    @property
    def is_open(self) -> bool:
        """Return whether there is still something to do."""
        return self.status in OPEN

    @property
    def queue(self) -> str:
        """Return the queue of its slices: a small job does not stand behind a large one."""
        if self.type not in FILE_MAKING or self.progress_total is None:
            return SLICES
        return QUICK if self.progress_total <= MOST_QUICK_ROWS else SLICES

    def has_expired(self, now: "datetime") -> bool:
        """Return whether its result was kept for as long as was agreed."""
        return self.result_expires_at is not None and self.result_expires_at <= now

    @property
    def state(self) -> JobState:
        """Return the state in people's words."""
        if self.has_expired(timezone.now()):
            return JobState.EXPIRED
        if self.status == JobStatus.COMPLETED:
            return JobState.PARTIAL if self.partial else JobState.COMPLETED
        if self.status == JobStatus.FAILED:
            return JobState.CANCELLED if self.error_code == "cancelled" else JobState.FAILED
        if self.cancel_requested_at:
            return JobState.CANCELLING
        if self.paused_at:
            return JobState.PAUSED
        return self._waiting_or_running(timezone.now())

    def _waiting_or_running(self, now: "datetime") -> JobState:
        if self.lease_until is None and self.next_attempt_at and self.next_attempt_at > now:
            return JobState.SCHEDULED
        if self.status == JobStatus.IN_PROGRESS:
            return JobState.RUNNING
        return JobState.QUEUED

    @property
    def percent(self) -> float:
        """Return the progress, 0 to 100 with one decimal."""
        if not self.progress_total:
            return 100.0 if self.status == JobStatus.COMPLETED else 0.0
        return round(100 * self.progress_done / self.progress_total, 1)

    @property
    def eta_seconds(self) -> int | None:
        """Return the remaining time at the present rate; None while nobody can know."""
        if not self.is_open:
            return 0
        if not self.rate_per_second or not self.progress_total:
            return None
        return round((self.progress_total - self.progress_done) / self.rate_per_second)
