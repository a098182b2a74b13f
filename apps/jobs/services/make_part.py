"""Make one part of a generation: the bytes of the file, the rows of the table, or both."""

from collections.abc import Callable, Iterator

import orjson
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from apps.jobs.generation.columns import Values
from apps.jobs.models import Job
from apps.jobs.services.generation_parts import Part, settle_part
from apps.jobs.services.generation_plan import Plan
from apps.uploads.receiving import room_on_disk

PARTS = "parts"
COPY = "COPY generated_data (job_id, seq, dataset, payload) FROM STDIN"


def parts_folder(job: Job) -> str:
    """Return where the parts of a job lie until they are put together."""
    return f"{PARTS}/{job.pk}"


def make_part(job: Job, plan: Plan, part: Part, step: Callable[[], None]) -> bool:
    """
    Make the part and store it; return False if it turned out not to be wanted any more.

    :param step: called before each column; it may raise to end the work
    :raises FormulaFailed: if a formula cannot work with its values
    :raises NoSpace: if the disk is full
    """
    written, copied = bytes_of(job, plan, part, step)
    return _store(job, part, written, copied)


def bytes_of(
    job: Job, plan: Plan, part: Part, step: Callable[[], None]
) -> tuple[bytes, list[bytes]]:
    """
    Return the part's bytes of the file, and its rows as COPY takes them.

    :param step: called before each column; it may raise to end the work
    :raises FormulaFailed: if a formula cannot work with its values
    """
    written, copied = list[bytes](), list[bytes]()
    writer, sheet = plan.recipe.writer(), plan.recipe.sheets[part.dataset]
    for first, columns in _chunks(plan, part, step):
        if plan.makes_file:
            written.append(writer.rows(sheet, columns, first))
        if plan.fills_table:
            copied.append(_table_rows(job, plan, part, first, columns))
    return writer.between.join(written), copied


def _chunks(plan: Plan, part: Part, step: Callable[[], None]) -> Iterator[tuple[int, list[Values]]]:
    dataset = plan.schema.datasets[part.dataset]
    for number in range(part.first_chunk, part.first_chunk + part.chunks):
        columns = dataset.chunk(number, step=step)
        yield number * dataset.chunk_rows, [columns[field.name] for field in dataset.shown]


def _store(job: Job, part: Part, written: bytes, copied: list[bytes]) -> bool:
    path = f"{parts_folder(job)}/{part.number}-{part.fence}" if written else ""
    is_ours = False
    try:
        if path:
            with room_on_disk():
                default_storage.save(path, ContentFile(written))
        with transaction.atomic():
            is_ours = settle_part(part, path=path, size=len(written))
            if is_ours and copied:
                copy_rows(copied)
    finally:
        if path and not is_ours:
            default_storage.delete(path)
    return is_ours


def _table_rows(job: Job, plan: Plan, part: Part, first: int, columns: list[Values]) -> bytes:
    """Return rows as COPY takes them."""
    dataset = plan.schema.datasets[part.dataset]
    before = sum(earlier.rows for earlier in plan.schema.datasets[: part.dataset])
    names = [field.name for field in dataset.shown]
    key, name = str(job.pk).encode(), dataset.name.encode()
    lines = (
        b"%b\t%d\t%b\t%b\n"
        % (key, seq, name, orjson.dumps(dict(zip(names, row, strict=True))).replace(b"\\", b"\\\\"))
        for seq, row in enumerate(zip(*columns, strict=True), start=before + first + 1)
    )
    return b"".join(lines)


def copy_rows(chunks: list[bytes]) -> None:
    """Load rows into the table, in the current transaction."""
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for chunk in chunks:
            copy.write(chunk)
