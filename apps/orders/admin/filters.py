from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.orders.models import Order
from apps.orders.querysets import OrderQuerySet


class DueFilter(admin.SimpleListFilter):
    """What has to be done first."""

    title = "to do"
    parameter_name = "due"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("priority", "On the priority list"), ("overdue", "Overdue")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        orders, now = queryset, timezone.now()
        if not isinstance(orders, OrderQuerySet):
            return queryset
        match self.value():
            case "open":
                return orders.open()
            case "priority":
                return orders.urgent_at(now)
            case "overdue":
                return orders.due_by(now)
            case _:
                return orders
