from datetime import timedelta

import pytest
from django.utils import timezone

from apps.orders.models import Order
from apps.orders.sales.overview import sales_overview
from demo import orders as demo
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory

STATES = {"pending", "processing", "completed", "cancelled"}


@pytest.mark.django_db
def test_the_orders_are_placed_once_and_fill_two_years(monkeypatch):
    monkeypatch.setattr(demo, "ORDERS", 700)
    operator, _ = UserFactory(operator=True), [ItemFactory() for _ in range(8)]
    now = timezone.now()

    demo.load_orders(operator)
    demo.load_orders(operator)

    placed = Order.objects.order_by("created_at")
    assert placed.count() == 700
    assert (placed.last().created_at - placed.first().created_at).days > 600
    assert placed.last().created_at < timezone.now()
    assert set(placed.values_list("status", flat=True)) == STATES
    assert all(
        order.total_price == sum(line.price * line.quantity for line in order.items.all())
        for order in placed.prefetch_related("items")
    )
    assert Order.objects.overdue_at(now).exists()
    assert Order.objects.due_within(timedelta(days=7), now).exists()
    shown = sales_overview(days=365, completed_only=False, by="revenue", now=now)
    assert len(shown.sources) == len(demo.SOURCES)
    assert shown.total.number > shown.before.number
