from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import connection
from django.utils import timezone

from apps.core.console import ConsoleCommand, Exit, Help, in_words
from apps.core.errors import DomainError
from apps.ops.backup.manifest import NotABackup, check_backup, read_manifest
from apps.ops.backup.programs import ProgramFailed
from apps.ops.console import ShownMeter
from apps.ops.services.make_backup import backups_in
from apps.ops.services.rehearse_restore import Drill, NoScratch, rehearse_restore
from apps.ops.services.restore_backup import (
    RestoredDifferently,
    migrations_lacking,
    restore_backup,
)

EXAMPLES = """examples:
  manage.py restore --rehearse                    practise with the latest backup; once a month
  manage.py restore --rehearse --json | jq .passed
  manage.py restore var/backups/backroom-…        into an empty database
  manage.py restore var/backups/backroom-… --replace
                                                  stop every process before

Before anything is touched, every byte of the backup is checked. Afterwards every table and every
file is compared with what was written down; tables that were replaced come back if one differs.

exit codes:
  0  everything was restored (or practised), and is the same
  2  the backup is damaged, or the target not empty; nothing was changed
  3  something differs, or PostgreSQL's program failed; the old tables are back
  4  the database is not reachable"""


class Command(ConsoleCommand):
    help = "Restore a backup, or practise it beside what is there."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=EXAMPLES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "backup", nargs="?", type=Path, help="its folder; the latest of BACKUP_DIR if absent"
        )
        parser.add_argument(
            "--rehearse", action="store_true", help="restore beside what is there, and compare"
        )
        parser.add_argument(
            "--scratch", metavar="NAME", help="an empty database to practise in; else one is made"
        )
        parser.add_argument(
            "--replace", action="store_true", help="have the backup take the place of what is there"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only check the backup, restore nothing"
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON instead of text")

    def act(self, options: dict[str, Any]) -> Exit:
        as_json = bool(options["json"])
        folder = options["backup"] or _latest(wanted=options["rehearse"] or options["dry_run"])
        try:
            if options["dry_run"]:
                return self._check(folder, as_json=as_json)
            if options["rehearse"]:
                return self._rehearse(folder, options["scratch"], as_json=as_json)
            return self._restore(folder, replace=options["replace"], as_json=as_json)
        except (RestoredDifferently, ProgramFailed, NoScratch) as error:
            self._refuse(error, as_json=as_json)
            return Exit.JOB_FAILED

    def _check(self, folder: Path, *, as_json: bool) -> Exit:
        manifest = read_manifest(folder)
        with ShownMeter(self.tell) as meter:
            meter.begin(manifest.bytes)
            meter.step("checking the backup")
            check_backup(folder, manifest, meter)
        if as_json:
            self.put_json({"backup": folder.name, "whole": True, "dryRun": True})
        else:
            self.stdout.write(f"{folder.name} is whole: {len(manifest.files) + 1:,} files.")
        return Exit.OK

    def _rehearse(self, folder: Path, scratch: str | None, *, as_json: bool) -> Exit:
        with ShownMeter(self.tell) as meter:
            drill = rehearse_restore(
                folder=folder, now=timezone.now(), scratch=scratch, meter=meter
            )
        if as_json:
            self.put_json(drill.as_json())
        else:
            self._tell_drill(drill)
        return Exit.OK if drill.has_passed else Exit.JOB_FAILED

    def _tell_drill(self, drill: Drill) -> None:
        found = drill.outcome
        self.stdout.write(
            f"{drill.name}: {found.tables} tables with {found.rows:,} rows and"
            f" {found.files:,} files compared"
        )
        verdict = "passed" if drill.has_passed else "did not pass"
        self.stdout.write(
            f"The drill {verdict}: restored and compared in {in_words(round(drill.restored_in))};"
            f" the backup is {in_words(round(drill.age))} old."
        )
        for difference in [drill.refusal, *found.differences]:
            if difference:
                self.stdout.write(f"  {difference}")

    def _restore(self, folder: Path, *, replace: bool, as_json: bool) -> Exit:
        connection.close()  # it would be one of the others that are connected
        with ShownMeter(self.tell) as meter:
            outcome = restore_backup(folder=folder, replace=replace, meter=meter)
        lacking = migrations_lacking(read_manifest(folder))
        if as_json:
            told = {"tables": outcome.tables, "rows": outcome.rows, "files": outcome.files}
            self.put_json({"backup": folder.name, **told, "migrationsLacking": lacking})
            return Exit.OK
        self.stdout.write(
            f"{folder.name} is restored: {outcome.tables} tables with {outcome.rows:,} rows and"
            f" {outcome.files:,} files, all as written down."
        )
        if lacking:
            self.tell(f"Run `manage.py migrate`: {len(lacking)} migrations are younger.")
        return Exit.OK

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        if as_json:
            self.put_json({"error": str(error), "code": error.code, "details": []})
        else:
            self.stderr.write(str(error))


def _latest(*, wanted: bool) -> Path:
    """
    Return the latest backup.

    :raises NotABackup: if there is none, or none may be chosen for the person
    """
    if not wanted:
        raise NotABackup("Name the backup to restore; --rehearse takes the latest by itself.")
    found = backups_in(Path(settings.BACKUP_DIR))
    if not found:
        raise NotABackup(f"There is no backup in {settings.BACKUP_DIR}; make one: manage.py backup")
    return found[-1]
