"""The orders of the list as it is filtered, as rows for a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from apps.orders.models import Order

AT_A_TIME = 500
COLUMNS = (
    "Order",
    "Created",
    "Source",
    "Customer",
    "Customer id",
    "Lines",
    "Total",
    "Paid",
    "Status",
    "Payment",
    "Confirmation",
    "Delivery",
    "Priority",
    "Ordered",
    "Expected",
    "Delivered",
    "Partner",
    "Tracking id",
    "Address",
    "Notes",
)
Row = tuple[Any, ...]


def rows_of(orders: QuerySet[Order]) -> Iterator[Row]:
    """Return a row an order, in the list's own order."""
    for order in orders.prefetch_related("items").iterator(chunk_size=AT_A_TIME):
        yield (
            order.code,
            order.created_at,
            order.get_order_from_display(),
            order.customer_name,
            order.customer_id,
            "; ".join(str(line) for line in order.items.all()),
            order.total_price,
            order.paid_amount,
            order.get_status_display(),
            order.get_payment_status_display(),
            order.get_confirmation_status_display(),
            order.get_delivery_status_display(),
            order.priority,
            order.order_date,
            order.expected_delivery_date,
            order.actual_delivery_date,
            order.delivery_partner or "",
            order.tracking_id or "",
            order.address or "",
            order.customer_notes or "",
        )
