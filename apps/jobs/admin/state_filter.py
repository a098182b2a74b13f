from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.querysets import JobQuerySet
from apps.jobs.status import OPEN as OPEN_STATUSES
from apps.jobs.status import JobState, JobStatus

OPEN, FINISHED, SUCCEEDED = "open", "finished", "succeeded"


class FinishedFilter(admin.SimpleListFilter):
    """Jobs that ended lately."""

    title = "finished"
    parameter_name = "finished"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("hour", "In the last hour"), ("day", "In the last 24 hours")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        spans = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
        if self.value() not in spans:
            return queryset
        return queryset.filter(finished_at__gte=timezone.now() - spans[self.value() or ""])


class StateFilter(admin.SimpleListFilter):
    """Jobs in one of the states that people know, or in any open one."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        states = [(str(state), str(state.label)) for state in JobState]
        sets = [(OPEN, "Open"), (FINISHED, "Finished"), (SUCCEEDED, "Completed or partial")]
        return [*sets, *states]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        jobs = queryset
        if not isinstance(jobs, JobQuerySet) or not (wanted := self.value()):
            return queryset
        if wanted == OPEN:
            return jobs.open()
        if wanted == FINISHED:
            return jobs.exclude(status__in=OPEN_STATUSES)
        if wanted == SUCCEEDED:
            return jobs.filter(status=JobStatus.COMPLETED)
        return jobs.in_states([wanted]) if wanted in JobState else jobs.none()
