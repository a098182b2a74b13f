from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from apps.accounts.models import User
from apps.core.idempotency import KEEP, UNUSED, Claim
from apps.core.lean import fetch
from apps.orders.codes import next_code
from apps.orders.history import WRITTEN_DOWN, history_of
from apps.orders.models import Order
from apps.orders.order_json import line_list, order_json
from apps.orders.reading import fields
from apps.orders.reading.fields import Sent
from apps.orders.reading.lines import Line, read_lines, total_of
from apps.orders.reading.payment import check_payment
from apps.orders.reading.texts import free_text, notes
from apps.orders.refusals import OrderRefused
from apps.orders.services.find_orders import FoundOrder
from apps.orders.signals import order_changed
from apps.orders.status import ConfirmationStatus, DeliveryStatus, OrderStatus, PaymentStatus

PARTIAL = (
    "Partially paid orders must have a paid amount greater than 0 and less than the total price"
)
MOST_TRIES = 100
COLUMNS = {
    "code": "text",
    "order_from": "text",
    "customer_name": "text",
    "customer_id": "text",
    "address": "text",
    "total_price": "numeric",
    "status": "text",
    "payment_status": "text",
    "paid_amount": "numeric",
    "confirmation_status": "text",
    "customer_notes": "text",
    "priority": "smallint",
    "order_date": "timestamptz",
    "expected_delivery_date": "timestamptz",
    "delivery_status": "text",
    "tracking_id": "text",
    "delivery_partner": "text",
    "actual_delivery_date": "timestamptz",
}


def _stored(after: str) -> str:
    """
    Return SQL that stores the order and its lines, and calls what came of it `made`.

    Both are stored, or neither is; and so is whose doing it was, which the triggers of the history
    read when the statement ends.
    """
    return f"""
history AS MATERIALIZED ({WRITTEN_DOWN}),
o AS (
    INSERT INTO orders ({", ".join(COLUMNS)})
    SELECT {", ".join(f"%({name})s::{kind}" for name, kind in COLUMNS.items())} FROM {after}
    ON CONFLICT (code) DO NOTHING RETURNING *
),
l AS (
    INSERT INTO order_items
        (order_id, item_id, design_id, name, price, quantity, customization_request)
    SELECT o.id, (line->>0)::int, (line->>1)::int, line->>2, (line->>3)::numeric, (line->>4)::int,
        line->>5
    FROM o, jsonb_array_elements(%(lines)s::jsonb) WITH ORDINALITY AS sent(line, place)
    ORDER BY sent.place
    RETURNING *
),
made AS (SELECT o.created_at, o.id, o.version, {order_json(line_list("l"))} AS json FROM o)
"""  # noqa: S608 - made of our own constants


INSERT = f"WITH {_stored(after='history')} SELECT * FROM made"  # noqa: S608 - as above
# A transaction of its own: the key's row and all the rest, or nothing.
INSERT_UNDER_KEY = f"""
WITH turn AS MATERIALIZED ({UNUSED}), {_stored(after="history, turn")},
kept AS ({KEEP.format(made="made")})
SELECT * FROM made
"""  # noqa: S608 - as above


class NoFreeCode(Exception):
    """A hundred order codes in a row were taken."""


def place_order(*, sent: Sent, by: User, now: datetime) -> int:
    """
    Store a new order with its lines, priced by the catalogue, and return its number.

    :raises OrderRefused: with the sentence of the first field that is not acceptable
    """
    return place_and_show(sent=sent, by=by, now=now).id


def place_and_show(*, sent: Sent, by: User, now: datetime) -> FoundOrder:
    """
    Store a new order with its lines, priced by the catalogue, and return it as it is stored.

    :raises OrderRefused: with the sentence of the first field that is not acceptable
    """
    lines, values = _read(sent, now)
    values |= history_of(by)
    for _ in range(MOST_TRIES):
        if order := _insert(INSERT, lines, values):
            return order
    raise NoFreeCode


def place_under_key(*, sent: Sent, by: User, now: datetime, claim: Claim) -> FoundOrder | None:
    """
    Store a new order and keep it as the answer to the claim, in a transaction of its own.

    Nothing is stored or returned where the claim's key was used before, or a code is taken.

    :raises OrderRefused: with the sentence of the first field that is not acceptable
    :raises IntegrityError: if the key was used at the same time
    """
    lines, values = _read(sent, now)
    return _insert(INSERT_UNDER_KEY, lines, values | history_of(by) | claim._asdict())


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


def _insert(statement: str, lines: list[Line], values: dict[str, Any]) -> FoundOrder | None:
    # As JSON: psycopg takes longer over six lists than the database over this.
    as_json = orjson.dumps([list(line) for line in lines], default=str).decode()
    rows = fetch(statement, **values, code=next_code(), lines=as_json)
    if not rows:
        return None
    order = FoundOrder(*rows[0])
    order_changed.send(sender=Order, order_id=order.id)
    return order
