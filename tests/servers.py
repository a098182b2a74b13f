"""
Throw-away PostgreSQL and Valkey for a test run, started before Django reads its settings.

The controller of pytest-xdist starts them once; its workers inherit the addresses.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path


def _start() -> None:
    home = Path(tempfile.mkdtemp(prefix="backroom-test-"))
    home.chmod(0o755)  # PostgreSQL's own user passes through it when we are root
    # Before `config` is imported: it reads local.env of the var directory that it is told.
    os.environ["BACKROOM_VAR"] = str(home / "var")

    from config import embedded

    postgres, valkey = embedded.Postgres(home / "postgres"), embedded.Valkey(home / "valkey")
    os.environ["DATABASE_URL"] = postgres.start(durable=False)
    os.environ["REDIS_URL"] = valkey.start()
    controller = os.getpid()

    def stop() -> None:
        if os.getpid() != controller:  # a forked child of a test exits here as well
            return
        valkey.stop()
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop)


os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
if "BACKROOM_TEST_SERVERS" not in os.environ:
    for name in ("DJANGO_SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS"):
        os.environ[name] = secrets.token_hex(32)
    os.environ["LOG_LEVEL"] = "WARNING"
    _start()
    os.environ["BACKROOM_TEST_SERVERS"] = "running"
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Files of its own, as it has a database of its own.
    os.environ["BACKROOM_VAR"] = str(Path(os.environ["BACKROOM_VAR"]) / worker)
