"""The work of an export: one look at the database, and a file that grows while it is read."""

import time
from typing import Any

import psycopg
from django.db import transaction
from psycopg import Connection

from apps.core.errors import DomainError, Invalid
from apps.core.outbox import enqueue
from apps.jobs.exports.plan import ExportPlan
from apps.jobs.exports.reading import copy_of, read_copy, snapshot
from apps.jobs.exports.widths import widened
from apps.jobs.files.kinds import Sheet
from apps.jobs.models.job import MOST_QUICK_ROWS, QUICK
from apps.jobs.services.assemble_result import Assembly, assembling
from apps.jobs.services.prepare_export import plan_of_export, refuse_too_many
from apps.jobs.services.record_event import record_event
from apps.jobs.services.work_slice import Slice

# Its rows are those of one moment, so that it cannot be continued at another: the slice of an
# export is as long as it takes, and this is below what a worker is given for one.
MOST_SECONDS = 200


class Stopped(Exception):
    """Somebody wants this work to end now."""


class ExportTooLong(DomainError):
    """It would take too long; filter or limit its rows."""

    code = "limit_exceeded"


class InvalidSource(Invalid):
    """A value of the source is not what its column promises."""

    code = "invalid_source"


def export_rows(work: Slice) -> None:
    """
    Write the file, of the rows as they are at this moment.

    :raises DomainError: if the source cannot be read, or the file would be larger than is possible
    :raises LostLease: if another worker holds the job by now
    """
    try:
        with snapshot() as reader:
            _Export(work, plan_of_export(work.job), reader).run()
    except Stopped:
        work.again()
    except psycopg.DataError:
        raise InvalidSource from None


class _Export:
    """One attempt at an export."""

    def __init__(self, work: Slice, plan: ExportPlan, reader: Connection[Any]) -> None:
        self._work, self._plan, self._reader = work, plan, reader
        self._begun = time.monotonic()
        self._reading_since: float | None = None
        self._done = self._total = self._done_before = 0

    def run(self) -> None:
        self._step()
        if self._plan.source.load is not None:
            self._work.report(done=0, total=None, note="Preparing the rows", force=True)
            self._plan.source.load(self._reader, None, self._step)
        self._total = self._counted()
        refuse_too_many(self._plan, self._total)
        if self._is_in_wrong_lane():
            return
        heads = widened(self._plan, self._reader, self._step)
        file = self._plan.file_of(self._total, heads)
        with assembling(self._work.job, file) as assembly:
            self._write(assembly, file.recipe.sheets)
            self._step()
            self._conclude(assembly)

    def _counted(self) -> int:
        query = copy_of(self._reader, self._plan.counted())
        [[row]] = list(read_copy(self._reader, query, self._step))
        return int(row)

    def _is_in_wrong_lane(self) -> bool:
        """Move a job that turns out to be large out of the way of small ones."""
        job = self._work.job
        if job.queue != QUICK or self._total <= MOST_QUICK_ROWS:
            return False
        job.progress_total = self._total
        self._work.again(progress_total=self._total)
        return True

    def _write(self, assembly: Assembly, sheets: list[Sheet]) -> None:
        blocks, number, first = self._plan.blocks(), 0, 0
        assembly.append(0, b"")  # also a file without rows has a beginning and an end
        for rows in read_copy(self._reader, self._plan.copy(self._reader), self._step):
            begin = 0
            while begin < len(rows):
                is_last = number + 1 == len(sheets)
                room = len(rows) if is_last else sheets[number].rows - first
                part = rows[begin : begin + room]
                assembly.append(number, blocks(part, sheets[number], first))
                begin, first = begin + len(part), first + len(part)
                if not is_last and first == sheets[number].rows:
                    number, first = number + 1, 0
            self._done += len(rows)
            self._report()

    def _report(self) -> None:
        now = time.monotonic()
        if self._reading_since is None:  # what came before the first rows tells nothing of the rest
            self._reading_since, self._done_before = now, self._done
        took = now - self._reading_since
        rate = (self._done - self._done_before) / took if took > 0 else None
        self._work.report(done=self._done, total=self._total, rate=rate)

    def _step(self) -> None:
        self._work.check_lease()
        if self._work.must_stop():
            raise Stopped
        if time.monotonic() - self._begun > MOST_SECONDS:
            raise ExportTooLong

    def _conclude(self, assembly: Assembly) -> None:
        work, rows = self._work, self._done
        result = assembly.result(work)
        with transaction.atomic():
            work.guard()
            if work.fence > 1:  # whoever held it before may have left a file
                enqueue("jobs.clear_generation", job_id=str(work.job.pk))
            record_event(work.job, "JOB_COMPLETED", f"Exported {rows:,} rows", rows=rows)
            work.finish(progress_done=rows, progress_total=rows, progress_note="", **result)
