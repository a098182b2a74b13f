"""A file that grows in order, part by part or row by row, and is stored when it is whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.core.errors import TooLarge
from apps.core.times import iso
from apps.jobs.files.package import Digest, Package, Recipe
from apps.jobs.models import Job
from apps.jobs.services.generation_parts import DonePart
from apps.jobs.services.work_slice import Slice
from apps.uploads.receiving import room_on_disk

STORED = "storage:"
RESULTS = "results"
AT_A_TIME = 32 * 1024 * 1024


class DamagedPart(Exception):
    """A part is not what was stored; the slice is repeated, and makes it anew."""


class ResultTooLarge(TooLarge):
    """The file would be larger than a result may be."""

    code = "limit_exceeded"


class FilePlan(Protocol):
    """What a file is to be, and for how long."""

    @property
    def recipe(self) -> Recipe:
        """Return what it consists of."""

    @property
    def file_name(self) -> str:
        """Return what it is called."""

    @property
    def keep_days(self) -> int | None:
        """Return for how long it is kept, where somebody has said so."""


def results_folder(job: Job) -> str:
    """Return where the results of a job lie."""
    return f"{RESULTS}/{job.pk}"


class Assembly:
    """A result that grows part by part in a temporary file."""

    def __init__(self, plan: FilePlan, file: IO[bytes]) -> None:
        self._plan, self._file = plan, file
        self._digest = Digest(file)
        self._package = Package(plan.recipe, self._digest)
        self._dataset = -1
        self._handed_over = 0

    def add(self, part: DonePart) -> None:
        """
        Append a part, which must be the one after the last.

        :raises DamagedPart: if its bytes are not those that were stored
        :raises ResultTooLarge: if the file grows beyond its limit
        """
        self.append(part.dataset, _bytes_of(part) if part.size_bytes else b"")

    def append(self, dataset: int, rows: bytes) -> None:
        """
        Append rows of a data set; data sets come in order.

        :raises ResultTooLarge: if the file grows beyond its limit
        """
        while self._dataset < dataset:
            if self._dataset >= 0:
                self._package.end(self._dataset)
            self._dataset += 1
            self._package.begin(self._dataset)
        self._package.add(rows)
        if self._digest.size > settings.MAX_RESULT_BYTES:
            raise ResultTooLarge
        if self._digest.size - self._handed_over > AT_A_TIME:
            self._hand_over()

    def _hand_over(self) -> None:
        """Let the disk begin to write what there is, so that the end need not wait for it all."""
        self._handed_over = self._digest.size
        self._file.flush()
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def abandon(self) -> None:
        """Write no more."""
        self._digest.abandon()

    def close(self) -> None:
        """End the file, and make its bytes survive a power cut."""
        self._package.end(self._dataset)
        self._package.close()
        self._file.flush()
        os.fsync(self._file.fileno())

    def result(self, work: Slice) -> dict[str, Any]:
        """
        End the file and move it to its place; return what the job's row is to say about it.

        :raises LostLease: if another worker may hold the job
        """
        self.close()
        work.check_lease()
        path, known = self.store(work.job, fence=work.fence, now=timezone.now())
        return {
            "result_uri": f"{STORED}{path}",
            "result_meta": known,
            "result_expires_at": parse_datetime(known["expiresAt"]),
        }

    def store(self, job: Job, *, fence: int, now: datetime) -> tuple[str, dict[str, Any]]:
        """Move the file to its place; return where it is, and what is known about it."""
        path = f"{results_folder(job)}/{fence}"
        with room_on_disk():
            default_storage.save(path, _Movable(self._file))
        days = self._plan.keep_days or settings.RESULT_TTL_DAYS
        known = {
            "filename": self._plan.file_name,
            "contentType": self._plan.recipe.content_type,
            "bytes": self._digest.size,
            "rows": sum(sheet.rows for sheet in self._plan.recipe.sheets),
            "sha256": self._digest.sha256,
            "expiresAt": iso(now + timedelta(days=days)),
        }
        return path, known


class _Movable(File):  # type: ignore[type-arg]
    """A finished temporary file, which a storage on the same disk takes over by renaming it."""

    def temporary_file_path(self) -> str:
        return str(self.name)

    def close(self) -> None:
        """Leave it open: whoever made it ends it."""


@contextmanager
def assembling(job: Job, plan: FilePlan) -> Iterator[Assembly]:
    """Give an assembly a temporary file, which is gone in the end unless it was stored."""
    remove_unfinished(job)
    directory, prefix = settings.FILE_UPLOAD_TEMP_DIR, f"{job.pk}."
    with tempfile.NamedTemporaryFile(
        dir=directory, prefix=prefix, suffix=".result", delete=False
    ) as file:
        assembly = Assembly(plan, file)
        try:
            yield assembly
        finally:
            assembly.abandon()
            Path(file.name).unlink(missing_ok=True)


def remove_unfinished(job: Job) -> None:
    """Remove what workers that were killed have left of the job's file on this machine."""
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{job.pk}.*.result"):
        path.unlink(missing_ok=True)


def _bytes_of(part: DonePart) -> bytes:
    with default_storage.open(part.stored_path) as stored:
        content: bytes = stored.read()
    if len(content) != part.size_bytes:
        raise DamagedPart(part.stored_path)
    return content
