"""Triggers by which PostgreSQL itself refuses what must never happen to a job."""

from collections.abc import Iterable

import pgtrigger

from apps.jobs.status import BATCH_MOVES, MOVES, JobType


def _moves(moves: Iterable[tuple[str, str]]) -> str:
    pairs = sorted((str(start), str(end)) for start, end in moves)
    return ", ".join(f"('{start}', '{end}')" for start, end in pairs)


LEGAL_MOVES = pgtrigger.Trigger(
    name="legal_moves",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("status"),
    condition=pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status"),
    func=f"""
    IF (OLD.status, NEW.status) IN ({_moves(MOVES)})
       OR (NEW.type = '{JobType.BATCH}' AND (OLD.status, NEW.status) IN ({_moves(BATCH_MOVES)}))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a job cannot move from % to %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'job_legal_moves';
    """,
)

STAMP = pgtrigger.Trigger(
    name="stamp",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="NEW.updated_at = clock_timestamp(); NEW.version = OLD.version + 1; RETURN NEW;",
)

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)
