from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.staff import staff_of
from apps.batches.admin.standing import UNSUCCESSFUL_FILTER
from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import COUNTER_OF, FINAL_STATES, UNSUCCESSFUL, Category, RowState

NOTHING = "none"


class BatchFilter(admin.SimpleListFilter):
    """Rows of one batch; the newest ones are offered, any other comes by a link."""

    title = "batch"
    parameter_name = "batch"
    offered = 15

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        runs = (
            BatchRun.objects.visible_to(staff_of(request)).select_related("job").only("job__title")
        )
        offered = list(runs.order_by("-job_id")[: self.offered])
        chosen = _uuid(self.value())
        if chosen and all(run.pk != chosen for run in offered):
            offered += runs.filter(pk=chosen)
        return [(str(run.pk), f"{run.job.title} ({str(run)[-6:]})") for run in offered]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
        if not self.value():
            return queryset
        chosen = _uuid(self.value())
        return queryset.filter(run_id=chosen) if chosen else queryset.none()


class RowStateFilter(admin.SimpleListFilter):
    """Rows in one state, or in any that ended without success."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(UNSUCCESSFUL_FILTER, "Without success"), *RowState.choices]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
        wanted = self.value() or ""
        if wanted == UNSUCCESSFUL_FILTER:
            return _in_states(queryset, list(UNSUCCESSFUL))
        return _in_states(queryset, [RowState(wanted)]) if wanted in RowState else queryset


def _in_states(rows: QuerySet[BatchRow], states: list[RowState]) -> QuerySet[BatchRow]:
    """Narrow to batches that have such rows at all: no index holds the state (see BatchRow)."""
    has_some = Q()
    for state in states:
        has_some |= Q(**{f"{COUNTER_OF[state]}__gt": 0})
    return rows.filter(state__in=states, run__in=BatchRun.objects.filter(has_some))


class CategoryFilter(admin.SimpleListFilter):
    """Rows that failed for reasons of one category."""

    title = "category"
    parameter_name = "category"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return list(Category.choices)

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
        return queryset.filter(category=self.value()) if self.value() else queryset


class StatusCodeFilter(admin.SimpleListFilter):
    """Rows whose last answer had one HTTP status."""

    title = "status code"
    parameter_name = "status"
    usual = (200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        codes = [(str(code), str(code)) for code in self.usual]
        chosen = self.value()
        if chosen and chosen.isdigit() and chosen not in dict(codes):
            codes.append((chosen, chosen))
        return [(NOTHING, "No answer"), *codes]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
        wanted = self.value() or ""
        if wanted == NOTHING:
            return queryset.filter(status_code=None)
        if wanted.isdigit() and len(wanted) <= 3:
            return queryset.filter(status_code=int(wanted))
        return queryset


class MovedFilter(admin.SimpleListFilter):
    """Rows that were settled lately, in batches that moved since."""

    title = "settled"
    parameter_name = "updated"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("hour", "In the last hour"), ("day", "In the last 24 hours")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
        spans = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
        if self.value() not in spans:
            return queryset
        since = timezone.now() - spans[self.value() or ""]
        moved = BatchRun.objects.filter(job__updated_at__gte=since).order_by()
        return queryset.filter(run__in=moved, updated_at__gte=since, state__in=FINAL_STATES)


class MessageFilter(admin.SimpleListFilter):
    """Rows with exactly one message; it comes by a link, and can be dropped here."""

    title = "message"
    parameter_name = "message"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        chosen = self.value()
        return [(chosen, chosen)] if chosen else []

    def has_output(self) -> bool:
        return bool(self.value())

    def queryset(self, _request: HttpRequest, queryset: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
        return queryset.filter(message=self.value()) if self.value() else queryset


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
