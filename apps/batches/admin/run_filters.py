from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.staff import staff_of
from apps.batches.models import BatchRun, BatchSession
from apps.batches.status import Outcome
from apps.jobs.models import Job
from apps.jobs.status import OPEN, JobState

ATTENTION = "attention"


class RunStateFilter(admin.SimpleListFilter):
    """Batches whose job is in a state, or any open one."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        states = [state for state in JobState if state != JobState.EXPIRED]
        return [("open", "Open"), *((str(state), str(state.label)) for state in states)]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRun]) -> QuerySet[BatchRun]:
        wanted = self.value() or ""
        if wanted == "open":
            return queryset.filter(job__status__in=OPEN)
        if wanted in JobState:
            return queryset.filter(job__in=Job.objects.in_states([wanted]))
        return queryset


class OutcomeFilter(admin.SimpleListFilter):
    """Batches that ended in a certain way, or have rows that wait for somebody."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(ATTENTION, "Rows need action"), *Outcome.choices]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRun]) -> QuerySet[BatchRun]:
        wanted = self.value()
        if wanted == ATTENTION:
            return queryset.filter(needs_action__gt=0)
        return queryset.filter(outcome=wanted) if wanted else queryset


class SessionFilter(admin.SimpleListFilter):
    """Batches of one session; the newest sessions are offered."""

    title = "session"
    parameter_name = "session"
    offered = 15

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        sessions = BatchSession.objects.visible_to(staff_of(request)).defer("credentials")
        return [(str(session.pk), str(session)) for session in sessions[: self.offered]]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRun]) -> QuerySet[BatchRun]:
        offered = {value for value, _ in self.lookup_choices}
        chosen = self.value() or ""
        return queryset.filter(session_id=UUID(chosen)) if chosen in offered else queryset
