"""What was backed up comes back whole, and what is damaged is named before anything happens."""

import fcntl
import io
import json
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from apps.accounts.models import User
from apps.core.services.purge import OthersAtWork, purge
from apps.jobs.models import Job
from apps.ops.backup.loading import tables_set_aside
from apps.ops.backup.manifest import DamagedBackup, NotABackup, read_manifest
from apps.ops.backup.meter import Meter
from apps.ops.backup.programs import own_connection
from apps.ops.models import BackupRecord
from apps.ops.services.backup_figures import backup_ages
from apps.ops.services.make_backup import (
    BackupBusy,
    backups_in,
    make_backup,
    remove_old_backups,
)
from apps.ops.services.rehearse_restore import rehearse_restore
from apps.ops.services.restore_backup import InUse, NotEmpty, restore_backup
from tests.factories.accounts import UserFactory
from tests.ops.backup_world import (
    Interrupting,
    Noting,
    contents,
    database,
    furnished_database,
    spoil,
    storage_at,
)

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker, tmp_path_factory):
    """A database and a storage with something in every corner, and a backup of them."""
    place = tmp_path_factory.mktemp("house")
    with django_db_blocker.unblock(), storage_at(place), furnished_database():
        before, meter = contents(), Noting()
        yield make_backup(place=place / "backups", now=NOON, meter=meter), meter, before


@pytest.fixture
def backup(house):
    return house[0]


@pytest.fixture
def copy(backup, tmp_path):
    """A copy of the backup, to be spoilt."""
    return shutil.copytree(backup.folder, tmp_path / backup.folder.name)


@pytest.fixture
def empty(house, tmp_path):
    """An empty house beside the other one."""
    with storage_at(tmp_path / "empty"), database() as name:
        yield name


def command(*words):
    out, told = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(*map(str, words), stdout=out, stderr=told)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), told.getvalue()


