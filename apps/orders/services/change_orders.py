"""One field of many orders, changed at once; and taken back again."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from apps.accounts.models import User
from apps.core.errors import Refused
from apps.orders.history import recorded_as
from apps.orders.models import Order
from apps.orders.refusals import must_be_one_of
from apps.orders.signals import order_changed, order_completed
from apps.orders.status import HIGHEST_PRIORITY, DeliveryStatus, OrderStatus

MOST_ORDERS = 10_000
# What may be changed of many orders at once: the name, and the values it may have.
FIELDS: dict[str, tuple[str, dict[Any, str]]] = {
    "status": ("status", dict(OrderStatus.choices)),
    "delivery_status": ("delivery status", dict(DeliveryStatus.choices)),
    "priority": ("priority", {number: str(number) for number in range(HIGHEST_PRIORITY + 1)}),
}


class TooManyOrders(Refused):
    """At most 10,000 orders can be changed at once"""

    code = "too_many_orders"


class Changed(NamedTuple):
    """How many orders were changed, and under which name the history knows it."""

    orders: int
    change: UUID


@transaction.atomic
def change_orders(*, order_ids: list[int], field: str, value: Any, by: User) -> Changed:
    """
    Give the field of these orders the value; those that have it already stay as they are.

    All of them are changed, or none is.

    :raises OrderRefused: if the field cannot have the value
    :raises TooManyOrders: if they are more than one change may touch
    """
    name, values = FIELDS[field]
    if value not in values:
        raise must_be_one_of(name, field, map(str, values))
    if len(order_ids) > MOST_ORDERS:
        raise TooManyOrders
    with recorded_as(by) as context:
        return Changed(_set(order_ids, field, value), context.id)


@transaction.atomic
def undo_change(*, change: UUID, field: str, by: User) -> int:
    """
    Give the orders of the change back what they had; return how many there were.

    An order whose field somebody has changed since stays as it is.
    """
    count = 0
    with recorded_as(by):
        for (before, after), order_ids in sorted(_changed(change, field).items()):
            count += _set(order_ids, field, before, only=after)
    return count


def count_undoable(*, change: UUID, field: str) -> int:
    """Return how many orders still have what the change gave them."""
    return sum(
        Order.objects.filter(pk__in=order_ids, **{field: after}).count()
        for (_, after), order_ids in _changed(change, field).items()
    )


def _changed(change: UUID, field: str) -> dict[tuple[Any, Any], list[int]]:
    """Return the orders of the change, by what they had before and had then."""
    events = apps.get_model("orders", "OrderEvent")._base_manager
    earlier = events.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id"))
    found = events.filter(pgh_context_id=change, pgh_label="changed").annotate(
        before=Subquery(earlier.order_by("-pgh_id").values(field)[:1])
    )
    moves: dict[tuple[Any, Any], list[int]] = defaultdict(list)
    for order_id, before, after in found.values_list("pgh_obj_id", "before", field):
        if before is not None and before != after:
            moves[before, after].append(order_id)
    return moves


def _set(order_ids: list[int], field: str, value: Any, only: Any = None) -> int:
    orders = Order.objects.filter(pk__in=order_ids).exclude(**{field: value})
    if only is not None:
        orders = orders.filter(**{field: only})
    # In one order everywhere, so that two who change the same orders never wait for each other.
    locked = list(orders.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Order.objects.filter(pk__in=locked).update(**{field: value}, version=F("version") + 1)
    _announce(locked, is_completed=field == "status" and value == OrderStatus.COMPLETED)
    return len(locked)


def _announce(order_ids: Iterable[int], *, is_completed: bool) -> None:
    for order_id in order_ids:
        order_changed.send(sender=Order, order_id=order_id)
    if is_completed:
        for order in Order.objects.filter(pk__in=order_ids).order_by("pk"):
            order_completed.send(sender=Order, order=order)
