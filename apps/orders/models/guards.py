"""Triggers: the database counts the orders, and notes which of them the sales must count anew."""

import pgtrigger

SLOTS = 64


def _after(
    name: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing, func: str
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=f"{func} RETURN NULL;",
    )


NEW = pgtrigger.Referencing(new="new_rows")
OLD = pgtrigger.Referencing(old="old_rows")
BOTH = pgtrigger.Referencing(old="old_rows", new="new_rows")


def _tally(sign: str, rows: str) -> str:
    return f"""
    INSERT INTO order_tallies AS t (slot, orders)
    SELECT pg_backend_pid() % {SLOTS}, {sign}count(*) FROM {rows} HAVING count(*) > 0
    ON CONFLICT (slot) DO UPDATE SET orders = t.orders + excluded.orders;
    """


def _note(select: str) -> str:
    return f"INSERT INTO sales_changes (order_id) {select};"


COUNT_INSERTED = _after("count_inserted", pgtrigger.Insert, NEW, _tally("", "new_rows"))
COUNT_DELETED = _after(
    "count_deleted",
    pgtrigger.Delete,
    OLD,
    _tally("-", "old_rows") + _note("SELECT id FROM old_rows"),
)
NOTE_PLACED = _after("note_placed", pgtrigger.Insert, NEW, _note("SELECT id FROM new_rows"))
# Only what the sales are made of; a new address changes no figure.
NOTE_CHANGED = _after(
    "note_changed",
    pgtrigger.Update,
    BOTH,
    _note("""
    SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE (n.status, n.order_date, n.order_from, n.customer_id, n.customer_name, n.total_price)
          IS DISTINCT FROM
          (o.status, o.order_date, o.order_from, o.customer_id, o.customer_name, o.total_price)
    """),
)
NOTE_ADDED = _after(
    "note_added", pgtrigger.Insert, NEW, _note("SELECT DISTINCT order_id FROM new_rows")
)
NOTE_MOVED = _after(
    "note_moved",
    pgtrigger.Update,
    BOTH,
    _note("SELECT order_id FROM new_rows UNION SELECT order_id FROM old_rows"),
)
NOTE_REMOVED = _after(
    "note_removed", pgtrigger.Delete, OLD, _note("SELECT DISTINCT order_id FROM old_rows")
)
