"""The sales report: what `GET /api/analytics/sales` shows."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.lean import fetch
from apps.core.money import as_number
from apps.orders.sales.counting import count_sales, is_counted
from apps.orders.sales.windows import DAYS, TIME_RANGES, PartKind

SHOWN = 5
# JavaScript puts names that look like an index of an array before all others.
LARGEST_INDEX = 2**32 - 2

SOURCES = f"""
SELECT f.days, p.title, f.n, f.revenue
FROM sales_figures f
JOIN sales_parts p ON p.key = f.key AND p.seen = f.seen
WHERE f.completed_only = %(only)s AND f.kind = '{PartKind.SOURCE}' AND f.days = ANY(%(days)s)
ORDER BY f.seen DESC
"""  # noqa: S608 - made of our own constants
TOPS = f"""
SELECT w.days, w.customers, top.kind, top.measure, top.key, p.title, p.subtitle, top.n, top.revenue
FROM sales_windows w
CROSS JOIN LATERAL (
    (SELECT 'most' AS measure, * FROM sales_figures f
     WHERE f.days = w.days AND f.completed_only = w.completed_only AND f.kind = '{PartKind.ITEM}'
     ORDER BY f.n DESC, f.seen DESC LIMIT {SHOWN})
    UNION ALL
    (SELECT 'dearest', * FROM sales_figures f
     WHERE f.days = w.days AND f.completed_only = w.completed_only AND f.kind = '{PartKind.ITEM}'
     ORDER BY f.revenue DESC, f.n DESC, f.seen DESC LIMIT {SHOWN})
    UNION ALL
    (SELECT 'most', * FROM sales_figures f
     WHERE f.days = w.days AND f.completed_only = w.completed_only
     AND f.kind = '{PartKind.CUSTOMER}'
     ORDER BY f.n DESC, f.seen DESC LIMIT {SHOWN})
    UNION ALL
    (SELECT 'dearest', * FROM sales_figures f
     WHERE f.days = w.days AND f.completed_only = w.completed_only
     AND f.kind = '{PartKind.CUSTOMER}'
     ORDER BY f.revenue DESC, f.n DESC, f.seen DESC LIMIT {SHOWN})
) top
JOIN sales_parts p ON p.key = top.key AND p.seen = top.seen
WHERE w.completed_only = %(only)s AND w.days = ANY(%(days)s)
ORDER BY top.n DESC, top.seen DESC
"""  # noqa: S608 - made of our own constants
BASKETS = f"""
SELECT w.days, asked.key, i.title, i.n, i.seen
FROM unnest(%(keys)s::uuid[], %(key_days)s::int[]) AS asked(key, days)
JOIN sales_windows w ON w.days = asked.days AND w.completed_only = %(only)s
JOIN sales_parts c ON c.key = asked.key AND c.at >= w.starts_at
    AND (c.completed OR NOT w.completed_only)
JOIN sales_parts i ON i.order_id = c.order_id AND i.kind = '{PartKind.ITEM}'
ORDER BY i.seen DESC
"""  # noqa: S608 - made of our own constants

Customer = dict[str, Any]
Rows = list[tuple[Any, ...]]
Baskets = dict[int, dict[UUID, dict[str, int]]]


def sales_report(*, completed_only: bool, now: datetime) -> dict[str, Any]:
    """Return the figures of all ranges, counted up to now."""
    sources, tops, baskets = _counted(completed_only, now)
    return {
        time_range.key: _range(
            [row[1:] for row in sources if row[0] == time_range.days],
            [row[1:] for row in tops if row[0] == time_range.days],
            baskets[time_range.days],
        )
        for time_range in TIME_RANGES
    }


def _counted(completed_only: bool, now: datetime) -> tuple[Rows, Rows, Baskets]:
    """Return what was counted up to now, all of one moment."""
    with transaction.atomic():
        if is_counted(now):
            return _figures(completed_only)
    # In a transaction of its own: two readers that wait for each other's locks would wait for ever.
    with transaction.atomic():
        count_sales(now)
        return _figures(completed_only)


def _figures(completed_only: bool) -> tuple[Rows, Rows, Baskets]:
    sources = fetch(SOURCES, only=completed_only, days=DAYS)
    tops = fetch(TOPS, only=completed_only, days=DAYS)
    return sources, tops, _baskets(tops, completed_only)


def _range(
    sources: list[tuple[Any, ...]],
    tops: list[tuple[Any, ...]],
    baskets: dict[UUID, dict[str, int]],
) -> dict[str, Any]:
    total = sum((revenue for _, _, revenue in sources), Decimal(0))
    count = sum(n for _, n, _ in sources)
    by_orders = _customers(tops, "most", baskets)
    return {
        "totalSales": as_number(total),
        "orderCount": count,
        "topItems": _items(tops, "most"),
        "topItemsByRevenue": _by_revenue(_items(tops, "dearest"), "revenue"),
        "sourceBreakdown": {
            title: {"count": n, "revenue": as_number(revenue)} for title, n, revenue in sources
        },
        "topCustomersByOrders": by_orders,
        "topCustomersByRevenue": _by_revenue(_customers(tops, "dearest", baskets), "totalSpent"),
        "highestOrderingCustomer": by_orders[0] if by_orders else None,
        "averageOrderValue": as_number(total / count) if count else 0,
        "uniqueCustomers": tops[0][0] if tops else 0,
    }


def _items(tops: list[tuple[Any, ...]], wanted: str) -> list[dict[str, Any]]:
    return [
        {"name": title, "quantity": n, "revenue": as_number(revenue)}
        for _, kind, measure, _, title, _, n, revenue in tops
        if (kind, measure) == (PartKind.ITEM, wanted)
    ]


def _customers(
    tops: list[tuple[Any, ...]], wanted: str, baskets: dict[UUID, dict[str, int]]
) -> list[Customer]:
    return [
        {
            "customerId": customer_id,
            "customerName": name,
            "orderCount": n,
            "totalSpent": as_number(revenue),
            "items": baskets[key],
        }
        for _, kind, measure, key, name, customer_id, n, revenue in tops
        if (kind, measure) == (PartKind.CUSTOMER, wanted)
    ]


def _by_revenue(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    # The rows come by number; sorting is stable, so that equal revenues stay in that order.
    return sorted(rows, key=lambda row: -row[name])


def _baskets(tops: Iterable[tuple[Any, ...]], completed_only: bool) -> Baskets:
    """Return how many of each item the shown customers have bought, by range and customer."""
    shown = {(row[4], row[0]) for row in tops if row[2] == PartKind.CUSTOMER}
    rows = fetch(
        BASKETS,
        keys=[key for key, _ in shown],
        key_days=[days for _, days in shown],
        only=completed_only,
    )
    baskets: Baskets = defaultdict(lambda: defaultdict(dict))
    for days, key, title, n, _ in rows:
        basket = baskets[days][key]
        basket[title] = basket.get(title, 0) + n
    for of_range in baskets.values():
        for key, basket in of_range.items():
            of_range[key] = _as_javascript_orders(basket)
    return baskets


def _as_javascript_orders(basket: dict[str, int]) -> dict[str, int]:
    indexes = sorted((name for name in basket if _is_index(name)), key=int)
    return {name: basket[name] for name in [*indexes, *basket] if name in basket}


def _is_index(name: str) -> bool:
    digits = name.isascii() and name.isdigit() and len(name) <= len(str(LARGEST_INDEX))
    return digits and str(int(name)) == name and int(name) <= LARGEST_INDEX
