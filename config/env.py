"""The only place that reads the environment: typed, and failing loudly."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import environ

from apps.core.loopback import is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("BACKROOM_VAR", BASE_DIR / "var"))
WEAK = ("secret", "change", "password", "default", "insecure", "example")
SHORTEST_SECRET = 32
PRODUCTION = "config.settings"
GOOGLE_CLIENT = re.compile(r"[A-Za-z0-9._-]{8,255}")

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


def debug(name: str) -> bool:
    """
    Return whether this is a developer's own installation.

    :raises MisconfiguredEnvironment: if the settings of production are asked to be one
    """
    wanted = flag(name, default=False)
    if wanted and os.environ.get("DJANGO_SETTINGS_MODULE", PRODUCTION) == PRODUCTION:
        raise MisconfiguredEnvironment(
            "DEBUG=true needs DJANGO_SETTINGS_MODULE=config.settings.local."
        )
    return wanted


def one_of(name: str, choices: tuple[str, ...], *, default: str) -> str:
    """
    Return one of the known words.

    :raises MisconfiguredEnvironment: if it is another one
    """
    value = text(name, default=default)
    if value not in choices:
        raise MisconfiguredEnvironment(f"{name} must be one of: {', '.join(choices)}.")
    return value


def lower_words(name: str, *, complaint: Callable[[str], str | None]) -> list[str]:
    """
    Return a list in lower case.

    :raises MisconfiguredEnvironment: if there is a complaint about one of the words
    """
    found = [word.lower() for word in words(name)]
    for word in found:
        if trouble := complaint(word):
            raise MisconfiguredEnvironment(f"{name}: {trouble}")
    return found


def require_google_clients(name: str, clients: list[str]) -> None:
    """
    Make sure that it is known for whom Google's tokens must be made out.

    :raises MisconfiguredEnvironment: if there is no client ID, or one cannot be right
    """
    if not clients:
        raise MisconfiguredEnvironment(
            f"Google sign-in is on: set {name}, or GOOGLE_SIGN_IN=false."
        )
    if any(not GOOGLE_CLIENT.fullmatch(client) for client in clients):
        raise MisconfiguredEnvironment(f"{name} must look like 123.apps.googleusercontent.com.")


def refuse_open_doors(*, auth_disabled: bool, debug: bool, bind: str) -> None:
    """
    Allow sign-in to be off only where nobody else can come in.

    :raises MisconfiguredEnvironment: without DEBUG, or where other machines can connect
    """
    if not auth_disabled:
        return
    if not debug:
        raise MisconfiguredEnvironment("AUTH_DISABLED needs DEBUG=true and the local settings.")
    if not is_loopback(bind):
        raise MisconfiguredEnvironment("AUTH_DISABLED needs BIND=127.0.0.1: others could come in.")


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
