from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from apps.core.day_filter import DayFilter
from apps.feedback.models import Feedback


class AnsweredFilter(admin.SimpleListFilter):
    """Whether the shop has replied."""

    title = "reply"
    parameter_name = "reply"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("given", "Given")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Feedback]) -> QuerySet[Feedback]:
        match self.value():
            case "waiting":
                return queryset.filter(response_text=None)
            case "given":
                return queryset.exclude(response_text=None)
            case _:
                return queryset


class GivenFilter(DayFilter):
    """The day that the feedback came in."""

    title = "day given"
    parameter_name = "given"
    moment = F("created_at")
