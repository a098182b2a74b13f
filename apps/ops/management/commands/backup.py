from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.console import ConsoleCommand, Exit, Help
from apps.core.errors import DomainError
from apps.ops.backup.fingerprints import tables
from apps.ops.backup.programs import ProgramFailed, own_connection
from apps.ops.console import ShownMeter
from apps.ops.services.make_backup import (
    Backup,
    BackupBusy,
    backups_in,
    make_backup,
    remove_old_backups,
)

EXAMPLES = """examples:
  manage.py backup                                into BACKUP_DIR, a folder of its own
  manage.py backup --to /mnt/safe --keep-days 35  and remove older ones afterwards
  manage.py restore --rehearse                    proves that it can be restored

A backup is one instant of the database, every file in storage, and a manifest with a check sum of
each file and each table. It is readable by its owner alone, and has its name only when it is
complete. It holds no key: keep FIELD_ENCRYPTION_KEYS elsewhere.

exit codes:
  0  the backup is complete
  1  it is, but rows refer to files that are not in storage; they are told
  2  it cannot be made there; nothing was left
  3  another backup is at work, or PostgreSQL's program failed
  4  the database is not reachable"""


class Command(ConsoleCommand):
    help = "Write down one instant of the database and all files."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=EXAMPLES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", type=Path, metavar="DIR", help="where backups are kept (BACKUP_DIR)"
        )
        parser.add_argument(
            "--keep-days", type=int, metavar="N", help="then remove backups older than this"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what it would hold")
        parser.add_argument("--json", action="store_true", help="answer with JSON instead of text")

    def act(self, options: dict[str, Any]) -> Exit:
        place: Path = options["to"] or Path(settings.BACKUP_DIR)
        if options["dry_run"]:
            return self._rehearse(place, as_json=options["json"])
        try:
            with ShownMeter(self.tell) as meter:
                backup = make_backup(place=place, now=timezone.now(), meter=meter)
        except (BackupBusy, ProgramFailed) as error:
            self._refuse(error, as_json=options["json"])
            return Exit.JOB_FAILED
        removed = []
        if options["keep_days"] is not None:
            kept = timedelta(days=options["keep_days"])
            removed = remove_old_backups(place=place, now=timezone.now(), kept=kept)
        self._show(backup, removed, as_json=options["json"])
        return Exit.UNSUCCESSFUL_ROWS if backup.manifest.missing else Exit.OK

    def _rehearse(self, place: Path, *, as_json: bool) -> Exit:
        with own_connection() as own, own.cursor() as cursor:
            sizes = tables(cursor)
        told = {"place": str(place), "tables": len(sizes), "tableBytes": sum(sizes.values())}
        told["backups"] = len(backups_in(place))
        if as_json:
            self.put_json(told | {"dryRun": True})
        else:
            self.stdout.write(
                f"Nothing was written. {told['tables']} tables of {told['tableBytes']:,} bytes and"
                f" all files would go to {place}, where {told['backups']} backups are."
            )
        return Exit.OK

    def _show(self, backup: Backup, removed: list[str], *, as_json: bool) -> None:
        manifest = backup.manifest
        if as_json:
            self.put_json(
                {
                    "backup": str(backup.folder),
                    "tables": len(manifest.tables),
                    "rows": manifest.rows,
                    "files": len(manifest.files),
                    "bytes": manifest.bytes,
                    "seconds": round(backup.seconds, 1),
                    "missing": manifest.missing,
                    "removed": removed,
                }
            )
            return
        self.stdout.write(
            f"{backup.folder}: {len(manifest.tables)} tables with {manifest.rows:,} rows and"
            f" {len(manifest.files):,} files, {manifest.bytes:,} bytes in {backup.seconds:.1f} s"
        )
        for path in manifest.missing:
            self.tell(f"  a row refers to {path}, which is not in storage")
        for name in removed:
            self.tell(f"  removed {name}")

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        if as_json:
            self.put_json({"error": str(error), "code": error.code, "details": []})
        else:
            self.stderr.write(str(error))
