"""The parts of a generation: who makes which, and what is done. Times are the database's."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from apps.jobs.generation.schema import CHUNK_ROWS, Schema
from apps.jobs.models import GenerationPart, Job
from apps.jobs.services.pause_queue import queue_is_paused
from apps.jobs.services.worker import worker_id
from apps.jobs.status import JobType

# A part takes about a second: long enough to be worth a message, short enough to be repeated.
CELLS_A_PART = 250_000
MOST_CHUNKS = 10
SHORTEST_LEASE = 2.0


class Part(NamedTuple):
    """A part in this process's hands."""

    id: int
    number: int
    fence: int
    dataset: int
    first_chunk: int
    chunks: int
    first_seq: int


class DonePart(NamedTuple):
    """A part whose bytes are stored."""

    number: int
    dataset: int
    stored_path: str
    size_bytes: int


def only_part(schema: Schema) -> Part | None:
    """Return the part of a generation that is small enough to be made in one go."""
    if len(schema.datasets) > 1 or schema.datasets[0].chunks > 1:
        return None
    return Part(id=0, number=0, fence=0, dataset=0, first_chunk=0, chunks=1, first_seq=1)


def lay_out_parts(job: Job, schema: Schema) -> int:
    """Write down the parts of a job; return how many there are."""
    parts = list(_parts(job, schema))
    GenerationPart.objects.bulk_create(parts)
    return len(parts)


def _parts(job: Job, schema: Schema) -> Iterator[GenerationPart]:
    seq, number = 1, 0
    for position, chunks in groupby(schema.chunks(), key=lambda place: place[0]):
        dataset = schema.datasets[position]
        fields = max(1, len(dataset.fields))
        step = max(1, min(MOST_CHUNKS, CELLS_A_PART // (CHUNK_ROWS * fields)))
        numbers = [chunk for _, chunk in chunks]
        for begin in range(0, len(numbers), step):
            count = len(numbers[begin : begin + step])
            first = begin * CHUNK_ROWS
            rows = min(count * CHUNK_ROWS, dataset.rows - first)
            yield GenerationPart(
                job=job,
                number=number,
                dataset=position,
                first_chunk=begin,
                chunks=count,
                rows=rows,
                first_seq=seq,
            )
            number, seq = number + 1, seq + rows


TAKE = """
UPDATE generation_parts SET fence = fence + 1, taken_by = %(worker)s,
    taken_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT id FROM generation_parts
    WHERE job_id = %(job)s AND done_at IS NULL
      AND (taken_until IS NULL OR taken_until < clock_timestamp())
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, number, fence, dataset, first_chunk, chunks, first_seq
"""


def take_part(job_id: UUID) -> Part | None:
    """Take the first part that nobody makes; None if there is none."""
    lease = max(SHORTEST_LEASE, settings.JOB_LEASE_SECONDS / 3)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"job": job_id, "worker": worker_id(), "lease": lease})
        row = cursor.fetchone()
    return Part(*row) if row else None


def give_back(part: Part) -> None:
    """Let somebody else make the part."""
    GenerationPart.objects.filter(pk=part.id, fence=part.fence, done_at=None).update(
        taken_until=None
    )


SETTLE = """
UPDATE generation_parts SET done_at = clock_timestamp(), taken_until = NULL,
    stored_path = %(path)s, size_bytes = %(size)s
WHERE id = %(id)s AND fence = %(fence)s AND done_at IS NULL
  AND EXISTS (SELECT 1 FROM jobs WHERE id = job_id AND status = 'in-progress'
              AND cancel_requested_at IS NULL)
"""


def settle_part(part: Part, *, path: str, size: int) -> bool:
    """Note that the part is done; return False if it is not ours any more, or not wanted."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"id": part.id, "fence": part.fence, "path": path, "size": size})
        return bool(cursor.rowcount == 1)


def done_parts(job: Job, *, after: int) -> list[DonePart]:
    """Return the parts that are done and follow one another, beginning after that number."""
    parts = GenerationPart.objects.filter(job=job, number__gt=after, done_at__isnull=False)
    columns = ("number", "dataset", "stored_path", "size_bytes")
    found = list[DonePart]()
    for row in parts.order_by("number").values_list(*columns):
        if row[0] != after + len(found) + 1:
            break
        found.append(DonePart(*row))
    return found


def done_rows(job: Job) -> int:
    """Return how many rows are made."""
    made = GenerationPart.objects.filter(job=job, done_at__isnull=False)
    return made.aggregate(rows=Sum("rows"))["rows"] or 0


def is_open(job_id: UUID) -> bool:
    """Return whether the job still wants parts: it is not over, paused or to be cancelled."""
    wanted = Job.objects.filter(
        pk=job_id, status="in-progress", cancel_requested_at=None, paused_at=None
    )
    return wanted.exists() and not queue_is_paused(JobType.GENERATION)
