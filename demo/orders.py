"""
Orders for the demo's shop: two years that grow, with seasons and weekends, some late, some urgent.

The latest weeks go through the services, so that they have a history as in real life. What was
settled long ago is stored at once, as it ended: nobody waits for thousands of use cases.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from demo.people import FIRST_NAMES, LAST_NAMES

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.catalog.models import Item
    from apps.orders.models import Order

ORDERS = 2400
DAYS = 730
TOLD_DAYS = 14
CUSTOMERS = 320
# From January to December; the feasts are in autumn.
SEASON = (0.7, 0.75, 0.9, 1.0, 1.05, 0.95, 0.8, 0.85, 1.0, 1.25, 1.5, 1.6)
WEEKDAY = (0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 1.3)
GROWTH = 0.8
SOURCES = {"instagram": 5, "whatsapp": 4, "facebook": 2, "call": 2, "offline": 1}
WISHES = ("", "", "", "blue thread", "gift wrap, please", "two sizes larger", "initials M. K.")
STREETS = ("Harbour Road", "Mill Lane", "Station Street", "Rose Hill", "Old Market")
PARTNERS = ("Swift Parcel", "Blue Van", "City Bikes")


@transaction.atomic
def load_orders(operator: "User") -> None:
    """Place the orders, unless there are orders already."""
    from apps.catalog.models import Item
    from apps.orders.models import Order

    if Order.objects.exists():
        return
    random, now = Random(7), timezone.now()
    customers, items = list(_customers(random)), list(Item.objects.active().order_by("pk"))
    settled = []
    for moment in _moments(random, now):
        sent = _wanted(random, random.choice(customers[: random.randint(5, CUSTOMERS)]), items)
        sent["due"] = _midnight(moment + timedelta(days=random.randint(3, 15)))
        if now - moment > timedelta(days=TOLD_DAYS):
            settled.append(_as_ended(random, sent, moment))
        else:
            _place(random, operator, sent, moment)
    _store(settled, operator)


def load_recipient() -> None:
    """Have somebody get the daily digest, unless somebody does."""
    from apps.orders.models import NotificationRecipient

    if not NotificationRecipient.objects.exists():
        NotificationRecipient.objects.create(email="desk@backroom.example")


def _customers(random: Random) -> Iterator[dict[str, str]]:
    for number in range(CUSTOMERS):
        first = random.choice(FIRST_NAMES)
        yield {
            "customer_name": f"{first} {random.choice(LAST_NAMES)}",
            "customer_id": f"@{first.lower()}.{number}"
            if number % 3
            else f"+44 7700 900{number:03d}",
            "address": f"{random.randint(1, 90)} {random.choice(STREETS)}",
        }


def _moments(random: Random, now: datetime) -> list[datetime]:
    """Return when the orders were placed, the first one first."""
    days = [now - timedelta(days=ago) for ago in range(DAYS)]
    weights = [
        SEASON[day.month - 1] * WEEKDAY[day.weekday()] * (1 - GROWTH * ago / DAYS)
        for ago, day in enumerate(days)
    ]
    chosen = random.choices(days, weights, k=ORDERS)
    moments = (_midnight(day) + timedelta(hours=random.triangular(7, 23, 19)) for day in chosen)
    # What would be still to come today was placed earlier today.
    return sorted(moment if moment < now else _earlier(random, now) for moment in moments)


def _earlier(random: Random, now: datetime) -> datetime:
    return now - (now - _midnight(now)) * random.random()


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(), UTC)


def _wanted(random: Random, customer: dict[str, str], items: list["Item"]) -> dict[str, Any]:
    return {
        **customer,
        "order_from": random.choices(list(SOURCES), list(SOURCES.values()))[0],
        "priority": random.choice((0, 0, 0, 1, 2, 3, 4, 5)),
        # Squared, so that some items sell much better than others.
        "lines": [
            (
                items[int(len(items) * random.random() ** 2)],
                random.choice((1, 1, 1, 2, 3)),
                random.choice(WISHES),
            )
            for _ in range(random.choice((1, 1, 2, 3)))
        ],
    }


def _as_ended(random: Random, wanted: dict[str, Any], moment: datetime) -> tuple["Order", Any]:
    """Return an order as it stands at last, without its code, and its lines; none is stored."""
    from apps.orders.models import Order

    lines, due = wanted.pop("lines"), wanted.pop("due")
    total = sum((item.price * quantity for item, quantity, _ in lines), Decimal(0))
    order = Order(
        total_price=total,
        created_at=moment,
        order_date=moment,
        expected_delivery_date=due,
        **wanted,
        **_story(random, moment, total, due),
    )
    return order, lines


def _store(settled: list[tuple["Order", Any]], operator: "User") -> None:
    from apps.orders.history import recorded_as
    from apps.orders.models import Order, OrderItem

    for (order, _), code in zip(settled, _codes(len(settled)), strict=True):
        order.code = code
    with recorded_as(operator):
        Order.objects.bulk_create([order for order, _ in settled])
        OrderItem.objects.bulk_create(
            OrderItem(
                order=order,
                item=item,
                name=item.name,
                price=item.price,
                quantity=quantity,
                customization_request=wish or None,
            )
            for order, lines in settled
            for item, quantity, wish in lines
        )


def _codes(number: int) -> list[str]:
    from apps.orders.codes import code_of

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('order_codes') FROM generate_series(1, %s)", [number])
        return [code_of(place - 1) for (place,) in cursor.fetchall()]


def _place(random: Random, operator: "User", wanted: dict[str, Any], moment: datetime) -> None:
    """Let the order be placed and changed as staff do it."""
    from apps.orders.models import Order
    from apps.orders.services.place_order import place_order
    from apps.orders.services.update_order import AFTER_LINES, BEFORE_LINES, update_order

    names = {column: name for name, (column, _) in {**BEFORE_LINES, **AFTER_LINES}.items()}
    lines, due = wanted.pop("lines"), wanted.pop("due")
    sent = {names[column]: value for column, value in wanted.items()}
    sent["expectedDeliveryDate"] = due.isoformat()
    sent["items"] = [
        {"itemId": item.pk, "quantity": quantity, "customizationRequest": wish}
        for item, quantity, wish in lines
    ]
    order_id = place_order(sent=sent, by=operator, now=moment)
    Order.objects.filter(pk=order_id).update(created_at=moment)
    total = Order.objects.values_list("total_price", flat=True).get(pk=order_id)
    story = _story(random, moment, total, due)
    update_order(
        order_id=order_id,
        sent={names[column]: _as_sent(value) for column, value in story.items()},
        by=operator,
    )


def _as_sent(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _story(random: Random, moment: datetime, total: Decimal, due: datetime) -> dict[str, Any]:
    """Return how the order has gone on until today."""
    age, chance = timezone.now() - moment, random.random()
    if chance < 0.06:
        return {"status": "cancelled", "confirmation_status": "cancelled"}
    if age > timedelta(days=TOLD_DAYS) or (age > timedelta(days=9) and chance < 0.7):
        return {
            "status": "completed",
            "confirmation_status": "confirmed",
            "payment_status": "paid" if chance < 0.9 else "refunded",
            "paid_amount": total,
            "delivery_status": "delivered" if chance < 0.9 else "returned",
            "delivery_partner": random.choice(PARTNERS),
            "tracking_id": f"SP{random.randint(10**7, 10**8 - 1)}",
            "actual_delivery_date": due - timedelta(days=random.randint(-1, 2)),
        }
    if age > timedelta(days=3):
        return {
            "status": "processing",
            "confirmation_status": "confirmed",
            "delivery_status": random.choice(("not_shipped", "shipped", "in_transit")),
            "payment_status": "partially_paid",
            "paid_amount": (total / 2).quantize(Decimal("0.01")),
        }
    return {"confirmation_status": random.choice(("unconfirmed", "pending_confirmation"))}
