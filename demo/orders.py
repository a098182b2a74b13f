"""
Orders for the demo's shop: half a year of them, more on weekends, some late, some urgent.

They go through the services, so that lines, prices, history and figures are as in real life.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from demo.people import FIRST_NAMES, LAST_NAMES

if TYPE_CHECKING:
    from apps.accounts.models import User

ORDERS = 400
DAYS = 180
CUSTOMERS = 120
SOURCES = {"instagram": 5, "whatsapp": 4, "facebook": 2, "call": 2, "offline": 1}
WISHES = ("", "", "", "blue thread", "gift wrap, please", "two sizes larger", "initials M. K.")
STREETS = ("Harbour Road", "Mill Lane", "Station Street", "Rose Hill", "Old Market")
PARTNERS = ("Swift Parcel", "Blue Van", "City Bikes")


def load_orders(operator: "User") -> None:
    """Place the orders, unless there are orders already."""
    from apps.orders.models import Order

    if Order.objects.exists():
        return
    random, now = Random(7), timezone.now()
    customers = list(_customers(random))
    moments = sorted(now - timedelta(days=DAYS * random.random() ** 1.3) for _ in range(ORDERS))
    for moment in moments:
        _place(random, operator, random.choice(customers[: random.randint(5, CUSTOMERS)]), moment)


def load_recipient() -> None:
    """Have somebody get the daily digest, unless somebody does."""
    from apps.orders.models import NotificationRecipient

    if not NotificationRecipient.objects.exists():
        NotificationRecipient.objects.create(email="desk@backroom.example")


def _customers(random: Random) -> Iterator[dict[str, str]]:
    for number in range(CUSTOMERS):
        first = random.choice(FIRST_NAMES)
        yield {
            "customerName": f"{first} {random.choice(LAST_NAMES)}",
            "customerId": f"@{first.lower()}.{number}"
            if number % 3
            else f"+44 7700 {900 + number}",
            "address": f"{random.randint(1, 90)} {random.choice(STREETS)}",
        }


def _place(random: Random, operator: "User", customer: dict[str, str], moment: datetime) -> None:
    from apps.catalog.models import Item
    from apps.orders.models import Order
    from apps.orders.services.place_order import place_order
    from apps.orders.services.update_order import update_order

    item_ids = list(Item.objects.active().order_by("pk").values_list("pk", flat=True))
    # Squared, so that some items sell much better than others.
    lines = [
        {
            "itemId": item_ids[int(len(item_ids) * random.random() ** 2)],
            "quantity": random.choice((1, 1, 1, 2, 3)),
            "customizationRequest": random.choice(WISHES),
        }
        for _ in range(random.choice((1, 1, 2, 3)))
    ]
    due = datetime.combine((moment + timedelta(days=random.randint(3, 15))).date(), time(), UTC)
    sent = {
        **customer,
        "orderFrom": random.choices(list(SOURCES), list(SOURCES.values()))[0],
        "items": lines,
        "priority": random.choice((0, 0, 0, 1, 2, 3, 4, 5)),
        "expectedDeliveryDate": due.isoformat(),
    }
    order_id = place_order(sent=sent, by=operator, now=moment)
    Order.objects.filter(pk=order_id).update(created_at=moment)
    order = Order.objects.get(pk=order_id)
    update_order(order_id=order_id, sent=_story(random, order, due), by=operator)


def _story(random: Random, order: Any, due: datetime) -> dict[str, Any]:
    """Return how the order has gone on until today."""
    age, chance = timezone.now() - order.created_at, random.random()
    if chance < 0.06:
        return {"status": "cancelled", "confirmationStatus": "cancelled"}
    if age > timedelta(days=16) and chance < 0.97:
        return {
            "status": "completed",
            "confirmationStatus": "confirmed",
            "paymentStatus": "paid" if chance < 0.9 else "refunded",
            "paidAmount": str(order.total_price),
            "deliveryStatus": "delivered" if chance < 0.9 else "returned",
            "deliveryPartner": random.choice(PARTNERS),
            "trackingId": f"SP{order.pk:08d}",
            "actualDeliveryDate": (due - timedelta(days=random.randint(-1, 2))).isoformat(),
        }
    if age > timedelta(days=3):
        half = (order.total_price / 2).quantize(order.total_price)
        return {
            "status": "processing",
            "confirmationStatus": "confirmed",
            "deliveryStatus": random.choice(("not_shipped", "shipped", "in_transit")),
            **({"paymentStatus": "partially_paid", "paidAmount": str(half)} if half else {}),
        }
    return {"confirmationStatus": random.choice(("unconfirmed", "pending_confirmation"))}
