"""Triggers that keep a run's counters equal to its rows: the database does the arithmetic."""

import pgtrigger

from apps.batches.status import COUNTER_OF

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)


def _counts(sign: str = "") -> str:
    return ", ".join(
        f"{sign}(count(*) FILTER (WHERE state = '{state}')) AS {counter}"
        for state, counter in COUNTER_OF.items()
    )


_totals = ", ".join(f"sum({name}) AS {name}" for name in COUNTER_OF.values())
_added = ", ".join(f"{name} = r.{name} + d.{name}" for name in COUNTER_OF.values())

COUNT_INSERTED = pgtrigger.Trigger(
    name="count_inserted",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="new_rows"),
    declare=[("expected", "integer"), ("found", "integer")],
    func=f"""
    SELECT count(DISTINCT run_id) INTO expected FROM new_rows;
    UPDATE batch_runs r
    SET {_added}, expanded = r.expanded + d.n, total = greatest(r.total, r.expanded + d.n)
    FROM (SELECT run_id, count(*) AS n, {_counts()} FROM new_rows GROUP BY run_id) d
    WHERE r.job_id = d.run_id;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> expected THEN
        RAISE EXCEPTION 'a row belongs to no run' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
    """,
)

COUNT_MOVED = pgtrigger.Trigger(
    name="count_moved",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
    func=f"""
    UPDATE batch_runs r SET {_added}
    FROM (
        SELECT run_id, {_totals} FROM (
            SELECT run_id, {_counts()} FROM new_rows GROUP BY run_id
            UNION ALL
            SELECT run_id, {_counts("-")} FROM old_rows GROUP BY run_id
        ) AS both_sides GROUP BY run_id
    ) d
    WHERE r.job_id = d.run_id;
    RETURN NULL;
    """,
)

# A succeeded row is never sent again, whoever asks: neither a bug nor a shell can double it.
SUCCESS_IS_FINAL = pgtrigger.Trigger(
    name="success_is_final",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("state"),
    condition=pgtrigger.Condition("OLD.state = 'succeeded' AND NEW.state <> 'succeeded'"),
    func="""
    RAISE EXCEPTION 'row % succeeded and stays so', OLD.seq
        USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_row_success_is_final';
    """,
)
