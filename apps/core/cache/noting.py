"""Triggers that note in the same transaction that something changed which answers are made of."""

import pgtrigger

# Random, so that a database restored from a backup never comes to a version that it had before.
NOTE = """
INSERT INTO core_cachechange (resource, weight)
SELECT '{resource}', (random() * 1e9)::bigint + 1 {where};
RETURN NULL;
"""


def noted(resource: str) -> list[pgtrigger.Trigger]:
    """Return the triggers of a table every change of which changes the resource's answers."""
    return [
        _trigger(resource, "inserted", pgtrigger.Insert),
        _trigger(resource, "updated", pgtrigger.Update),
        _trigger(resource, "deleted", pgtrigger.Delete),
    ]


def noted_columns(resource: str, *columns: str) -> list[pgtrigger.Trigger]:
    """Return the triggers of a table of which only these columns, and deleted rows, matter."""
    before, now = (", ".join(f"{row}.{name}" for name in columns) for row in ("o", "n"))
    where = f"""WHERE EXISTS (
    SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE ({before}) IS DISTINCT FROM ({now}))"""  # noqa: S608 - columns of our own models
    both = pgtrigger.Referencing(old="old_rows", new="new_rows")
    return [
        _trigger(resource, "updated", pgtrigger.Update, where, both),
        _trigger(resource, "deleted", pgtrigger.Delete),
    ]


def _trigger(
    resource: str,
    event: str,
    operation: pgtrigger.Operation,
    where: str = "",
    referencing: pgtrigger.Referencing | None = None,
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"cache_{event}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=NOTE.format(resource=resource, where=where),
    )
