"""States and dates of an order as staff see them; a colour only repeats what the word says."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.safestring import SafeString

from apps.jobs.wording import chip
from apps.orders.models import Order
from apps.orders.status import (
    ConfirmationStatus,
    DeliveryStatus,
    MailState,
    OrderStatus,
    PaymentStatus,
)

TONES: dict[str, str] = {
    OrderStatus.PENDING: "waiting",
    OrderStatus.PROCESSING: "active",
    OrderStatus.COMPLETED: "good",
    OrderStatus.CANCELLED: "neutral",
    PaymentStatus.UNPAID: "waiting",
    PaymentStatus.PARTIALLY_PAID: "mixed",
    PaymentStatus.PAID: "good",
    PaymentStatus.CASH_ON_DELIVERY: "active",
    PaymentStatus.REFUNDED: "neutral",
    ConfirmationStatus.UNCONFIRMED: "waiting",
    ConfirmationStatus.PENDING_CONFIRMATION: "mixed",
    ConfirmationStatus.CONFIRMED: "good",
    DeliveryStatus.NOT_SHIPPED: "waiting",
    DeliveryStatus.SHIPPED: "active",
    DeliveryStatus.IN_TRANSIT: "active",
    DeliveryStatus.OUT_FOR_DELIVERY: "active",
    DeliveryStatus.DELIVERED: "good",
    DeliveryStatus.RETURNED: "bad",
}
MAIL_TONES = {
    MailState.WAITING: "waiting",
    MailState.SENDING: "active",
    MailState.SENT: "good",
    MailState.FAILED: "bad",
    MailState.UNKNOWN: "mixed",
    MailState.DROPPED: "neutral",
}

# Days left, and how loudly that is said.
NEAR = ((1, "bad"), (3, "mixed"), (7, "waiting"))


def state_chip(value: str, label: str) -> SafeString:
    """Return a state as a label."""
    return chip(label, TONES[value])


def mail_chip(state: MailState) -> SafeString:
    """Return what is known of a mail of the digest."""
    return chip(state.label, MAIL_TONES[state])


def due_chip(order: Order, now: datetime) -> SafeString | str:
    """Return when the order is expected; late and near ones stand out while it is open."""
    due = order.expected_delivery_date
    if due is None:
        return "-"
    day = date_format(due, "j M" if due.year == now.year else "j M Y")
    left = (due.date() - now.date()).days
    if not order.is_open or left > NEAR[-1][0]:
        return day
    if left < 0:
        return chip(f"{day}, {_days(-left)} late", "bad")
    words = {0: "today", 1: "tomorrow"}.get(left, f"in {_days(left)}")
    return chip(f"{day}, {words}", next(tone for most, tone in NEAR if left <= most))


def _days(number: int) -> str:
    return f"{number} {'day' if number == 1 else 'days'}"
