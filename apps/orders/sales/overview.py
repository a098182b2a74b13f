"""
The sales of a range of whole days (UTC), as the dashboard shows them.

Sums come from the days' own figures. The tops come from the figures of the rolling window that
the report keeps: it begins some hours before the first day, and what was sold in these hours is
taken off again.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from django.db import connection, transaction

from apps.orders.sales.counting import count_sales
from apps.orders.sales.windows import PartKind

SHOWN = 10
Measure = Literal["revenue", "number"]

DAYS = """
SELECT day, sum(n), sum(revenue) FROM sales_days
WHERE day >= %(first)s AND n > 0 AND (status = 'completed' OR NOT %(only)s)
GROUP BY day ORDER BY day
"""
GROUPS = """
SELECT {column}, sum(n), sum(revenue) FROM sales_days
WHERE day >= %(first)s AND n > 0 AND (status = 'completed' OR NOT %(only)s)
GROUP BY 1 ORDER BY {order} DESC, 1
"""
EARLY = """
WITH early AS (
    SELECT p.key, p.kind, sum(p.n) AS n, sum(p.revenue) AS revenue
    FROM sales_windows w
    JOIN sales_parts p ON p.at >= w.starts_at AND p.at < %(start)s
        AND (p.completed OR NOT w.completed_only)
    WHERE w.days = %(days)s AND w.completed_only = %(only)s AND p.kind = %(kind)s
    GROUP BY p.key, p.kind
)
"""
# Whoever is among the first ten without the early hours was so with them, but for those who
# lose something: as many more are looked at.
TOPS = f"""
{EARLY}, likely AS (
    SELECT * FROM sales_figures f
    WHERE days = %(days)s AND completed_only = %(only)s AND kind = %(kind)s
    ORDER BY {{order}} LIMIT {SHOWN} + (SELECT count(*) FROM early)
), settled AS (
    SELECT f.key, f.seen, f.n - coalesce(e.n, 0) AS n,
        f.revenue - coalesce(e.revenue, 0) AS revenue
    FROM likely f LEFT JOIN early e USING (key)
), tops AS (
    SELECT * FROM settled f WHERE n > 0 ORDER BY {{order}} LIMIT {SHOWN}
)
SELECT p.title, coalesce(l.item_id::text, p.subtitle), f.n, f.revenue
FROM tops f
JOIN sales_parts p ON p.key = f.key AND p.seen = f.seen
LEFT JOIN order_items l ON p.kind = '{PartKind.ITEM}' AND l.id = -p.seen[3]
ORDER BY {{order}}
"""  # noqa: S608 - made of our own constants
CUSTOMERS = f"""
{EARLY}
SELECT w.customers - (
    SELECT count(*) FROM early e JOIN sales_figures f USING (key)
    WHERE f.days = w.days AND f.completed_only = w.completed_only AND f.n = e.n
)
FROM sales_windows w WHERE w.days = %(days)s AND w.completed_only = %(only)s
"""  # noqa: S608 - made of our own constants
TOP_ORDER = {
    "revenue": "f.revenue DESC, f.n DESC, f.seen DESC",
    "number": "f.n DESC, f.seen DESC",
}
GROUP_ORDER = {"revenue": "sum(revenue)", "number": "sum(n)"}


class Sold(NamedTuple):
    """How many, and for how much."""

    number: int = 0
    revenue: Decimal = Decimal(0)

    def plus(self, other: "Sold") -> "Sold":
        """Return both together."""
        return Sold(self.number + other.number, self.revenue + other.revenue)

    @property
    def average(self) -> Decimal | None:
        """Return what one of them came to."""
        return self.revenue / self.number if self.number else None


class Group(NamedTuple):
    """What was sold of one thing, through one source, to one customer."""

    name: str
    key: str
    sold: Sold


class Overview(NamedTuple):
    """Everything that the dashboard shows of a range."""

    first: date
    today: date
    days: dict[date, Sold]
    before: Sold
    sources: list[Group]
    statuses: list[Group]
    items: list[Group]
    customers: list[Group]
    customer_count: int

    @property
    def total(self) -> Sold:
        """Return all of the range, also what is dated later than today."""
        total = Sold()
        for sold in self.days.values():
            total = total.plus(sold)
        return total


@transaction.atomic
def sales_overview(*, days: int, completed_only: bool, by: Measure, now: datetime) -> Overview:
    """Return the sales of today and the days before it, `days` together, counted up to now."""
    count_sales(now)
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    asked = {"days": days, "only": completed_only, "first": first}
    asked["start"] = datetime(first.year, first.month, first.day, tzinfo=UTC)
    by_day = _by_day(first - timedelta(days=days), completed_only)
    before = Sold()
    for sold in (sold for day, sold in by_day.items() if day < first):
        before = before.plus(sold)
    return Overview(
        first=first,
        today=today,
        days={day: sold for day, sold in by_day.items() if day >= first},
        before=before,
        sources=_groups("source", asked, by),
        statuses=_groups("status", asked | {"only": False}, by),
        items=_tops(PartKind.ITEM, asked, by),
        customers=_tops(PartKind.CUSTOMER, asked, by),
        customer_count=_rows(CUSTOMERS, asked | {"kind": PartKind.CUSTOMER})[0][0],
    )


def _by_day(first: date, completed_only: bool) -> dict[date, Sold]:
    rows = _rows(DAYS, {"first": first, "only": completed_only})
    return {day: Sold(int(number), revenue) for day, number, revenue in rows}


def _groups(column: str, asked: dict[str, Any], by: Measure) -> list[Group]:
    statement = GROUPS.format(column=column, order=GROUP_ORDER[by])
    rows = _rows(statement, asked)
    return [Group(key, key, Sold(int(number), revenue)) for key, number, revenue in rows]


def _tops(kind: PartKind, asked: dict[str, Any], by: Measure) -> list[Group]:
    rows = _rows(TOPS.format(order=TOP_ORDER[by]), asked | {"kind": kind})
    return [Group(name, key, Sold(int(number), revenue)) for name, key, number, revenue in rows]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
