"""Orders as JSON, made by the database: one statement a list, whatever its length."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from apps.core.lean import fetch
from apps.orders.order_json import ORDER
from apps.orders.refusals import OrderNotFound
from apps.orders.status import HIGHEST_PRIORITY, OPEN

AT_A_TIME = 500

# Limits are written out: for one that it does not know, PostgreSQL plans to sort all orders. The
# places come from the index alone, and none are sought where the page is past the end.
NEWEST = "SELECT id, created_at FROM orders ORDER BY created_at DESC, id DESC LIMIT {limit}"
LATER = """
SELECT id, created_at FROM orders WHERE %(skip)s::bigint < tally.total
ORDER BY created_at DESC, id DESC LIMIT {limit} OFFSET %(skip)s
"""
AFTER = """
SELECT id, created_at FROM orders
WHERE (created_at, id) < (%(created_at)s::timestamptz, %(id)s::int)
ORDER BY created_at DESC, id DESC LIMIT {limit}
"""
PAGE = """
SELECT concat(
    '{{"orders":[', (
        SELECT string_agg({order}, ',' ORDER BY place.created_at DESC, place.id DESC)
        FROM ({places}) place JOIN orders o ON o.id = place.id
    ),
    '],"pagination":{{"page":', %(page)s::bigint, ',"limit":', {limit}, ',"total":', tally.total,
    ',"totalPages":', (tally.total + {limit} - 1) / {limit}, '}}}}'
)
FROM (SELECT coalesce(sum(orders), 0)::bigint AS total FROM order_tallies) tally
"""
FOUND = f"SELECT o.created_at, o.id, o.version, {ORDER} FROM"
LISTED = """
{found} ({places}) place JOIN orders o ON o.id = place.id
ORDER BY place.created_at DESC, place.id DESC
"""
ONE = f"{FOUND} orders o WHERE o.id = %(id)s::int"
# Two reasons, two partial indexes; the ranks are contracts/orders.md 3.6.
PRIORITY = f"""
SELECT concat('[', string_agg({ORDER}, ',' ORDER BY
    CASE WHEN o.expected_delivery_date < %(now)s THEN 1
         WHEN o.expected_delivery_date <= %(in_24_hours)s THEN 2
         WHEN o.priority >= 8 THEN 3
         WHEN o.expected_delivery_date <= %(in_72_hours)s THEN 4
         ELSE {HIGHEST_PRIORITY}
    END, o.expected_delivery_date NULLS LAST, o.priority DESC, o.id), ']')
FROM orders o
WHERE o.status IN {tuple(map(str, OPEN))}
AND (o.expected_delivery_date <= %(in_72_hours)s OR o.priority >= {HIGHEST_PRIORITY})
"""  # noqa: S608 - made of our own constants


class FoundOrder(NamedTuple):
    """An order as JSON, its place in the lists, and its version."""

    created_at: datetime
    id: int
    version: int
    json: str


def orders_page(*, page: int, limit: int) -> str:
    """Return a page of all orders, newest first, and where it stands."""
    places = (NEWEST if page == 1 else LATER).format(limit=limit)
    statement = PAGE.format(order=ORDER, places=places, limit=limit)
    return str(fetch(statement, page=page, skip=(page - 1) * limit)[0][0])


def find_newest(*, limit: int) -> list[FoundOrder]:
    """Return the newest orders."""
    return _listed(NEWEST, limit)


def find_after(place: tuple[datetime, int], *, limit: int) -> list[FoundOrder]:
    """Return the orders that follow that place of the list, newest first."""
    created_at, order_id = place
    return _listed(AFTER, limit, created_at=created_at, id=order_id)


def find_order(order_id: int | None) -> FoundOrder:
    """
    Return the order.

    :raises OrderNotFound: if there is none with this number
    """
    found = _found(ONE, id=order_id)
    if not found:
        raise OrderNotFound
    return found[0]


def priority_list(now: datetime) -> str:
    """Return the orders that need attention, the most pressing first."""
    soon = {f"in_{hours}_hours": now + timedelta(hours=hours) for hours in (24, 72)}
    return str(fetch(PRIORITY, now=now, **soon)[0][0])


def find_all() -> Iterator[list[FoundOrder]]:
    """Return every order, newest first, in portions: no list is held in memory."""
    portion = find_newest(limit=AT_A_TIME)
    while portion:
        yield portion
        if len(portion) < AT_A_TIME:
            return
        portion = find_after((portion[-1].created_at, portion[-1].id), limit=AT_A_TIME)


def _listed(places: str, limit: int, **values: Any) -> list[FoundOrder]:
    statement = LISTED.format(found=FOUND, places=places.format(limit=limit))
    return _found(statement, **values)


def _found(statement: str, **values: Any) -> list[FoundOrder]:
    return [FoundOrder(*row) for row in fetch(statement, **values)]
