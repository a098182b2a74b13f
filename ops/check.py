"""
All checks that need no running server: `make check`, or those named: `-m ops.check types pins`.

Each runs even if one before it failed; the exit code is 1 if any did.
"""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "types": [sys.executable, "-m", "mypy"],
    "imports": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "API schema": [*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
    "locks": [sys.executable, "requirements/lock.py", "--check"],
    "pins": [sys.executable, "-m", "ops.pins"],
}


def production() -> dict[str, str]:
    """Return an environment of production with secrets that are thrown away."""
    made = ("DJANGO_SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS", "METRICS_TOKEN")
    return (
        os.environ
        | {name: secrets.token_urlsafe(48) for name in made}
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ALLOWED_HOSTS": "backroom.example",
            # Nobody answers there: a check that asks a server would fail.
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "BACKROOM_VAR": str(ROOT / "var" / "check"),
            "LOG_LEVEL": "WARNING",
        }
    )


def passes(name: str, command: list[str]) -> bool:
    """Run one check; show what it says only where it fails."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=production(), check=False, text=True, capture_output=True
    )
    word = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:12} {word:6} {time.monotonic() - started:5.1f} s", flush=True)
    if done.returncode != 0:
        print(done.stdout, done.stderr, flush=True)
    return done.returncode == 0


def main() -> None:
    wanted = sys.argv[1:] or list(CHECKS)
    results = [passes(name, CHECKS[name]) for name in wanted]
    if not all(results):
        raise SystemExit(f"{results.count(False)} of {len(results)} checks failed.")


if __name__ == "__main__":
    main()
