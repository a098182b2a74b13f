"""A filter by whole days (UTC) for the admin's lists."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import F, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.forms import RangeDateForm


class DayFilter(admin.ListFilter):
    """
    Keeps what happened from one day to another, both included, whatever their hour.

    Unlike unfold's own it takes an expression, and the whole of the last day.
    """

    template = "unfold/filters/filters_date_range.html"
    parameter_name = "on"
    moment: Any = F("created_at")

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
        for name in self._names:
            if name in params and (value := params.pop(name)[-1]):
                self.used_parameters[name] = value

    def has_output(self) -> bool:
        return True

    @property
    def _names(self) -> list[str]:
        return [f"{self.parameter_name}_from", f"{self.parameter_name}_to"]

    def expected_parameters(self) -> list[str | None]:
        return [*self._names]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (_day(self.used_parameters.get(name)) for name in self._names)
        if first or last:
            queryset = queryset.alias(filtered_moment=self.moment)
        if first:
            queryset = queryset.filter(filtered_moment__gte=_midnight(first))
        if last and last < date.max:
            queryset = queryset.filter(filtered_moment__lt=_midnight(last + timedelta(days=1)))
        return queryset

    def choices(self, _changelist: Any) -> Iterator[dict[str, Any]]:
        yield {
            "request": self.request,
            "parameter_name": self.parameter_name,
            "form": RangeDateForm(name=self.parameter_name, data=self.used_parameters),
        }


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError as error:
        raise IncorrectLookupParameters(error) from error


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
