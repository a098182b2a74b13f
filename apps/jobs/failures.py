"""Failures grouped by their cause: how many there are, since when, and what one of them says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q

from apps.jobs.fingerprints import without_particulars
from apps.jobs.models import Job
from apps.jobs.querysets import JobQuerySet
from apps.jobs.status import JobState, JobType

MOST_GROUPS = 100


@dataclass(frozen=True)
class FailureGroup:
    """Jobs that failed in the same way; `latest` is the last of them."""

    fingerprint: str
    count: int
    first_at: datetime
    last_at: datetime
    latest: Job

    @property
    def kind(self) -> str:
        """Return what kind of jobs they are."""
        return str(JobType(self.latest.type).label)

    @property
    def message(self) -> str:
        """Return what they say, without what is only true of one of them."""
        return without_particulars(self.latest.error_message or "")

    @property
    def origin(self) -> str:
        """Return where in our code it went wrong, if it did."""
        detail = self.latest.error_detail
        return str(detail.get("origin", "")) if isinstance(detail, dict) else ""


def failure_groups(jobs: JobQuerySet, *, since: datetime | None = None) -> list[FailureGroup]:
    """Return the groups among these jobs, the largest first; three queries, however many jobs."""
    failed = jobs.in_states([JobState.FAILED]).order_by()
    if since is not None:
        failed = failed.filter(finished_at__gte=since)
    groups = failed.values("error_fingerprint").annotate(
        count=Count("pk"), first=Min("finished_at"), last=Max("finished_at")
    )
    found = list(groups.order_by("-count", "error_fingerprint")[:MOST_GROUPS])
    latest = _latest(failed, found)
    return [_group(row, latest[row["error_fingerprint"]]) for row in found]


def _latest(failed: JobQuerySet, groups: Sequence[Mapping[str, Any]]) -> dict[str, Job]:
    # Looked up one by one in the index, where `DISTINCT ON` would read every failure.
    ends = Q(pk=None)
    for row in groups:
        ends |= Q(error_fingerprint=row["error_fingerprint"], finished_at=row["last"])
    ones = failed.filter(ends).defer("params", "result_meta").order_by("pk")
    return {job.error_fingerprint: job for job in ones}


def _group(row: Mapping[str, Any], latest: Job) -> FailureGroup:
    return FailureGroup(row["error_fingerprint"], row["count"], row["first"], row["last"], latest)
