"""What staff see of the shop before anything else."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Count, Sum
from django.urls import reverse

from apps.orders.models import Order
from apps.orders.order_links import orders_url


class Figure(NamedTuple):
    """A number that leads to what it counts."""

    name: str
    label: str
    value: str
    note: str
    url: str
    is_alert: bool = False


def shop_figures(now: datetime) -> list[Figure]:
    """Return how the shop stands today."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    today = Order.objects.filter(created_at__gte=midnight).aggregate(
        orders=Count("pk"), revenue=Sum("total_price", default=0)
    )
    late = Order.objects.overdue_at(now).count()
    soon = Order.objects.due_within(timedelta(days=3), now).count()
    return [
        Figure(
            "sales",
            "Sold today",
            f"{today['revenue']:,.2f}",
            f"{today['orders']:,} orders; all charts",
            reverse("admin:orders_order_sales"),
        ),
        Figure(
            "overdue",
            "Overdue orders",
            f"{late:,}",
            "open, past their day",
            orders_url(due="overdue"),
            is_alert=late > 0,
        ),
        Figure("due", "Due in 3 days", f"{soon:,}", "open, from today on", orders_url(due="3")),
    ]
