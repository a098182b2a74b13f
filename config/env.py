"""The only place that reads the environment: typed, and failing loudly."""

import os
from pathlib import Path
from typing import cast

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("BACKROOM_VAR", BASE_DIR / "var"))
WEAK = ("secret", "change", "password", "default", "insecure", "example")
SHORTEST_SECRET = 32

_env = environ.Env()


class MisconfiguredEnvironment(Exception):
    """The environment does not say what this process needs to start."""


def load_files() -> None:
    """Read `.env` and what `make up` wrote; a variable that is set already wins."""
    for file in (BASE_DIR / ".env", VAR_DIR / "local.env"):
        if file.is_file():
            environ.Env.read_env(str(file), overwrite=False)


def text(name: str, *, default: str | None = None) -> str:
    """
    Return the variable as it is.

    :raises MisconfiguredEnvironment: if it is neither set nor given a default
    """
    value = os.environ.get(name, default)
    if value is None:
        raise MisconfiguredEnvironment(f"Set {name}; .env.example says what it is for.")
    return value


def optional(name: str) -> str | None:
    """Return the variable, or None where it is unset or empty."""
    return os.environ.get(name) or None


def flag(name: str, *, default: bool) -> bool:
    """Return a yes-or-no variable."""
    return bool(_env.bool(name, default=default))


def number(name: str, *, default: int, least: int | None = None) -> int:
    """
    Return a whole number.

    :raises MisconfiguredEnvironment: if it is below the least that makes sense
    """
    value = int(_env.int(name, default=default))
    if least is not None and value < least:
        raise MisconfiguredEnvironment(f"{name} must be at least {least}.")
    return value


def words(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """Return a comma-separated list without blanks."""
    found = cast(list[str], _env.list(name, default=list(default)))
    return [word.strip() for word in found if word.strip()]


def secret(name: str) -> str:
    """
    Return a secret.

    :raises MisconfiguredEnvironment: if it is missing, shorter than 32 bytes or a known default
    """
    value = text(name)
    if len(value.encode()) < SHORTEST_SECRET:
        raise MisconfiguredEnvironment(f"{name} is shorter than {SHORTEST_SECRET} bytes.")
    if len(set(value)) < 8 or any(value.lower().startswith(word) for word in WEAK):
        raise MisconfiguredEnvironment(f"{name} is a well-known default; make a random one.")
    return value


def secrets(name: str) -> list[str]:
    """
    Return a ring of secrets: the first one encrypts, all of them decrypt.

    :raises MisconfiguredEnvironment: if there is none, or one is short
    """
    ring = words(name)
    if not ring:
        raise MisconfiguredEnvironment(f"Set {name}; .env.example says what it is for.")
    if any(len(key.encode()) < SHORTEST_SECRET for key in ring):
        raise MisconfiguredEnvironment(f"A key of {name} is shorter than {SHORTEST_SECRET} bytes.")
    return ring


def database(name: str) -> dict[str, object]:
    """
    Return Django's settings of the database that a URL names.

    :raises MisconfiguredEnvironment: if the variable is not set
    """
    return cast(dict[str, object], _env.db_url_config(text(name)))
