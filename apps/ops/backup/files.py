"""Files on their way between storage and backup, read once and digested meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import Storage

from apps.ops.backup.meter import Meter

BLOCK = 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """A file of a backup."""

    path: str
    bytes: int
    sha256: str


def paths_in(storage: Storage, folder: str = "") -> Iterator[str]:
    """Return every file of a storage."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}".lstrip("/") for name in sorted(names))
    for inner in sorted(folders):
        yield from paths_in(storage, f"{folder}/{inner}".lstrip("/"))


def fetch(storage: Storage, path: str, place: Path, meter: Meter) -> StoredFile:
    """Copy a file out of storage, readable by us alone."""
    for folder in reversed([each for each in place.parents if not each.exists()]):
        folder.mkdir(mode=0o700)  # with `parents=True` the mode is that of the last one only
    place.touch(mode=0o600, exist_ok=False)
    with storage.open(path) as source, place.open("wb") as target:
        return _copied(path, source, target, meter)


def put(place: Path, storage: Storage, path: str) -> None:
    """Copy a file into storage; one of that name is replaced."""
    storage.delete(path)
    with place.open("rb") as source:
        storage.save(path, File(source))


def digest(path: str, source: IO[bytes] | File, meter: Meter) -> StoredFile:  # type: ignore[type-arg]
    """Read a file to its end."""
    return _copied(path, source, None, meter)


def _copied(
    path: str,
    source: IO[bytes] | File,  # type: ignore[type-arg]
    target: IO[bytes] | None,
    meter: Meter,
) -> StoredFile:
    size, sum_so_far = 0, sha256()
    while block := source.read(BLOCK):
        if target is not None:
            target.write(block)
        sum_so_far.update(block)
        size += len(block)
        meter.advance(len(block))
    return StoredFile(path, size, sum_so_far.hexdigest())
