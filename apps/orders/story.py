"""What happened to an order, and by whom: the events of its history, told as changes."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models

from apps.core.times import iso
from apps.orders.models import Order

# Columns that nobody changes by hand, or that the events hold for themselves.
UNTOLD = ("id", "created_at", "version")
UNKNOWN = "someone outside the application"


class Chapter(NamedTuple):
    """Everything that one person changed at once."""

    at: datetime
    by: str
    sentences: list[str]


def story_of(order: Order) -> list[Chapter]:
    """Return the order's history, the latest change first."""
    chapters: dict[Any, Chapter] = {}
    for event, sentence in [*_told_of_order(order), *_told_of_lines(order)]:
        by = (event.pgh_context or {}).get("name") or UNKNOWN
        # Events of one use case share the context; without one, those of a transaction the moment.
        key = event.pgh_context_id or event.pgh_created_at
        chapter = chapters.setdefault(key, Chapter(event.pgh_created_at, by, []))
        chapter.sentences.append(sentence)
    return sorted(chapters.values(), key=lambda chapter: chapter.at)[::-1]


def _told_of_order(order: Order) -> Iterator[tuple[Any, str]]:
    before: Any = None
    for event in _events("OrderEvent").filter(pgh_obj_id=order.pk):
        if before is None:
            yield event, f"Placed as {event.code}"
        else:
            changes = (told_change(column, before, event) for column in Order._meta.concrete_fields)
            yield from ((event, change) for change in changes if change)
        before = event


def _told_of_lines(order: Order) -> Iterator[tuple[Any, str]]:
    for event in _events("OrderItemEvent").filter(order_id=order.pk):
        line = f"{event.quantity} × {event.name} at {event.price}"  # noqa: RUF001 - times, meant
        yield event, f"Line {event.pgh_label}: {line}"


def _events(name: str) -> Any:
    return apps.get_model("orders", name)._base_manager.order_by("pgh_id")


def told_change(column: "models.Field[Any, Any]", before: Any, after: Any) -> str:
    """Return what has become of a column between two events, or an empty text."""
    if column.name in UNTOLD:
        return ""
    old, new = getattr(before, column.name), getattr(after, column.name)
    if old == new:
        return ""
    label = str(column.verbose_name).capitalize()
    return f"{label}: {_shown(column, old)} → {_shown(column, new)}"


def _shown(column: "models.Field[Any, Any]", value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, datetime):
        return (iso(value) or "")[:16].replace("T", " ").removesuffix(" 00:00")
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(dict(column.flatchoices).get(value, value))
