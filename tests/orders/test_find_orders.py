"""What the database makes is what the serializer makes, byte by byte."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.core.api.rendering import OrjsonRenderer
from apps.orders.api.shapes import OrderOutput
from apps.orders.models import Order
from apps.orders.services.find_orders import find_order, orders_page
from apps.orders.services.place_order import place_and_show
from tests.factories.catalog import DesignFactory, ItemFactory
from tests.factories.orders import OrderFactory, OrderItemFactory

pytestmark = pytest.mark.django_db

HARD = 'A "quoted" \\ line\nwith\ttabs \b\x01\x7f\u2028, ünïcode 🧵 and </script> 100%'


def assert_same_bytes(order):
    order = Order.objects.get(pk=order.pk)
    assert find_order(order.pk).json.encode() == OrjsonRenderer().render(OrderOutput(order).data)


def test_an_order_with_everything():
    order = OrderFactory(
        lines=[],
        customer_name=HARD,
        customer_id="7",
        address=HARD,
        customer_notes=HARD,
        tracking_id="T",
        delivery_partner="P",
        total_price=Decimal("99999999.99"),
        paid_amount=Decimal("0.10"),
        priority=5,
        order_date=datetime(2025, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
        expected_delivery_date=datetime(1, 1, 2, tzinfo=UTC),
        actual_delivery_date=datetime(9999, 12, 30, 1, 2, 3, 4567, tzinfo=UTC),
    )
    OrderItemFactory(order=order, name=HARD, price=Decimal("12.30"), customization_request=HARD)
    shirt = ItemFactory()
    OrderItemFactory(order=order, item=shirt, design=DesignFactory(item=shirt), price=Decimal(100))

    assert_same_bytes(order)


def test_an_order_with_nothing_that_may_be_absent():
    assert_same_bytes(OrderFactory(lines=[], order_date=None))


@pytest.mark.parametrize(("page", "limit"), [(1, 10), (2, 10), (2, 20), (10**9, 100)])
def test_a_page_has_the_bytes_of_the_serializer(page, limit):
    for _ in range(12):
        OrderFactory()

    rows = Order.objects.newest_first()[(page - 1) * limit : page * limit]
    place = {"page": page, "limit": limit, "total": 12, "totalPages": -(-12 // limit)}
    expected = {"orders": OrderOutput(rows, many=True).data, "pagination": place}
    assert orders_page(page=page, limit=limit).encode() == OrjsonRenderer().render(expected)


def test_a_new_order_is_shown_as_it_is_found(operator_api):
    shirt = ItemFactory()
    lines = [
        {"itemId": shirt.pk, "quantity": count, "customizationRequest": HARD[:20]}
        for count in (2, 1)
    ]
    sent = {"orderFrom": "call", "customerName": HARD, "customerId": "7", "items": lines}

    placed = place_and_show(sent=sent, by=operator_api.user, now=datetime.now(UTC))

    assert placed == find_order(placed.id)
    assert_same_bytes(Order.objects.get())


def test_the_tally_follows_what_is_placed_and_deleted():
    orders = [OrderFactory(lines=[]) for _ in range(3)]
    Order.objects.filter(pk=orders[0].pk).delete()

    page = json.loads(orders_page(page=1, limit=10))
    assert page["pagination"]["total"] == Order.objects.count() == 2
