from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import TextFilter

from apps.catalog.models import Item
from apps.core.day_filter import DayFilter
from apps.orders.models import Order, OrderItem
from apps.orders.querysets import OrderQuerySet

LARGEST_ID = 2**31 - 1


class DueFilter(admin.SimpleListFilter):
    """What has to be done first."""

    title = "to do"
    parameter_name = "due"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "Open"),
            ("priority", "On the priority list"),
            ("overdue", "Overdue"),
            ("1", "Due within a day"),
            ("3", "Due within 3 days"),
            ("7", "Due within a week"),
        ]

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
                return orders.overdue_at(now)
            case "1" | "3" | "7" as days:
                return orders.due_within(timedelta(days=int(days)), now)
            case _:
                return orders


class SoldFilter(DayFilter):
    """The day that the sales count an order on."""

    title = "day sold"
    parameter_name = "sold"
    moment = Coalesce("order_date", "created_at")


class CustomerFilter(TextFilter):  # type: ignore[misc]
    """The orders of one customer, whatever name was written on them."""

    title = "customer id"
    parameter_name = "customer"

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        value = (self.value() or "").replace("\x00", "")
        return queryset.filter(customer_id=value) if value else queryset


class ItemFilter(TextFilter):  # type: ignore[misc]
    """Orders with a line of one item, given by its number."""

    title = "item number"
    parameter_name = "item"

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if not self.value():
            return queryset
        lines = OrderItem.objects.filter(order=OuterRef("pk"), item=self.item_id)
        return queryset.filter(Exists(lines))

    @property
    def item_id(self) -> int:
        """Return the number; what is none is nobody's."""
        text = self.value() or ""
        is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))
        return min(int(text), LARGEST_ID) if is_number else 0

    @property
    def item(self) -> Item | None:
        """Return the item that is asked for."""
        return Item.objects.filter(pk=self.item_id).first()
