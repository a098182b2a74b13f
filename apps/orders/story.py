"""What happened to an order, and by whom."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from apps.core.story import Chapter, changes_in, chapters_of
from apps.orders.models import Order

# Columns that nobody changes by hand, or that the events hold for themselves.
UNTOLD = ("id", "created_at", "version")


def story_of(order: Order) -> list[Chapter]:
    """Return the order's history, the latest change first."""
    return chapters_of([*_told_of_order(order), *_told_of_lines(order)])


def _told_of_order(order: Order) -> Iterator[tuple[Any, str]]:
    events = list(_events("OrderEvent").filter(pgh_obj_id=order.pk))
    yield from ((event, f"Placed as {event.code}") for event in events[:1])
    yield from changes_in(events, Order, untold=UNTOLD)


def _told_of_lines(order: Order) -> Iterator[tuple[Any, str]]:
    for event in _events("OrderItemEvent").filter(order_id=order.pk):
        line = f"{event.quantity} × {event.name} at {event.price}"  # noqa: RUF001 - times, meant
        yield event, f"Line {event.pgh_label}: {line}"


def _events(name: str) -> Any:
    return apps.get_model("orders", name)._base_manager.order_by("pgh_id")
