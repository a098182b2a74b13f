"""The work of a generation: parts are made by whoever is free, and put together in order."""

import time
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from apps.core.errors import DomainError
from apps.core.models import OutboxMessage
from apps.core.outbox import enqueue
from apps.jobs.models import GenerationPart, Job
from apps.jobs.services.assemble_result import Assembly, assembling
from apps.jobs.services.clear_generation import clear_rows
from apps.jobs.services.generation_parts import (
    Part,
    done_parts,
    done_rows,
    give_back,
    is_open,
    lay_out_parts,
    only_part,
    take_part,
)
from apps.jobs.services.generation_plan import Plan, plan_of
from apps.jobs.services.make_part import bytes_of, copy_rows, make_part
from apps.jobs.services.record_event import record_event
from apps.jobs.services.work_slice import Slice
from apps.jobs.services.worker import LEAVING
from apps.jobs.status import JobStatus

log = structlog.get_logger(__name__)

HELP = "jobs.help_generate"
# A helper gives its place to others this often; the job itself after so long, if others wait.
HELPER_SECONDS = 2.0
FAIR_SECONDS = 5.0
LOOK_SECONDS = 0.02


class Stopped(Exception):
    """Somebody wants this work to end now."""


def generate_rows(work: Slice) -> None:
    """
    Make the rows of the job, together with whoever helps, and put the file together.

    :raises FormulaFailed: if a formula cannot work with its values
    :raises OtherEngine: if the job was accepted by another version of the generator
    :raises LostLease: if another worker holds the job by now
    """
    plan = plan_of(work.job)
    if part := only_part(plan.schema):
        _in_one_go(work, plan, part)
        return
    _begin(work, plan)
    call_helpers(work.job)
    with assembling(work.job, plan) as assembly:
        try:
            _Round(work, plan, assembly).run()
        except Stopped:
            work.again()


def _in_one_go(work: Slice, plan: Plan, part: Part) -> None:
    """Make a small file without a trace of parts; its rows come with the end of the job."""
    with assembling(work.job, plan) as assembly:
        written, copied = bytes_of(work.job, plan, part, work.check_lease)
        result: dict[str, Any] = {}
        if plan.makes_file:
            assembly.append(part.dataset, written)
            result = assembly.result(work)
        with transaction.atomic():
            work.guard()
            copy_rows(copied)
            if work.fence > 1:  # whoever held it before may have left a file
                enqueue("jobs.clear_generation", job_id=str(work.job.pk))
            _conclude(work, plan, result)


def _conclude(work: Slice, plan: Plan, result: dict[str, Any]) -> None:
    rows = plan.schema.rows
    record_event(work.job, "JOB_COMPLETED", f"Made {rows:,} rows", rows=rows)
    work.finish(progress_done=rows, progress_total=rows, progress_note="", **result)


def _begin(work: Slice, plan: Plan) -> None:
    job = work.job
    if GenerationPart.objects.filter(job=job).exists():
        return
    clear_rows(job)  # of an attempt before
    with transaction.atomic():
        work.guard()
        lay_out_parts(job, plan.schema)


def call_helpers(job: Job) -> None:
    """Ask other workers to make parts, too, as far as there are enough of them."""
    still_open = GenerationPart.objects.filter(job=job, done_at=None).count()
    called = OutboxMessage.objects.filter(task=HELP, kwargs__job_id=str(job.pk)).count()
    for _ in range(min(settings.GENERATION_HELPERS, still_open - 1) - called):
        enqueue(HELP, job_id=str(job.pk))


class _Round:
    """One slice of a generation."""

    def __init__(self, work: Slice, plan: Plan, assembly: Assembly) -> None:
        self._work, self._plan, self._assembly = work, plan, assembly
        self._begun = time.monotonic()
        self._looked = self._begun
        self._rows_before = done_rows(work.job)
        self._parts = GenerationPart.objects.filter(job=work.job).count()
        self._last = -1

    def run(self) -> None:
        while not self._is_complete():
            self._check_turn()
            part = take_part(self._work.job.pk)
            if part is None:
                time.sleep(LOOK_SECONDS)  # others make the last parts
            else:
                try:
                    make_part(self._work.job, self._plan, part, self._step)
                except BaseException:
                    give_back(part)
                    raise
            self._report()
        self._finish()

    def _is_complete(self) -> bool:
        """Append what is ready, and return whether that was all."""
        for part in done_parts(self._work.job, after=self._last):
            self._step()
            if self._plan.makes_file:
                self._assembly.add(part)
            self._last = part.number
        return self._last + 1 == self._parts

    def _step(self) -> None:
        self._work.check_lease()
        if self._work.must_stop():
            raise Stopped

    def _check_turn(self) -> None:
        self._step()
        if self._work.is_over():
            raise Stopped
        now = time.monotonic()
        if now - self._begun > FAIR_SECONDS and now - self._looked > 1:
            self._looked = now
            if _others_wait(self._work.job):
                raise Stopped

    def _report(self) -> None:
        if not self._work.report_is_due():
            return
        rows = done_rows(self._work.job)
        took = time.monotonic() - self._begun
        rate = (rows - self._rows_before) / took if rows > self._rows_before else None
        self._work.report(done=rows, total=self._plan.schema.rows, rate=rate)

    def _finish(self) -> None:
        work, result = self._work, dict[str, Any]()
        if self._plan.makes_file:
            self._step()
            result = self._assembly.result(work)
        with transaction.atomic():
            enqueue("jobs.clear_generation", job_id=str(work.job.pk))
            _conclude(work, self._plan, result)


def _others_wait(job: Job) -> bool:
    waiting = Job.objects.runnable().filter(status=JobStatus.PENDING, lease_until=None)
    return waiting.exclude(pk=job.pk).exists()


def help_generate(*, job_id: UUID) -> None:
    """Make parts of somebody else's job for a moment, then let others have this worker."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or not is_open(job_id):
        return
    plan, until = plan_of(job), time.monotonic() + HELPER_SECONDS

    def step() -> None:
        if LEAVING.is_set():
            raise Stopped

    while time.monotonic() < until and is_open(job_id):
        part = take_part(job_id)
        if part is None:
            return
        try:
            wanted = make_part(job, plan, part, step)
        except BaseException as error:
            give_back(part)
            if isinstance(error, Stopped | DomainError):  # the job's own worker will meet it, too
                log.info("generation.part_given_back", reason=str(error))
                break
            raise
        if not wanted:
            return
    if GenerationPart.objects.filter(job=job, done_at=None, taken_until=None).exists():
        enqueue(HELP, job_id=str(job_id))
