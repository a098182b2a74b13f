"""A catalogue and years of orders, made inside the database: a million take half a minute."""

import time

from django.db import connection

ITEMS = 500
OPEN = 1000
HISTORY_DAYS = 400
# Triggers sleep meanwhile: what they keep is written by the last three statements.
EMPTY = """
SET session_replication_role = replica;
TRUNCATE items, orders, orders_orderevent, orders_orderitemevent, order_tallies, sales_changes,
    sales_parts, sales_figures, sales_windows, sales_days CASCADE
"""
FILL_ITEMS = f"""
INSERT INTO items (id, name, price, color, fabric, special_features, image_path, created_at)
SELECT i, 'Linen shirt ' || i, (i * 37 %% 5000) / 10.0 + 5, 'White', 'Linen', 'Hand woven',
    'items/' || md5(i::text) || '.png', now() - make_interval(mins => {ITEMS} - i)
FROM generate_series(1, {ITEMS}) i
"""
# The latest thousand are open; one in eight of those is due, overdue or urgent.
FILL_ORDERS = f"""
WITH made AS (
    SELECT i, now() - interval '{HISTORY_DAYS} days' * (1 - i / %(orders)s::float8) AS at,
        i > %(orders)s - {OPEN} AS is_open, i::bigint * 7919 %% (%(orders)s / 4) AS customer
    FROM generate_series(1, %(orders)s) i
)
INSERT INTO orders (id, code, order_from, customer_name, customer_id, address, total_price,
    status, payment_status, paid_amount, confirmation_status, customer_notes, priority,
    order_date, expected_delivery_date, delivery_status, created_at, version)
SELECT i, 'ORD' || 10000000 + i, (ARRAY['instagram', 'facebook', 'whatsapp', 'call'])[1 + i %% 4],
    'Customer ' || customer, '@' || customer, i || ' Harbour Road', total.price,
    CASE WHEN is_open THEN 'pending' WHEN i %% 20 = 0 THEN 'cancelled' ELSE 'completed' END,
    'unpaid', 0, 'confirmed', 'Please ring twice', CASE WHEN i %% 100 = 0 THEN 5 ELSE i %% 5 END,
    at, CASE WHEN is_open THEN now() + make_interval(days => 1 + i %% 40) ELSE at END,
    'not_shipped', at, 1
FROM made CROSS JOIN LATERAL (
    SELECT sum(t.price * (1 + (i + l) %% 3)) AS price
    FROM generate_series(0, 2) l JOIN items t ON t.id = 1 + (i::bigint * 31 + l * 17) %% {ITEMS}
) total
"""
FILL_LINES = f"""
INSERT INTO order_items (order_id, item_id, name, price, quantity, customization_request)
SELECT i, t.id, t.name, t.price, 1 + (i + l) %% 3, NULL
FROM generate_series(1, %(orders)s) i CROSS JOIN generate_series(0, 2) l
JOIN items t ON t.id = 1 + (i::bigint * 31 + l * 17) %% {ITEMS}
ORDER BY i, l
"""
FILL_KEPT = """
INSERT INTO order_tallies VALUES (0, %(orders)s);
INSERT INTO sales_changes (order_id) SELECT id FROM orders ORDER BY id;
SELECT setval(pg_get_serial_sequence('orders', 'id'), %(orders)s),
    setval(pg_get_serial_sequence('items', 'id'), (SELECT max(id) FROM items));
SET session_replication_role = origin
"""
MADE = """
SELECT (SELECT count(*) FROM orders WHERE id > %(id)s),
    (SELECT count(*) FROM order_items WHERE order_id > %(id)s),
    (SELECT count(*) FROM core_idempotentanswer)
"""


def fill(orders: int) -> None:
    """Replace whatever is there by a catalogue and so many orders of three lines each."""
    with connection.cursor() as cursor:
        for statement in (EMPTY, FILL_ITEMS, FILL_ORDERS, FILL_LINES, FILL_KEPT):
            cursor.execute(statement, {"orders": orders})
    tidy()


def tidy() -> None:
    """Let the planner know what is there."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def settled_after(order_id: int) -> tuple[int, int, int]:
    """
    Return how many orders, lines and kept answers a run has made.

    What was under way when the load ended is waited for.
    """
    before, now = None, _made_after(order_id)
    while now != before:
        time.sleep(0.3)
        before, now = now, _made_after(order_id)
    return now


def _made_after(order_id: int) -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(MADE, {"id": order_id})
        return cursor.fetchone()


def remove_orders_after(order_id: int) -> None:
    """Remove what a run has placed, so that the next one meets the same rows."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM order_items WHERE order_id > %s", [order_id])
        cursor.execute("DELETE FROM orders WHERE id > %s", [order_id])
