"""
Counting what has changed since the figures were read last, and what time has moved out of them.

One reader counts at a time; writers never wait, they only leave notes. Each order is counted
by the parts that it adds to: taking back what it added and adding what it adds now is right
whatever happened in between, and twice is the same as once.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.lean import fetch, run
from apps.core.locking import wait_alone, wait_beside
from apps.orders.sales.windows import DAYS, PartKind

# Each portion touches the figures of nearly all customers: few large ones are far quicker.
AT_A_TIME = 500_000
# After so many the planner's idea of the tables is out of date, and a report takes half a second.
MANY = 10_000
# Seconds. Ranges begin to the second, and of many readers at once one need count.
AS_GOOD_AS_NOW = 1.0

# Figures and notes are lost together in a crash, and then counted anew: nobody need wait for the
# disk. The planner cannot know how little has changed; compiling would take longer than running.
IN_HASTE = """
SET LOCAL synchronous_commit = off; SET LOCAL jit = off; SET LOCAL work_mem = '128MB'
"""
OPEN_WINDOWS = """
INSERT INTO sales_windows (days, completed_only, starts_at)
SELECT days, choice, %(now)s - make_interval(hours => 24 * days)
FROM unnest(%(days)s::int[]) days, unnest(ARRAY[false, true]) choice
ON CONFLICT DO NOTHING
"""
TAKE_NOTES = """
WITH taken AS (
    DELETE FROM sales_changes
    WHERE id IN (SELECT id FROM sales_changes ORDER BY id LIMIT %(most)s) RETURNING order_id
)
SELECT array_agg(DISTINCT order_id) FROM taken
"""
DAYS_OF = f"""
    SELECT (at AT TIME ZONE 'UTC')::date AS day, subtitle AS status, title AS source,
        sum(sign * n) AS n, sum(sign * revenue) AS revenue
    FROM turned WHERE kind = '{PartKind.SOURCE}' GROUP BY 1, 2, 3
