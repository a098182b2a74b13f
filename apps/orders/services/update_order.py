from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import transaction

from apps.accounts.models import User
from apps.orders.history import recorded_as
from apps.orders.models import Order, OrderItem
from apps.orders.reading import fields
from apps.orders.reading.fields import Sent
from apps.orders.reading.lines import Line, read_lines, total_of
from apps.orders.reading.payment import check_payment
from apps.orders.reading.texts import free_text, notes
from apps.orders.refusals import OrderChanged, OrderNotFound, OrderRefused
from apps.orders.signals import order_changed, order_completed
from apps.orders.status import OrderStatus

PARTIAL = (
    "For 'partially_paid' status, paid amount must be greater than 0 and less than total price"
)


def _name(label: str) -> Callable[[Sent, str], str]:
    def read(sent: Sent, field: str) -> str:
        if text := free_text(sent[field], field, label):
            return text
        raise OrderRefused(f"{label} cannot be empty", field)

    return read


def _text(label: str) -> Callable[[Sent, str], str | None]:
    return lambda sent, field: free_text(sent[field], field, label)


# By JSON name, in the order in which the contract checks them: the column, and who reads it.
BEFORE_LINES: dict[str, tuple[str, Callable[[Sent, str], Any]]] = {
    "customerNotes": ("customer_notes", lambda sent, field: notes(sent[field])),
    "customerName": ("customer_name", _name("Customer name")),
    "customerId": ("customer_id", _name("Customer ID")),
    "status": ("status", fields.word),
    "paymentStatus": ("payment_status", fields.word),
    "confirmationStatus": ("confirmation_status", fields.word),
    "deliveryStatus": ("delivery_status", fields.word),
    "paidAmount": ("paid_amount", lambda sent, field: fields.paid_amount(sent[field])),
    "priority": ("priority", lambda sent, field: fields.priority(sent[field])),
    "expectedDeliveryDate": ("expected_delivery_date", fields.date),
    "actualDeliveryDate": ("actual_delivery_date", fields.date),
}
AFTER_LINES: dict[str, tuple[str, Callable[[Sent, str], Any]]] = {
    "orderFrom": ("order_from", fields.word),
    "orderDate": ("order_date", fields.date),
    "address": ("address", _text("Address")),
    "trackingId": ("tracking_id", _text("Tracking ID")),
    "deliveryPartner": ("delivery_partner", _text("Delivery partner")),
}


class Changes(NamedTuple):
    """What will be stored: columns, and new lines where they differ from those agreed."""

    columns: dict[str, Any]
    lines: list[Line] | None


@transaction.atomic
def update_order(
    *, order_id: int | None, sent: Sent, by: User, version: int | None = None
) -> Order:
    """
    Change what was sent of an order; a version lets it pass only if nobody changed it since.

    :raises OrderRefused: with the sentence of the first field that is not acceptable
    :raises OrderNotFound: if all fields are acceptable, but there is no such order
    :raises OrderChanged: if the order has another version now
    """
    order, changes = read_changes(order_id=order_id, sent=sent, version=version)
    with recorded_as(by):
        _store(order, changes)
    return order


def read_changes(
    *, order_id: int | None, sent: Sent, version: int | None = None
) -> tuple[Order, Changes]:
    """
    Lock the order and return what an update of it would store, or raise what it would raise.

    :raises OrderRefused: with the sentence of the first field that is not acceptable
    :raises OrderNotFound: if all fields are acceptable, but there is no such order
    :raises OrderChanged: if the order has another version now
    """
    order = _locked(order_id) if order_id else None
    columns = _read(sent, BEFORE_LINES)
    agreed = list(order.items.all()) if order and "items" in sent else []
    lines = read_lines(sent["items"], agreed=agreed) if "items" in sent else None
    columns |= _read(sent, AFTER_LINES)
    if order is None:
        raise OrderNotFound
    if version not in (None, order.version):
        raise OrderChanged(order.version)
    if lines is not None:
        columns["total_price"] = total_of(lines)
    _check_payment(order, columns)
    columns = {name: value for name, value in columns.items() if getattr(order, name) != value}
    return order, Changes(columns, lines if _differ(lines, agreed) else None)


def _locked(order_id: int) -> Order | None:
    return Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()


def _read(sent: Sent, readers: dict[str, tuple[str, Callable[[Sent, str], Any]]]) -> dict[str, Any]:
    return {column: read(sent, field) for field, (column, read) in readers.items() if field in sent}


def _check_payment(order: Order, changes: dict[str, Any]) -> None:
    """Judge how the order will stand, whichever of the three fields brought it there."""
    if not changes.keys() & {"paid_amount", "payment_status", "total_price"}:
        return
    check_payment(
        changes.get("payment_status", order.payment_status),
        paid=changes.get("paid_amount", order.paid_amount),
        total=changes.get("total_price", order.total_price),
        partial_message=PARTIAL,
    )


def _differ(lines: list[Line] | None, agreed: list[OrderItem]) -> bool:
    before = [Line(*(getattr(line, name) for name in Line._fields)) for line in agreed]
    return lines is not None and lines != before


def _store(order: Order, changes: Changes) -> None:
    if not changes.columns and changes.lines is None:
        return
    for name, value in changes.columns.items():
        setattr(order, name, value)
    order.version += 1
    order.save(update_fields=[*changes.columns, "version"])
    if changes.lines is not None:
        order.items.all().delete()
        lines = [OrderItem(order=order, **line._asdict()) for line in changes.lines]
        OrderItem.objects.bulk_create(lines)
    order_changed.send(sender=Order, order_id=order.pk)
    if changes.columns.get("status") == OrderStatus.COMPLETED:
        order_completed.send(sender=Order, order=order)
