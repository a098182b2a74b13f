from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.orders.models import NotificationRecipient, Order, OrderItem
from apps.orders.status import OrderStatus
from tests.factories.catalog import ItemFactory


class OrderFactory(DjangoModelFactory[Order]):
    """An order of Mira's, with the lines given as `lines=[(item, quantity)]`; one by default."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    class Params:
        completed = factory.Trait(status=OrderStatus.COMPLETED)
        cancelled = factory.Trait(status=OrderStatus.CANCELLED)

    code = factory.Sequence(lambda number: f"ORD{200_000 + number}")
    order_from = "instagram"
    customer_name = "Mira"
    customer_id = "@mira"
    total_price = Decimal("2599.00")
    order_date = factory.SelfAttribute("created_at")
    # Far enough from each other that a list's order is the order of making.
    created_at = factory.Sequence(lambda number: _START + timedelta(seconds=number))

    @classmethod
    def _create(cls, model_class: type[Order], *args: Any, **values: Any) -> Order:
        lines = values.pop("lines", None)
        if lines is None:
            lines = [(ItemFactory(), 2)]
        if lines:
            values["total_price"] = sum(item.price * quantity for item, quantity in lines)
        order = super()._create(model_class, *args, **values)
        for item, quantity in lines:
            OrderItemFactory(order=order, item=item, quantity=quantity)
        return order


class OrderItemFactory(DjangoModelFactory[OrderItem]):
    """A line at the item's present name and price."""

    class Meta:
        model = OrderItem

    order = factory.SubFactory(OrderFactory, lines=[])
    item = factory.SubFactory(ItemFactory)
    name = factory.SelfAttribute("item.name")
    price = factory.SelfAttribute("item.price")
    quantity = 1


_START = datetime(2025, 1, 5, 9, 31, tzinfo=UTC)


class RecipientFactory(DjangoModelFactory[NotificationRecipient]):
    """Somebody who gets the digest."""

    class Meta:
        model = NotificationRecipient

    email = factory.Sequence(lambda number: f"desk{number}@shop.example")