def test_a_backup_is_whole_also_to_people_who_have_not_our_program(backup):
    assert backup.manifest.missing == []
    assert backup.manifest.tables["jobs"].rows == 2
    assert {"pictures/a/b.webp", "archive/empty"} < {file.path for file in backup.manifest.files}
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=backup.folder, capture_output=True
    )
    assert checked.returncode == 0, checked.stdout
    for path in (backup.folder, *backup.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_progress_is_told_from_the_first_byte_to_the_last(house):
    _, meter, _ = house

    assert meter.steps == ["reading tables", "writing the database", "copying files"]
    assert 0.9 < meter.done / meter.total <= 1


def test_a_drill_restores_compares_and_leaves_nothing_behind(backup):
    drill = rehearse_restore(folder=backup.folder, now=NOON + timedelta(hours=2))

    assert drill.has_passed, drill.as_json()
    assert drill.outcome.tables == len(backup.manifest.tables)
    assert drill.outcome.rows == backup.manifest.rows
    assert drill.outcome.files == len(backup.manifest.files)
    assert drill.age == 7200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'backroom_drill_%'")
        assert cursor.fetchone() == (0,)
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
    assert BackupRecord.objects.filter(kind="drill", has_passed=True).count() == 1
    assert set(backup_ages()) == {"backup", "drill"}
    assert backup_ages()["drill"] < 600


def test_an_empty_house_gets_everything_back(house, empty):
    backup, _, before = house

    outcome = restore_backup(folder=backup.folder)

    assert outcome.differences == []
    assert contents() == before
    assert default_storage.open("pictures/a/b.webp").read() == bytes(range(256)) * 5000
    assert Job.objects.get(type="generation").title == "Kunden äöü \t\\N\n"
    assert UserFactory().pk  # sequences, defaults and constraints are there as well
    with pytest.raises(NotEmpty):
        restore_backup(folder=backup.folder)


def test_a_backup_takes_the_place_of_what_is_there_only_if_told(house, empty):
    backup, _, before = house
    restore_backup(folder=backup.folder)
    Job.objects.all().delete()
    default_storage.delete("archive/empty")

    with pytest.raises(NotEmpty):
        restore_backup(folder=backup.folder)
    assert not Job.objects.exists()
    restore_backup(folder=backup.folder, replace=True)

    assert contents() == before
    assert default_storage.exists("archive/empty")


def test_a_restore_that_is_interrupted_leaves_the_tables_that_were_there(house, empty):
    backup, _, before = house
    restore_backup(folder=backup.folder)

    with pytest.raises(KeyboardInterrupt):
        restore_backup(
            folder=backup.folder, replace=True, meter=Interrupting("restoring the database")
        )
    assert contents() == before
    with own_connection() as own:
        tables_set_aside(own).__enter__()  # and then the machine lost its power
    restore_backup(folder=backup.folder, replace=True)

    assert contents() == before


def test_nobody_else_may_be_connected_while_tables_are_replaced(backup, empty):
    with own_connection(empty) as other:
        other.ensure_connection()
        with pytest.raises(InUse):
            restore_backup(folder=backup.folder)

    restore_backup(folder=backup.folder)


@pytest.mark.parametrize("name", ["database.dump", "files/pictures/a/b.webp", "manifest.json"])
def test_a_damaged_file_is_named_before_anything_is_touched(copy, empty, name):
    spoil(copy / name)

    with pytest.raises(DamagedBackup, match=name):
        restore_backup(folder=copy)

    assert contents() == {}
    assert not default_storage.exists("pictures/a/b.webp")


def test_a_missing_file_is_named_as_well_and_the_drill_does_not_pass(copy):
    (copy / "files/archive/empty").unlink()

    drill = rehearse_restore(folder=copy, now=NOON)

    assert not drill.has_passed
    assert "files/archive/empty" in drill.as_json()["differences"][0]


def test_a_drill_does_not_pass_without_the_keys_of_the_secrets(backup):
    with override_settings(FIELD_ENCRYPTION_KEYS=["another-key-of-thirty-two-bytes-or-more"]):
        drill = rehearse_restore(folder=backup.folder, now=NOON)

    assert any("FIELD_ENCRYPTION_KEYS" in each for each in drill.outcome.differences)


def test_an_interrupted_backup_leaves_nothing(house, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make_backup(place=tmp_path, now=NOON, meter=Interrupting("copying files"))
    (tmp_path / "backroom-of-one-that-was-killed.partial").mkdir()

    made = make_backup(place=tmp_path, now=NOON)

    assert backups_in(tmp_path) == [made.folder]
    assert {path.name for path in tmp_path.iterdir()} == {".lock", made.folder.name}


def test_no_purge_takes_files_away_while_a_backup_copies_them(house, tmp_path):
    class Purging(Meter):
        refused = False

        def step(self, what):
            if what == "copying files":
                with pytest.raises(OthersAtWork):
                    purge(now=NOON)
                self.refused = True

    meter = Purging()
    make_backup(place=tmp_path, now=NOON, meter=meter)

    assert meter.refused


def test_one_backup_at_a_time(house, tmp_path):
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupBusy):
            make_backup(place=tmp_path, now=NOON)

    assert backups_in(tmp_path) == []


def test_old_backups_go_but_never_the_latest(backup, tmp_path):
    first = shutil.copytree(backup.folder, tmp_path / "backroom-20260101T000000000Z")
    latest = shutil.copytree(backup.folder, tmp_path / backup.folder.name)
    late = NOON + timedelta(days=36)

    removed = remove_old_backups(place=tmp_path, now=late, kept=timedelta(days=35))

    assert removed == [first.name]
    assert backups_in(tmp_path) == [latest]


def test_the_commands_make_check_and_practise(house, tmp_path, monkeypatch):
    with override_settings(BACKUP_DIR=str(tmp_path / "kept")):
        refused = command("restore", "--rehearse", "--json")
        code, shown, told = command("backup", "--json", "--keep-days", 35)
        made = json.loads(shown)
        checked = command("restore", "--dry-run")
        drilled = command("restore", "--rehearse", "--json")
        unnamed = command("restore")

    assert (refused[0], json.loads(refused[1])["code"]) == (2, "not_a_backup")
    assert (code, made["missing"], made["removed"]) == (0, [], [])
    assert "writing the database" in told
    assert checked[0] == 0
    assert "is whole" in checked[1]
    report = json.loads(drilled[1])
    assert (drilled[0], report["passed"], report["rows"]) == (0, True, made["rows"])
    assert unnamed[0] == 2


def test_a_row_whose_file_is_gone_is_told(house, tmp_path):
    job = Job.objects.get(type="generation")
    path = job.result_uri.removeprefix("storage:")
    content = default_storage.open(path).read()
    default_storage.delete(path)
    try:
        code, shown, _ = command("backup", "--json", "--to", tmp_path)
    finally:
        default_storage.save(path, io.BytesIO(content))

    assert (code, json.loads(shown)["missing"]) == (1, [path])


def test_what_is_no_backup_is_said_so(tmp_path):
    with pytest.raises(NotABackup):
        read_manifest(tmp_path)


def test_people_are_told_in_sentences(backup, empty):
    code, shown, _ = command("restore", backup.folder)

    assert (code, User.objects.count()) == (0, backup.manifest.tables[User._meta.db_table].rows)
    assert "all as written down" in shown
    code, _, told = command("restore", backup.folder)
    assert (code, "--replace" in told) == (2, True)
