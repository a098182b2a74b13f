from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.accounts.models import Role, User
from apps.jobs.status import OPEN, JobState, JobStatus

if TYPE_CHECKING:
    from apps.jobs.models import Job  # noqa: F401 - names the generic


def in_state(state: str) -> Q:
    """Return the condition that `Job.state` says in Python."""
    later = Q(lease_until=None, next_attempt_at__gt=Now())
    free = Q(status__in=OPEN, cancel_requested_at=None, paused_at=None)
    kept = Q(result_expires_at=None) | Q(result_expires_at__gt=Now())
    conditions = {
        JobState.COMPLETED: kept & Q(status=JobStatus.COMPLETED, partial=False),
        JobState.PARTIAL: kept & Q(status=JobStatus.COMPLETED, partial=True),
        JobState.CANCELLED: Q(status=JobStatus.FAILED, error_code="cancelled"),
        JobState.FAILED: Q(status=JobStatus.FAILED) & ~Q(error_code="cancelled"),
        JobState.CANCELLING: Q(status__in=OPEN, cancel_requested_at__isnull=False),
        JobState.PAUSED: Q(status__in=OPEN, cancel_requested_at=None, paused_at__isnull=False),
        JobState.SCHEDULED: free & later,
        JobState.RUNNING: free & ~later & Q(status=JobStatus.IN_PROGRESS),
        JobState.QUEUED: free & ~later & Q(status=JobStatus.PENDING),
        JobState.EXPIRED: Q(status=JobStatus.COMPLETED, result_expires_at__lte=Now()),
    }
    return conditions[JobState(state)]


class JobQuerySet(models.QuerySet["Job"]):
    """Reads of the ledger, by name."""

    def visible_to(self, user: User) -> "JobQuerySet":
        """Return the user's own jobs; all of them to an admin."""
        kept = self.filter(archived_at=None)
        return kept if user.may_act_as(Role.ADMIN) else kept.filter(owner=user)

    def in_states(self, states: list[str]) -> "JobQuerySet":
        """Return jobs whose `state` is one of these."""
        wanted = Q(pk=None)
        for state in states:
            wanted |= in_state(state)
        return self.filter(wanted)

    def alike(self, fingerprint: str) -> "JobQuerySet":
        """Return the jobs that failed in the same way."""
        return self.filter(status=JobStatus.FAILED, error_fingerprint=fingerprint)

    def held_by(self, process: str) -> "JobQuerySet":
        """Return the jobs that a worker's process works on now."""
        return self.open().filter(worker_id=process, lease_until__gte=Now())

    def open(self) -> "JobQuerySet":
        """Return what is not finished."""
        return self.filter(status__in=OPEN)

    def runnable(self) -> "JobQuerySet":
        """Return what a worker could take now: open, not paused, due, and in nobody's hands."""
        due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=Now())
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        return self.open().filter(due, free, paused_at=None)

    def crashed(self) -> "JobQuerySet":
        """Return jobs whose worker has not renewed its lease in time."""
        return self.filter(lease_until__lt=Now())

    def cancel_pending(self) -> "JobQuerySet":
        """Return open jobs that are to be cancelled and that nobody works on any more."""
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        return self.open().filter(free, cancel_requested_at__isnull=False)

    def in_turn(self) -> "JobQuerySet":
        """Return the order in which waiting jobs are served: priority, then who waited longest."""
        return self.order_by("-priority", F("last_slice_at").asc(nulls_first=True), "created_at")

    def locked_in_order(self) -> "JobQuerySet":
        """Return the jobs locked until we commit, always in the same order."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")
