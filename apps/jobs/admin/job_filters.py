"""Filters of the list of jobs beside the state: where they wait, who has them, why they failed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import TextFilter

from apps.accounts.models import User
from apps.jobs.message_queues import MESSAGE_QUEUES, waiting_in
from apps.jobs.models import Job
from apps.jobs.querysets import JobQuerySet

HOUR_FORMAT = "%Y-%m-%dT%H"
MOST_OWNERS = 100


class MessageQueueFilter(admin.SimpleListFilter):
    """Large jobs and small ones have a queue of messages each."""

    title = "lane"
    parameter_name = "queue"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return list(zip(MESSAGE_QUEUES, ("Slices", "Quick: small files"), strict=True))

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if not isinstance(queryset, JobQuerySet) or self.value() not in MESSAGE_QUEUES:
            return queryset
        return waiting_in(queryset, str(self.value()))


class OwnerFilter(admin.SimpleListFilter):
    """Whose job it is; asked of the index by owner, not of every job."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        owned = Exists(Job.objects.filter(owner=OuterRef("pk")))
        owners = User.objects.filter(owned).order_by("username")[:MOST_OWNERS]
        return [(str(user.pk), user.get_username()) for user in owners]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if not self.value():
            return queryset
        try:
            return queryset.filter(owner=UUID(self.value()))
        except ValueError:
            return queryset.none()


class JobTextFilter(TextFilter):  # type: ignore[misc]
    """A filter by a word that other pages put into the address."""

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        value = (self.value() or "").replace("\x00", "").strip()
        if not value or not isinstance(queryset, JobQuerySet):
            return queryset
        return self.chosen(queryset, value)

    def chosen(self, jobs: JobQuerySet, value: str) -> JobQuerySet:
        """Return the jobs that the word means."""
        raise NotImplementedError


class WorkerFilter(JobTextFilter):
    """What one process of a worker holds now."""

    title = "worker process"
    parameter_name = "worker"

    def chosen(self, jobs: JobQuerySet, value: str) -> JobQuerySet:
        return jobs.held_by(value)


class FailureFilter(JobTextFilter):
    """Jobs that failed in the same way."""

    title = "cause of failure"
    parameter_name = "failure"

    def chosen(self, jobs: JobQuerySet, value: str) -> JobQuerySet:
        return jobs.alike(value)


class EndedInFilter(JobTextFilter):
    """Jobs that ended within one hour, as a bar of the chart shows them."""

    title = "hour of the end (UTC)"
    parameter_name = "ended"

    def chosen(self, jobs: JobQuerySet, value: str) -> JobQuerySet:
        try:
            begin = datetime.strptime(value, HOUR_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return jobs.none()
        return jobs.filter(finished_at__gte=begin, finished_at__lt=begin + timedelta(hours=1))
