import pytest

from apps.orders.models import Order
from demo import orders as demo
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory


@pytest.mark.django_db
def test_the_orders_are_placed_once_and_fill_half_a_year(monkeypatch):
    monkeypatch.setattr(demo, "ORDERS", 60)
    operator, _ = UserFactory(operator=True), [ItemFactory() for _ in range(8)]

    demo.load_orders(operator)
    demo.load_orders(operator)

    placed = Order.objects.order_by("created_at")
    assert placed.count() == 60
    assert (placed.last().created_at - placed.first().created_at).days > 120
    assert set(placed.values_list("status", flat=True)) >= {"completed", "pending", "cancelled"}
    assert all(order.items.exists() for order in placed)
