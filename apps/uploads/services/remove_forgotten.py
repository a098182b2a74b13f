"""Files that nothing refers to: their process died between writing them and its commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from apps.core.retention import Tally
from apps.uploads.models import Upload

AT_ONCE = 500
FOLDER = "uploads"


@dataclass(frozen=True)
class Forgotten:
    """A file that nobody will ask for: a path in storage, or one of this machine."""

    path: str | Path
    bytes: int

    @property
    def tally(self) -> Tally:
        """Return it as a count."""
        return Tally(1, self.bytes)

    def remove(self) -> None:
        """Take it away; a second time changes nothing."""
        if isinstance(self.path, Path):
            self.path.unlink(missing_ok=True)
        else:
            default_storage.delete(self.path)


def forgotten_files(*, before: datetime) -> Iterator[Forgotten]:
    """Find what was forgotten before then."""
    yield from _parts(before)
    yield from _orphans(before)


def remove_forgotten(*, before: datetime) -> Tally | None:
    """Remove some of it; None if there is none left."""
    removed = Tally()
    for file in islice(forgotten_files(before=before), AT_ONCE):
        file.remove()
        removed += file.tally
    return removed if removed.count else None


def _parts(before: datetime) -> Iterator[Forgotten]:
    """Find parts of requests whose process died while receiving them."""
    for path in sorted(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.*")):
        known = path.stat()
        if path.is_file() and datetime.fromtimestamp(known.st_mtime, tz=UTC) < before:
            yield Forgotten(path, known.st_size)


def _orphans(before: datetime) -> Iterator[Forgotten]:
    """Find bytes whose row was never committed."""
    for year in _listed(FOLDER)[0]:
        for month in _listed(f"{FOLDER}/{year}")[0]:
            yield from _orphans_of(f"{FOLDER}/{year}/{month}", before)


def _orphans_of(folder: str, before: datetime) -> Iterator[Forgotten]:
    paths = {f"{folder}/{name}" for name in _listed(folder)[1]}
    known = Upload.objects.filter(stored_path__startswith=f"{folder}/")
    for path in sorted(paths - set(known.values_list("stored_path", flat=True))):
        if default_storage.get_modified_time(path) < before:
            yield Forgotten(path, default_storage.size(path))


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return sorted(folders), files
