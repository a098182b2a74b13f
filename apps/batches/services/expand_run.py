"""Records become rows of the ledger: in chunks, and each exactly once whatever happens."""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson
from django.db import transaction
from django.db.models import F

from apps.batches.intake import FIRST_INLINE_ROW, MEMBER_FIELD, Intake, Prepared, Source, records_of
from apps.batches.loading import count_known_keys, load_rows
from apps.batches.models import BatchRun
from apps.batches.services.submit_records import first_record
from apps.batches.validation import as_text
from apps.jobs.services.work_slice import Slice

# A transaction takes about 50 ms: the heartbeat, which needs the job's row, never waits long.
CHUNK = 2_500


def expand_run(work: Slice, run: BatchRun) -> bool:
    """
    Turn a run's records into rows; return whether all of them are rows now.

    After a crash it goes on behind the last row that was committed.

    :raises LostLease: if another worker took over
    :raises DomainError: if the file cannot be read to its end
    """
    progress = _Expansion(run)
    with _prepared(run) as records:
        for chunk, is_last in _chunks(islice(records, run.expanded, None)):
            with transaction.atomic():
                work.guard()
                progress.add(chunk)
                if is_last:
                    progress.complete()
            work.report(
                done=progress.settled, total=run.total or None, note=progress.note, moved=True
            )
            if work.is_over() and not is_last:
                return False
    return True


@transaction.atomic
def expand_all(run: BatchRun) -> None:
    """Turn a run's inline records into rows, whoever holds its job; nothing is sent."""
    progress = _Expansion(run)
    with _prepared(run) as records:
        for chunk, _ in _chunks(islice(records, run.expanded, None)):
            progress.add(chunk)
    progress.complete()


@dataclass
class _Expansion:
    """How far a run's expansion is."""

    run: BatchRun
    others: list[Any] = field(init=False)
    expanded: int = field(init=False)
    settled: int = field(init=False)

    def __post_init__(self) -> None:
        of_session = BatchRun.objects.filter(session=self.run.session_id)
        self.others = list(of_session.exclude(pk=self.run.pk).values_list("pk", flat=True))
        self.expanded, self.settled = self.run.expanded, self.run.done_rows

    def add(self, chunk: list[Prepared]) -> None:
        """Write a chunk, in the caller's transaction."""
        if not chunk:
            return
        load_rows(self.run, self.expanded + 1, chunk)
        known = count_known_keys(self.run, self.others, (each.key for each in chunk))
        changes: dict[str, Any] = {}
        if known:
            changes["possible_duplicates"] = F("possible_duplicates") + known
        if not self.expanded and not self.run.first_record:
            changes["first_record"] = first_record(chunk[0].record)
        if changes:
            BatchRun.objects.filter(pk=self.run.pk).update(**changes)
        self.expanded += len(chunk)
        self.settled += sum(1 for each in chunk if each.issues)

    def complete(self) -> None:
        """Say that all records are rows, in the caller's transaction."""
        BatchRun.objects.filter(pk=self.run.pk).update(
            is_expanded=True, total=F("expanded"), staged=None
        )
        self.run.refresh_from_db(from_queryset=BatchRun.objects.select_related("session", "job"))

    @property
    def note(self) -> str:
        """Return what people see meanwhile."""
        of_total = f" of {self.run.total}" if self.run.total else ""
        return f"Read {self.expanded}{of_total} rows"


@contextmanager
def _prepared(run: BatchRun) -> Iterator[Iterator[Prepared]]:
    if run.source is None:
        yield _staged(run)
        return
    source = Source.of_run(run)
    intake = Intake(run.session, allow_duplicates=run.allow_duplicates)
    with source.open() as opened:
        mapping = source.mapping_for(opened.info)
        plan = mapping.bind(opened.info.columns)
        yield intake.built(plan, records_of(opened, mapping, plan))


def _staged(run: BatchRun) -> Iterator[Prepared]:
    """Return the accepted bodies as they are: they were checked when they were accepted."""
    bodies = zlib.decompress(run.staged or b"").splitlines()
    for row, body in enumerate(bodies, start=FIRST_INLINE_ROW):
        record = orjson.loads(body)
        key, member = as_text(record.get(run.session.key_field)), record.get(MEMBER_FIELD)
        yield Prepared(row, record, body, key, as_text(member), [])


def _chunks(records: Iterable[Prepared]) -> Iterator[tuple[list[Prepared], bool]]:
    """Return the chunks, each with whether it is the last one; an empty one if there is none."""
    remaining = iter(records)
    chunk = list(islice(remaining, CHUNK))
    while following := list(islice(remaining, CHUNK)):
        yield chunk, False
        chunk = following
    yield chunk, True
