"""A house of its own, with something in every corner, that may be lost and brought back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from apps.ops.backup.fingerprints import Fingerprint, fingerprints
from apps.ops.backup.meter import Meter
from apps.ops.backup.programs import own_connection
from tests.factories.batches import BatchSessionFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory
from tests.retention.world import generation, sent_batch, upload


@contextmanager
def storage_at(place: Path) -> Iterator[None]:
    """Have files live there."""
    incoming = place / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    options = {"location": str(place / "media"), "file_permissions_mode": 0o600}
    backend = "django.core.files.storage.FileSystemStorage"
    storages = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    with override_settings(STORAGES=storages, FILE_UPLOAD_TEMP_DIR=incoming):
        yield


@contextmanager
def database(*, like: str = "template0") -> Iterator[str]:
    """Make a database beside the others, and have all models live in it."""
    name, before = f"house_{token_hex(4)}", connection.settings_dict["NAME"]
    connection.close()  # nobody may be connected to what is copied
    _execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    _switch_to(name)
    try:
        yield name
    finally:
        _switch_to(before)
        _execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def furnished_database() -> Iterator[str]:
    """Make a database with all tables and something in every corner."""
    of_tests = connection.settings_dict["NAME"]
    has_tables = of_tests.startswith("test_")  # only where other tests needed them
    with database(like=of_tests if has_tables else "template0") as name:
        call_command("migrate", verbosity=0)
        furnish()
        yield name


def _switch_to(name: str) -> None:
    connection.close()  # also opened by signals that another connection sends
    connection.settings_dict["NAME"] = name


def _execute(statement: str) -> None:
    with own_connection("postgres") as own, own.cursor() as cursor:
        cursor.execute(statement)


def furnish() -> None:
    """Put something into every corner."""
    generation(2, rows=20, title="Kunden äöü \t\\N\n")
    sent_batch(3)
    upload(1)
    BatchSessionFactory(credentials={"userId": "u", "apiKey": "k"})
    item = ItemFactory()
    OrderFactory(lines=[(item, 2)])
    default_storage.save("pictures/a/b.webp", ContentFile(bytes(range(256)) * 5000))
    default_storage.save("archive/empty", ContentFile(b""))


def contents() -> dict[str, Fingerprint]:
    """Return what is in every table."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        found = dict(fingerprints(cursor))
        cursor.execute("ROLLBACK")
    return found


class Interrupting(Meter):
    """Ctrl-C, in the middle of a step."""

    def __init__(self, at: str) -> None:
        self._at = at

    def step(self, what: str) -> None:
        if what == self._at:
            raise KeyboardInterrupt


class Noting(Meter):
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.total, self.done, self.steps = 0, 0, list[str]()

    def begin(self, total: int) -> None:
        self.total = total

    def step(self, what: str) -> None:
        self.steps.append(what)

    def advance(self, size: int) -> None:
        self.done += size


def spoil(path: Path) -> None:
    """Turn a bit over in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
