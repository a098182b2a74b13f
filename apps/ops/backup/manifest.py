"""What a backup says about itself; `sha256sum -c SHA256SUMS` checks it without us."""

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from apps.core.errors import Invalid
from apps.core.times import iso
from apps.ops.backup.files import StoredFile, digest
from apps.ops.backup.fingerprints import Fingerprint
from apps.ops.backup.meter import Meter

FORMAT = 1
MANIFEST, SUMS, DUMP, FILES = "manifest.json", "SHA256SUMS", "database.dump", "files"
NAMED = 5


class NotABackup(Invalid):
    """There is no backup."""

    code = "not_a_backup"


class DamagedBackup(Invalid):
    """The backup is damaged."""

    code = "damaged_backup"

    def __init__(self, names: list[str]) -> None:
        """Name what is not as it was written."""
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        super().__init__(
            f"The backup is damaged: {', '.join(names[:NAMED])}{more}. Nothing was changed.",
            extra={"damaged": names},
        )


@dataclass(frozen=True)
class Manifest:
    """What was written down when the backup was made."""

    created_at: datetime
    version: str
    server: str
    migrations: list[str]
    tables: dict[str, Fingerprint]
    sequences: dict[str, int]
    dump: StoredFile
    files: list[StoredFile]
    missing: list[str]

    @property
    def bytes(self) -> int:
        """Return how large the backup is."""
        return self.dump.bytes + sum(file.bytes for file in self.files)

    @property
    def rows(self) -> int:
        """Return how many rows it has."""
        return sum(table.rows for table in self.tables.values())

    def write(self, folder: Path) -> None:
        """Write manifest and check sums into the folder."""
        content = orjson.dumps(
            {"format": FORMAT} | asdict(self) | {"created_at": iso(self.created_at)},
            option=orjson.OPT_INDENT_2,
        )
        _write(folder / MANIFEST, content)
        manifest = StoredFile(MANIFEST, len(content), sha256(content).hexdigest())
        stored = [manifest, self.dump, *(_within(file) for file in self.files)]
        lines = (f"{file.sha256}  {file.path}\n" for file in stored)
        _write(folder / SUMS, "".join(lines).encode())


def read_manifest(folder: Path) -> Manifest:
    """
    Return what a backup says about itself.

    :raises NotABackup: if the folder holds none, or one of another kind
    :raises DamagedBackup: if the manifest is not as it was written
    """
    try:
        content, sums = (folder / MANIFEST).read_bytes(), (folder / SUMS).read_text()
    except FileNotFoundError:
        raise NotABackup(f"There is no backup in {folder}.") from None
    if f"{sha256(content).hexdigest()}  {MANIFEST}\n" not in sums:
        raise DamagedBackup([MANIFEST])
    said: dict[str, Any] = orjson.loads(content)
    if said.pop("format") != FORMAT:
        raise NotABackup(f"{folder} was made by a version whose backups are others.")
    return Manifest(
        **said
        | {
            "created_at": datetime.fromisoformat(said["created_at"]),
            "tables": {name: Fingerprint(**found) for name, found in said["tables"].items()},
            "dump": StoredFile(**said["dump"]),
            "files": [StoredFile(**file) for file in said["files"]],
        }
    )


def check_backup(folder: Path, manifest: Manifest, meter: Meter) -> None:
    """
    Read all of a backup.

    :raises DamagedBackup: naming every file that is not as it was written
    """
    damaged = []
    for file in (manifest.dump, *(_within(file) for file in manifest.files)):
        try:
            with (folder / file.path).open("rb") as source:
                is_whole = digest(file.path, source, meter) == file
        except OSError:
            is_whole = False
        if not is_whole:
            damaged.append(file.path)
    if damaged:
        raise DamagedBackup(damaged)


def _within(file: StoredFile) -> StoredFile:
    return StoredFile(f"{FILES}/{file.path}", file.bytes, file.sha256)


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
