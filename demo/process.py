"""
Become one process of the stack: `python -m demo.process web`.

supervisord starts everything through this, so that its configuration holds names only, no paths
that would need quoting.
"""

import os
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
PARTNER = 'exec python -m demo.partner --port "$PARTNER_PORT"'


def procfile() -> dict[str, str]:
    """Return the shell commands by their names."""
    lines = (BASE_DIR / "Procfile").read_text().splitlines()
    named = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name: command.strip() for name, command in named}


def become(name: str) -> None:
    """Replace this process by the named one."""
    os.chdir(BASE_DIR)
    if name in ("postgres", "valkey"):
        _become_server(name)
    commands = procfile() | {"partner": PARTNER}
    os.execv("/bin/sh", ["/bin/sh", "-c", commands[name]])


def _become_server(name: str) -> None:
    from config.embedded import Postgres, Valkey  # the others need none of it
    from config.env import VAR_DIR

    if name == "valkey":
        command = Valkey(VAR_DIR / "valkey").command()
        os.execv(command[0], command)
    postgres = Postgres(VAR_DIR / "postgres")
    postgres.prepare()
    command = postgres.command()
    if (account := postgres.account) is not None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    os.chdir("/")
    os.execve(command[0], command, {n: v for n, v in os.environ.items() if n[:2] != "PG"})


if __name__ == "__main__":
    become(sys.argv[1])
