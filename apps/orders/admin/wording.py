"""States and dates of an order as staff see them; a colour only repeats what the word says."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.safestring import SafeString

from apps.jobs.wording import chip
from apps.orders.models import Order
from apps.orders.querysets import SOON
from apps.orders.status import ConfirmationStatus, DeliveryStatus, OrderStatus, PaymentStatus

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


def state_chip(value: str, label: str) -> SafeString:
    """Return a state as a label."""
    return chip(label, TONES[value])


def due_chip(order: Order, now: datetime) -> SafeString | str:
    """Return when the order is expected; late and soon ones stand out while it is open."""
    due = order.expected_delivery_date
    if due is None:
        return "-"
    day = date_format(due, "j M Y")
    if not order.is_open or due > now + SOON:
        return day
    late = (now.date() - due.date()).days
    if late > 0:
        return chip(f"{day}, {late} {'day' if late == 1 else 'days'} late", "bad")
    return chip(f"{day}, {'today' if late == 0 else 'soon'}", "bad" if late == 0 else "mixed")
