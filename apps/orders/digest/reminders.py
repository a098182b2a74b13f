"""Which digests have named an order: seven, three and one day before it is due."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from apps.orders.digest.letter import Letter
from apps.orders.models import Order, OrderReminder

FLAGS = {"sevenDay": "sent_7d", "threeDay": "sent_3d", "oneDay": "sent_1d"}
WORDS = {"sent_7d": "a week", "sent_3d": "3 days", "sent_1d": "a day"}


@transaction.atomic
def note_reminders(letter: Letter, now: datetime) -> None:
    """Write down which orders the letter has named, once somebody has got it."""
    for key, flag in FLAGS.items():
        orders = sorted(letter.named[key], key=lambda order: order.pk)  # always locked in one order
        rows = OrderReminder.objects.filter(order__in=orders)
        rows.exclude(delivery_date_snapshot=F("order__expected_delivery_date")).delete()
        OrderReminder.objects.bulk_create(
            [_row(order, flag, now) for order in orders],
            update_conflicts=True,
            unique_fields=["order"],
            update_fields=[flag, "updated_at"],
        )


def reminders_of(order: Order) -> list[str]:
    """Return how long before its date the order was named, the earliest first."""
    row = OrderReminder.objects.filter(order=order).first()
    if row is None or row.delivery_date_snapshot != order.expected_delivery_date:
        return []
    return [words for flag, words in WORDS.items() if getattr(row, flag)]


def _row(order: Order, flag: str, now: datetime) -> OrderReminder:
    snapshot: Any = order.expected_delivery_date  # what is due has a date
    return OrderReminder(
        order=order, delivery_date_snapshot=snapshot, updated_at=now, **{flag: True}
    )
