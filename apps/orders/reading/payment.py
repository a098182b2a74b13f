from decimal import Decimal

from apps.orders.refusals import OrderRefused
from apps.orders.status import PaymentStatus


def check_payment(status: str, *, paid: Decimal, total: Decimal, partial_message: str) -> None:
    """
    Let through what can have been paid of a total.

    :raises OrderRefused: if it is more than the total, or no part of it where it should be one
    """
    if paid > total:
        raise OrderRefused("Paid amount cannot exceed total price", "paidAmount")
    if status == PaymentStatus.PARTIALLY_PAID and not 0 < paid < total:
        raise OrderRefused(partial_message, "paidAmount")
