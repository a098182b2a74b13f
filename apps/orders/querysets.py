from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from apps.orders.status import HIGHEST_PRIORITY, OPEN

if TYPE_CHECKING:
    from apps.orders.models import Order  # noqa: F401 - names the generic

SOON = timedelta(hours=72)


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders, by name."""

    def newest_first(self) -> "OrderQuerySet":
        """Return the orders in the order of every list."""
        return self.order_by("-created_at", "-id")

    def open(self) -> "OrderQuerySet":
        """Return orders that still need work."""
        return self.filter(status__in=OPEN)

    def urgent_at(self, now: datetime) -> "OrderQuerySet":
        """Return open orders that are due soon, overdue, or of the highest priority."""
        due = Q(expected_delivery_date__lte=now + SOON)
        return self.open().filter(due | Q(priority__gte=HIGHEST_PRIORITY))

    def due_by(self, moment: datetime) -> "OrderQuerySet":
        """Return open orders that should be with the customer by then."""
        return self.open().filter(expected_delivery_date__lt=moment)

    def overdue_at(self, now: datetime) -> "OrderQuerySet":
        """Return open orders whose day has passed; what is expected today is not late yet."""
        return self.due_by(_midnight(now))

    def due_within(self, span: timedelta, now: datetime) -> "OrderQuerySet":
        """Return open orders that are expected from today on, at most so much later."""
        today = _midnight(now)
        orders = self.open().filter(expected_delivery_date__gte=today)
        return orders.filter(expected_delivery_date__lt=today + span + timedelta(days=1))


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)
