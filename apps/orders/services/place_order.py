from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.orders.codes import next_code
from apps.orders.history import recorded_as
from apps.orders.models import Order
from apps.orders.reading import fields
from apps.orders.reading.fields import Sent
from apps.orders.reading.lines import Line, read_lines, total_of
from apps.orders.reading.payment import check_payment
from apps.orders.reading.texts import free_text, notes
from apps.orders.refusals import OrderRefused
from apps.orders.signals import order_changed
from apps.orders.status import ConfirmationStatus, DeliveryStatus, OrderStatus, PaymentStatus

PARTIAL = (
    "Partially paid orders must have a paid amount greater than 0 and less than the total price"
)
MOST_TRIES = 100
# The order and its lines in one statement: both are stored, or neither is.
INSERT = """
WITH placed AS (
    INSERT INTO orders ({columns}) VALUES ({values}) ON CONFLICT (code) DO NOTHING RETURNING id
), lines AS (
    INSERT INTO order_items
        (order_id, item_id, design_id, name, price, quantity, customization_request)
    SELECT placed.id, line.item_id, line.design_id, line.name, line.price, line.quantity, line.wish
    FROM placed, unnest(
        %(item_ids)s::int[], %(design_ids)s::int[], %(names)s::text[], %(prices)s::numeric[],
        %(quantities)s::int[], %(wishes)s::text[]
    ) WITH ORDINALITY AS line(item_id, design_id, name, price, quantity, wish, place)
    ORDER BY line.place
)
SELECT id FROM placed
"""


class NoFreeCode(Exception):
    """A hundred order codes in a row were taken."""


def place_order(*, sent: Sent, by: User, now: datetime) -> int:
    """
    Store a new order with its lines, priced by the catalogue, and return its number.

    :raises OrderRefused: with the sentence of the first field that is not acceptable
    """
    lines, values = _read(sent, now)
    with recorded_as(by):
        for _ in range(MOST_TRIES):
            order_id = _insert({"code": next_code(), **values}, lines)
            if order_id is not None:
                order_changed.send(sender=Order, order_id=order_id)
                return order_id
    raise NoFreeCode


def _read(sent: Sent, now: datetime) -> tuple[list[Line], dict[str, Any]]:
    """Check in the order of the contract; what it does not speak of comes last."""
    values: dict[str, Any] = {"customer_notes": notes(sent.get("customerNotes"))}
    values |= _customer(sent)
    if not isinstance(sent.get("items"), list) or not sent["items"]:
        raise OrderRefused("At least one item is required", "items")
    values["expected_delivery_date"] = _not_in_the_past(sent, now)
    values["confirmation_status"] = _word(
        sent, "confirmationStatus", ConfirmationStatus.UNCONFIRMED
    )
    values["priority"] = 0 if sent.get("priority") is None else fields.priority(sent["priority"])
    values["delivery_status"] = _word(sent, "deliveryStatus", DeliveryStatus.NOT_SHIPPED)
    values["actual_delivery_date"] = fields.date(sent, "actualDeliveryDate")
    lines = read_lines(sent["items"])
    values["payment_status"] = _word(sent, "paymentStatus", PaymentStatus.UNPAID)
    paid = sent.get("paidAmount")
    values["paid_amount"] = Decimal(0) if paid is None else fields.paid_amount(paid)
    values["total_price"] = total_of(lines)
    check_payment(
        values["payment_status"],
        paid=values["paid_amount"],
        total=values["total_price"],
        partial_message=PARTIAL,
    )
    values["order_from"] = fields.word(sent, "orderFrom")
    values["order_date"] = fields.date(sent, "orderDate") or now
    values["address"] = free_text(sent.get("address"), "address", "Address")
    values["tracking_id"] = free_text(sent.get("trackingId"), "trackingId", "Tracking ID")
    values["delivery_partner"] = free_text(
        sent.get("deliveryPartner"), "deliveryPartner", "Delivery partner"
    )
    return lines, values | {"status": OrderStatus.PENDING.value}


def _customer(sent: Sent) -> dict[str, str]:
    missing = OrderRefused("Order source, customer name, and customer ID are required")
    if not all(sent.get(name) for name in ("orderFrom", "customerName", "customerId")):
        raise missing
    name = free_text(sent["customerName"], "customerName", "Customer name")
    customer_id = free_text(sent["customerId"], "customerId", "Customer ID")
    if not name or not customer_id:
        raise missing
    return {"customer_name": name, "customer_id": customer_id}


def _word(sent: Sent, field: str, default: str) -> str:
    return fields.word(sent, field) if sent.get(field) else str(default)


def _not_in_the_past(sent: Sent, now: datetime) -> datetime | None:
    due = fields.date(sent, "expectedDeliveryDate")
    if due and due.date() < now.astimezone(UTC).date():
        message = "Expected delivery date cannot be in the past"
        raise OrderRefused(message, "expectedDeliveryDate")
    return due


def _insert(values: dict[str, Any], lines: list[Line]) -> int | None:
    """Return the new order's number, or nothing where its code is taken."""
    statement = INSERT.format(
        columns=", ".join(values), values=", ".join(f"%({name})s" for name in values)
    )
    names = ("item_ids", "design_ids", "names", "prices", "quantities", "wishes")
    columns = (list(column) for column in zip(*lines, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement, values | dict(zip(names, columns, strict=True)))
        row = cursor.fetchone()
    return row[0] if row else None
