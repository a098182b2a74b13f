"""The fields of an order, one reader each; every reader raises the contract's own sentence."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices

from apps.orders.reading.dates import NotADate, to_moment
from apps.orders.reading.numbers import amount, leading_integer
from apps.orders.refusals import OrderRefused, must_be_one_of
from apps.orders.status import (
    HIGHEST_PRIORITY,
    ConfirmationStatus,
    DeliveryStatus,
    OrderSource,
    OrderStatus,
    PaymentStatus,
)

Sent = Mapping[str, Any]
# By JSON name: what the sentence calls it, and its words.
WORDS: dict[str, tuple[str, type[TextChoices]]] = {
    "orderFrom": ("order source", OrderSource),
    "status": ("status", OrderStatus),
    "paymentStatus": ("payment status", PaymentStatus),
    "confirmationStatus": ("confirmation status", ConfirmationStatus),
    "deliveryStatus": ("delivery status", DeliveryStatus),
}
DATES = {
    "orderDate": "order date",
    "expectedDeliveryDate": "expected delivery date",
    "actualDeliveryDate": "actual delivery date",
}


def word(sent: Sent, field: str) -> str:
    """
    Return the word of an enumeration.

    :raises OrderRefused: if it is none of its words
    """
    label, choices = WORDS[field]
    value = sent.get(field)
    if not isinstance(value, str) or value not in choices.values:
        raise must_be_one_of(label, field, choices.values)
    return value


def date(sent: Sent, field: str) -> datetime | None:
    """
    Return the moment; null and everything else that is falsy mean none.

    :raises OrderRefused: if it is no date
    """
    value = sent.get(field)
    if not value:
        return None
    try:
        return to_moment(value)
    except NotADate:
        raise OrderRefused(f"Invalid {DATES[field]}", field) from None


def priority(value: Any) -> int:
    """
    Return the priority.

    :raises OrderRefused: if it is not within the range
    """
    number = leading_integer(value)
    if number is None or not 0 <= number <= HIGHEST_PRIORITY:
        message = f"Priority must be a number between 0 and {HIGHEST_PRIORITY}"
        raise OrderRefused(message, "priority")
    return number


def paid_amount(value: Any) -> Decimal:
    """
    Return what has been paid.

    :raises OrderRefused: if it is no amount
    """
    paid = amount(value)
    if paid is None:
        raise OrderRefused("Paid amount must be a valid non-negative number", "paidAmount")
    return paid
