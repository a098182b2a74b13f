from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin

from apps.orders.admin.sales_charts import Asked, charts_of
from apps.orders.first_page import Figure
from apps.orders.models import Order
from apps.orders.order_links import orders_url
from apps.orders.sales.overview import Measure, Overview, sales_overview
from apps.orders.sales.windows import TIME_RANGES
from apps.orders.status import OrderStatus

RANGE_NAMES = {"week": "7 days", "month": "30 days", "quarter": "90 days",
               "halfYear": "180 days", "year": "A year"}  # fmt: skip
STATUSES = {"all": "All orders", OrderStatus.COMPLETED.value: "Completed only"}
MEASURES = {"revenue": "By revenue", "number": "By number"}
DAYS_OF = {time_range.key: time_range.days for time_range in TIME_RANGES}


class Choice(NamedTuple):
    """A filter of the page, as a link."""

    label: str
    url: str
    is_chosen: bool


class SalesPage(ModelAdmin):  # type: ignore[misc]
    """The sales dashboard: `orders/order/sales`, for whoever may look at orders."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.sales_view))
        return [path("sales", view, name="orders_order_sales"), *super().get_urls()]

    def sales_view(self, request: HttpRequest) -> HttpResponse:
        """Show the sales of the range and the states that the address names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen, now = _chosen(request), timezone.now()
        asked = Asked(
            DAYS_OF[chosen["range"]],
            "" if chosen["status"] == "all" else chosen["status"],
            cast(Measure, chosen["by"]),
        )
        overview = sales_overview(
            days=asked.days, completed_only=asked.completed_only, by=asked.by, now=now
        )
        charts = charts_of(overview, asked)
        context = {
            **self.admin_site.each_context(request),
            "title": "Sales",
            "choices": _choices(chosen),
            "overview": overview,
            "asked": asked,
            "cards": [*_cards(overview, asked), *_cards_of_work(now)],
            "charts": charts,
            "drawn": [picture for chart in charts for picture in chart.drawn],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/backroom/sales.html", context)


def _chosen(request: HttpRequest) -> dict[str, str]:
    chosen = {}
    for name, known, default in (
        ("range", RANGE_NAMES, "month"),
        ("status", STATUSES, "all"),
        ("by", MEASURES, "revenue"),
    ):
        value = request.GET.get(name, default)
        chosen[name] = value if value in known else default
    return chosen


def _choices(chosen: dict[str, str]) -> list[tuple[str, list[Choice]]]:
    """Return the filters, each named, each choice with the address that it leads to."""
    page = reverse("admin:orders_order_sales")
    return [
        (
            title,
            [
                Choice(label, f"{page}?{urlencode(chosen | {name: value})}", chosen[name] == value)
                for value, label in known.items()
            ],
        )
        for title, name, known in (
            ("Range", "range", RANGE_NAMES),
            ("Orders", "status", STATUSES),
            ("Measure", "by", MEASURES),
        )
    ]


def _cards(overview: Overview, asked: Asked) -> list[Figure]:
    total, before = overview.total, overview.before
    url = orders_url(overview.first, status=asked.status)
    days = f"the {asked.days} days before"
    return [
        Figure(
            "revenue",
            "Revenue",
            f"{total.revenue:,.2f}",
            _compared(total.revenue, before.revenue, days),
            url,
        ),
        Figure("orders", "Orders", f"{total.number:,}",
             _compared(total.number, before.number, days), url),
        Figure("average", "Average order", f"{total.average or 0:,.2f}",
             _compared(total.average, before.average, days), url),
        Figure("customers", "Customers", f"{overview.customer_count:,}",
             f"{_each(total.number, overview.customer_count)} orders each", url),
    ]  # fmt: skip


def _cards_of_work(now: datetime) -> list[Figure]:
    late = Order.objects.overdue_at(now).count()
    soon = Order.objects.due_within(timedelta(days=3), now).count()
    return [
        Figure("overdue", "Overdue", f"{late:,}", "open orders past their day",
             orders_url(due="overdue"), is_alert=late > 0),
        Figure("due", "Due in 3 days", f"{soon:,}", "open orders, from today on",
             orders_url(due="3")),
    ]  # fmt: skip


def _each(number: int, customers: int) -> str:
    return f"{number / customers:.1f}" if customers else "no"


def _compared(now: Any, before: Any, days: str) -> str:
    """Return by how much it has changed, in words that need no colour."""
    if not before:
        return f"nothing in {days}"
    change = (Decimal(now or 0) / Decimal(before) - 1) * 100
    if abs(change) < Decimal("0.05"):
        return f"as in {days}"
    return f"{'▲' if change > 0 else '▼'} {abs(change):,.1f}% on {days}"