"""  # noqa: S608 - made of our own constants
# What an order used to add, and what it adds now.
TURN_OVER = f"""
WITH gone AS (DELETE FROM sales_parts WHERE order_id = ANY(%(orders)s::int[]) RETURNING *),
orders_now AS (
    SELECT o.id, o.order_from, o.customer_id, o.customer_name, o.total_price,
        o.status, o.status = 'completed' AS completed, coalesce(o.order_date, o.created_at) AS at,
        (extract(epoch FROM o.created_at) * 1000000)::bigint AS born
    FROM orders o WHERE o.id = ANY(%(orders)s::int[])
),
added AS (
    INSERT INTO sales_parts
        (order_id, kind, key, title, subtitle, n, revenue, completed, at, seen)
    SELECT id, '{PartKind.SOURCE}', md5('source ' || order_from)::uuid, order_from, status,
        1, total_price, completed, at, ARRAY[born, id, 0]
    FROM orders_now
    UNION ALL
    SELECT id, '{PartKind.CUSTOMER}', md5('customer ' || customer_id)::uuid, customer_name,
        customer_id, 1, total_price, completed, at, ARRAY[born, id, 0]
    FROM orders_now
    UNION ALL
    SELECT o.id, '{PartKind.ITEM}', md5('item ' || l.item_id)::uuid, l.name, '',
        l.quantity, l.price * l.quantity, completed, at, ARRAY[born, o.id, -l.id]
    FROM orders_now o JOIN order_items l ON l.order_id = o.id
    RETURNING *
),
turned AS (SELECT -1 AS sign, * FROM gone UNION ALL SELECT 1, * FROM added),
days AS (
    INSERT INTO sales_days AS d (day, status, source, n, revenue)
    {DAYS_OF}
    ON CONFLICT (day, status, source) DO UPDATE
    SET n = d.n + excluded.n, revenue = d.revenue + excluded.revenue
)
"""  # noqa: S608 - made of our own constants
# `parts` is where they come from, and with which sign. What stays as it was is left alone: most
# changes of an order move few figures, and each is in several indexes.
RECKON = """
sums AS (
    SELECT p.key, min(p.kind) AS kind, w.days, w.completed_only, sum(p.sign * p.n) AS n,
        sum(p.sign * p.revenue) AS revenue, max(p.seen) AS seen
    FROM {parts}
    GROUP BY p.key, w.days, w.completed_only
    HAVING sum(p.sign * p.n) <> 0 OR sum(p.sign * p.revenue) <> 0
        OR max(p.seen) FILTER (WHERE p.sign < 0)
            IS DISTINCT FROM max(p.seen) FILTER (WHERE p.sign > 0)
),
changed AS (
    INSERT INTO sales_figures AS f (key, kind, days, completed_only, n, revenue, seen)
    SELECT key, kind, days, completed_only, n, revenue, seen FROM sums
    ON CONFLICT (key, days, completed_only) DO UPDATE
    SET n = f.n + excluded.n, revenue = f.revenue + excluded.revenue,
        seen = greatest(f.seen, excluded.seen)
    RETURNING f.key, f.kind, f.days, f.completed_only, xmax = 0 AS is_new
),
newcomers AS (
    UPDATE sales_windows w SET customers = w.customers + c.customers
    FROM (
        SELECT days, completed_only, count(*) AS customers FROM changed
        WHERE is_new AND kind = 'customer' GROUP BY 1, 2
    ) c
    WHERE (w.days, w.completed_only) = (c.days, c.completed_only)
)
SELECT array_agg(DISTINCT key) FROM changed
"""
TURNED = """turned p
    JOIN sales_windows w ON p.at >= w.starts_at AND (p.completed OR NOT w.completed_only)"""
# Where nothing is gone nothing can be empty, or miss its latest part.
COUNT = f"""
{TURN_OVER}, {RECKON.format(parts=TURNED)} WHERE key IN (SELECT key FROM gone)
"""  # noqa: S608 - made of our own constants
PASSED = """sales_windows w
    CROSS JOIN LATERAL (
        SELECT %(now)s - make_interval(hours => 24 * w.days) AS starts_at
    ) next
    CROSS JOIN LATERAL (
        SELECT CASE WHEN next.starts_at > w.starts_at THEN -1 ELSE 1 END AS sign, *
        FROM sales_parts
        WHERE at >= least(w.starts_at, next.starts_at)
        AND at < greatest(w.starts_at, next.starts_at)
    ) p
    WHERE p.completed OR NOT w.completed_only"""
PASS_TIME = f"WITH {RECKON.format(parts=PASSED)}"
MOVE_WINDOWS = """
UPDATE sales_windows SET starts_at = %(now)s - make_interval(hours => 24 * days)
"""
FORGET_EMPTY = """
WITH emptied AS (
    DELETE FROM sales_figures WHERE key = ANY(%(keys)s::uuid[]) AND n = 0
    RETURNING kind, days, completed_only
)
UPDATE sales_windows w SET customers = w.customers - c.customers
FROM (
    SELECT days, completed_only, count(*) AS customers FROM emptied
    WHERE kind = 'customer' GROUP BY 1, 2
) c
WHERE (w.days, w.completed_only) = (c.days, c.completed_only)
"""
# Only figures whose latest part is gone from the window have to look for the one before it.
LOOK_AGAIN = """
UPDATE sales_figures f SET seen = (
    SELECT p.seen FROM sales_parts p
    WHERE p.key = f.key AND p.at >= w.starts_at AND (p.completed OR NOT f.completed_only)
    ORDER BY p.seen DESC LIMIT 1
)
FROM sales_windows w
WHERE (w.days, w.completed_only) = (f.days, f.completed_only) AND f.key = ANY(%(keys)s::uuid[])
AND NOT EXISTS (
    SELECT FROM sales_parts p
    WHERE p.key = f.key AND p.seen = f.seen AND p.at >= w.starts_at
    AND (p.completed OR NOT f.completed_only)
)
"""


IS_COUNTED = """
SELECT count(*) = 2 * cardinality(%(days)s::int[])
    AND bool_and(starts_at + make_interval(hours => 24 * days) BETWEEN
        %(now)s - make_interval(secs => %(old)s) AND %(now)s)
    AND NOT EXISTS (SELECT FROM sales_changes)
FROM sales_windows
"""


def is_counted(now: datetime) -> bool:
    """Return whether the figures are of this second; if so they stay until we commit."""
    wait_beside("sales")
    [[is_so]] = fetch(IS_COUNTED, now=now, days=DAYS, old=AS_GOOD_AS_NOW)
    return bool(is_so)


@transaction.atomic
def count_sales(now: datetime) -> None:
    """Bring the figures to this moment; until the transaction ends nobody else does so."""
    wait_alone("sales")
    with connection.cursor() as cursor:
        cursor.execute(IN_HASTE)
    run(OPEN_WINDOWS, now=now, days=DAYS)
    while orders := _first(fetch, TAKE_NOTES, most=AT_A_TIME):
        _count(orders)
    keys = _first(fetch, PASS_TIME, now=now)
    run(MOVE_WINDOWS, now=now)
    _tidy(keys)


def _count(orders: list[int]) -> None:
    if len(orders) < MANY:
        _tidy(_first(fetch, COUNT, orders=orders))
        return
    # Planned for so many, not for the few that a kept plan is made for.
    _tidy(_first(_planned, COUNT, orders=orders))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sales_parts, sales_figures")


def _tidy(keys: list[Any] | None) -> None:
    if not keys:
        return
    if len(keys) < MANY:
        run(FORGET_EMPTY, keys=keys)
        run(LOOK_AGAIN, keys=keys)
        return
    with connection.cursor() as cursor:
        cursor.execute(FORGET_EMPTY, {"keys": keys})
        cursor.execute(LOOK_AGAIN, {"keys": keys})


def _first(ask: Callable[..., list[tuple[Any, ...]]], statement: str, **values: Any) -> Any:
    return ask(statement, **values)[0][0]


def _planned(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
