"""
The sales report over HTTP, computed each time, beside one grouped SQL statement on the same rows.

`python bench/analytics.py`; 200,000 orders, and before each report some of them change, so that
there is something to count. The statement runs bare, without HTTP; its figures must be ours.
"""

import argparse
import statistics
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.common import interleave, publish, start_house

GOAL = 50.0
REPORTS = 5  # a round; an order changes before each: such a shop changes one every few minutes
WARM = 60  # each of the server's threads has a connection, and its first reports prepare it
# Per range: the whole, the sources, the items and the customers, each with count and revenue.
GROUPED = """
SELECT r.days, 'source' AS kind, o.order_from AS name, count(*), sum(o.total_price)
FROM orders o JOIN unnest(%(days)s::int[]) AS r(days)
    ON coalesce(o.order_date, o.created_at) >= %(now)s - make_interval(hours => 24 * r.days)
WHERE o.status = 'completed' GROUP BY 1, 3
UNION ALL
SELECT r.days, 'customer', o.customer_id, count(*), sum(o.total_price)
FROM orders o JOIN unnest(%(days)s::int[]) AS r(days)
    ON coalesce(o.order_date, o.created_at) >= %(now)s - make_interval(hours => 24 * r.days)
WHERE o.status = 'completed' GROUP BY 1, 3
UNION ALL
SELECT r.days, 'item', l.item_id::text, sum(l.quantity), sum(l.price * l.quantity)
FROM orders o JOIN order_items l ON l.order_id = o.id JOIN unnest(%(days)s::int[]) AS r(days)
    ON coalesce(o.order_date, o.created_at) >= %(now)s - make_interval(hours => 24 * r.days)
WHERE o.status = 'completed' GROUP BY 1, 3
"""


def main() -> None:
    """Compare the figures, then the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--orders", type=int, default=200_000)
    asked = parser.parse_args()
    start_house()
    from apps.orders.models import Order
    from bench.desk import data
    from bench.desk.web import PRODUCT, get, served
    from tests.factories.accounts import ApiKeyFactory

    data.fill(asked.orders)
    token = ApiKeyFactory().token
    with served(PRODUCT, CACHE_READS="false") as port:
        begun = time.perf_counter()
        get(port, "/api/health/live", token)
        first = count_all()
        print(f"the first count of all orders took {first:.1f} s")
        data.tidy()
        turn = 0

        still_open = list(Order.objects.filter(status="pending").values_list("pk", flat=True))

        def one() -> float:
            nonlocal turn
            order = Order.objects.filter(pk=still_open[turn // 2])
            changed = order.update(status="cancelled" if turn % 2 else "completed")
            assert changed, still_open
            turn += 1
            begun = time.perf_counter()
            get(port, "/api/analytics/sales", token)
            return (time.perf_counter() - begun) * 1000

        def ours() -> float:
            return statistics.median(one() for _ in range(REPORTS))

        for _ in range(WARM):
            one()
        compare(get(port, "/api/analytics/sales", token))
        taken = interleave({"backroom": ours, "one grouped SQL": grouped_ms}, rounds=asked.rounds)
        compare(get(port, "/api/analytics/sales", token))
    print(f"in all {time.perf_counter() - begun:.0f} s")
    publish(
        "analytics",
        value=taken["backroom"],
        unit="ms",
        peer="one grouped SQL",
        peer_value=taken["one grouped SQL"],
        ratio=taken["one grouped SQL"] / taken["backroom"],
        goal=GOAL,
        orders=asked.orders,
        first_count_s=first,
    )


def count_all() -> float:
    """Count every order for the first time; return the seconds."""
    from django.utils import timezone

    from apps.orders.sales.counting import count_sales

    begun = time.perf_counter()
    count_sales(timezone.now())
    return time.perf_counter() - begun


def grouped(now: object) -> list[tuple[object, ...]]:
    """Return the rows of the statement."""
    from django.db import connection

    from apps.orders.sales.windows import DAYS

    with connection.cursor() as cursor:
        cursor.execute(GROUPED, {"days": DAYS, "now": now})
        return cursor.fetchall()


def grouped_ms() -> float:
    """Return how long the statement takes."""
    from django.utils import timezone

    begun = time.perf_counter()
    grouped(timezone.now())
    return (time.perf_counter() - begun) * 1000


def compare(report: dict[str, object]) -> None:
    """Hold every figure of the report that the statement knows against it, to the cent."""
    from django.utils.dateparse import parse_datetime

    # The answer names its moment in milliseconds; no order lies within that one.
    now = parse_datetime(str(report["generatedAt"])) + timedelta(microseconds=500)
    rows = grouped(now)
    for time_range in report["timeRanges"]:
        shown = report["analytics"][time_range["key"]]
        found = [row[1:] for row in rows if row[0] == time_range["days"]]
        sources, customers, items = (
            {name: (count, amount) for kind, name, count, amount in found if kind == wanted}
            for wanted in ("source", "customer", "item")
        )
        cents(shown["totalSales"], sum(amount for _, amount in sources.values()))
        assert shown["orderCount"] == sum(count for count, _ in sources.values())
        assert shown["uniqueCustomers"] == len(customers)
        for name, (count, amount) in sources.items():
            assert shown["sourceBreakdown"][name]["count"] == count
            cents(shown["sourceBreakdown"][name]["revenue"], amount)
        top(shown["topItems"], "quantity", [count for count, _ in items.values()])
        top(shown["topItemsByRevenue"], "revenue", [amount for _, amount in items.values()])
        top(shown["topCustomersByOrders"], "orderCount", [n for n, _ in customers.values()])
        top(shown["topCustomersByRevenue"], "totalSpent", [a for _, a in customers.values()])


def top(shown: list[dict[str, object]], name: str, figures: list[object]) -> None:
    """Compare the highest five."""
    for row, figure in zip(shown, sorted(figures, reverse=True)[:5], strict=True):
        cents(row[name], figure)


def cents(shown: object, figure: object) -> None:
    """Compare two amounts."""
    assert Decimal(str(shown)) == Decimal(str(figure)), (shown, figure)


if __name__ == "__main__":
    main()
