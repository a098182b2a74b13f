"""The lines of an order as sent: found in the catalogue, priced by it or by what was agreed."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from apps.catalog.models import Design
from apps.core.lean import fetch
from apps.orders.models import OrderItem
from apps.orders.reading.numbers import (
    LARGEST_AMOUNT,
    LARGEST_INTEGER,
    leading_integer,
    row_number,
)
from apps.orders.reading.texts import free_text
from apps.orders.refusals import OrderRefused

LONGEST_ECHO = 200
CATALOGUE = """
SELECT id, name, price, deleted_at IS NULL FROM items WHERE id = ANY(%(ids)s::int[])
"""
Known = dict[int, tuple[Any, ...]]  # name, price, whether it is sold


class Line(NamedTuple):
    """A line as it will be stored."""

    item_id: int
    design_id: int | None
    name: str
    price: Decimal
    quantity: int
    customization_request: str | None


def read_lines(sent: Any, *, agreed: Iterable[OrderItem] = ()) -> list[Line]:
    """
    Return the lines, in their order; an item that was agreed before keeps its name and price.

    :raises OrderRefused: at the first line whose item or quantity is not acceptable
    """
    if not isinstance(sent, list) or not sent:
        raise OrderRefused("At least one item is required", "items")
    entries = [entry if isinstance(entry, dict) else {} for entry in sent]
    kept = _Agreed(agreed)
    catalogue = _found(row_number(entry.get("itemId")) for entry in entries)
    lines = [_line(entry, kept, catalogue) for entry in entries]
    _check_designs(lines)
    if total_of(lines) > LARGEST_AMOUNT:
        raise OrderRefused(f"Total price cannot exceed {LARGEST_AMOUNT}", "items")
    return lines


def total_of(lines: Sequence[Line]) -> Decimal:
    """Return what the lines cost together."""
    return sum((line.price * line.quantity for line in lines), Decimal(0))


class _Agreed:
    """The lines that an order has; each vouches for one of the new lines."""

    def __init__(self, lines: Iterable[OrderItem]) -> None:
        self.lines = list(lines)

    def take(self, item_id: int, quantity: int, wish: str | None) -> OrderItem | None:
        """Return the line that is meant: the one with the same wish and quantity first."""
        same_item = [line for line in self.lines if line.item_id == item_id]
        if not same_item:
            return None
        best = max(
            same_item,
            key=lambda line: (line.customization_request == wish, line.quantity == quantity),
        )
        self.lines.remove(best)
        return best


def _found(item_ids: Iterable[int | None]) -> Known:
    wanted = {item_id for item_id in item_ids if item_id}
    return {row[0]: row[1:] for row in fetch(CATALOGUE, ids=list(wanted))}


def _line(entry: dict[str, Any], kept: _Agreed, catalogue: Known) -> Line:
    item_id = row_number(entry.get("itemId"))
    known = catalogue.get(item_id) if item_id else None
    had = any(line.item_id == item_id for line in kept.lines)
    if item_id is None or known is None or not (known[2] or had):
        raise OrderRefused(f"Item with id {_as_sent(entry)} not found", "items")
    quantity = leading_integer(entry.get("quantity"))
    if quantity is None or not 1 <= quantity <= LARGEST_INTEGER:
        raise OrderRefused("Quantity must be a positive integer", "items")
    wish = free_text(entry.get("customizationRequest"), "items", "Customization request")
    before = kept.take(item_id, quantity, wish)
    name, price = (before.name, before.price) if before else known[:2]
    return Line(item_id, _design_id(entry), name, price, quantity, wish)


def _design_id(entry: dict[str, Any]) -> int | None:
    if not entry.get("designId"):
        return None
    if design_id := row_number(entry["designId"]):
        return design_id
    raise OrderRefused("Design not found", "items")


def _check_designs(lines: list[Line]) -> None:
    wanted = {line.design_id for line in lines if line.design_id}
    if not wanted:
        return
    item_of = dict(Design.objects.filter(pk__in=wanted).values_list("pk", "item_id"))
    for line in lines:
        if line.design_id and line.design_id not in item_of:
            raise OrderRefused("Design not found", "items")
        if line.design_id and item_of[line.design_id] != line.item_id:
            raise OrderRefused("Design does not belong to this item", "items")


def _as_sent(entry: dict[str, Any]) -> str:
    """Return the id as JavaScript would print it."""
    if "itemId" not in entry:
        return "undefined"
    value = entry["itemId"]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))[:LONGEST_ECHO]  # also where it is too large for JSON
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text[:LONGEST_ECHO]
