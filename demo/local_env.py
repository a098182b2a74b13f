"""What this machine's Backroom runs with: secrets made once, addresses of its servers."""

import os
import secrets
from pathlib import Path
from urllib.parse import quote

from config.embedded.valkey import free_port, is_free
from config.env import VAR_DIR

LOCAL_ENV = VAR_DIR / "local.env"
SECRETS = (
    "DJANGO_SECRET_KEY",
    "JWT_SIGNING_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "PARTNER_KEY",
    "DIGEST_JOB_SECRET",
)
PARTNER_USER = "north-harbour-pharmacy"


def read_local_env() -> dict[str, str]:
    """Return what earlier runs wrote."""
    if not LOCAL_ENV.is_file():
        return {}
    lines = LOCAL_ENV.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def is_external(name: str) -> bool:
    """Return whether somebody else named this server, so that we need not start one."""
    return os.environ.get(name, "") not in ("", read_local_env().get(name))


def settings_for(*, port: int, servers: dict[str, str]) -> dict[str, str]:
    """Return every variable of this machine; what was made at the first start stays."""
    kept = read_local_env() | os.environ
    made = {name: kept.get(name) or secrets.token_urlsafe(48) for name in SECRETS}
    partner_port = int(kept.get("PARTNER_PORT") or free_port())
    if not is_free(partner_port):
        partner_port = free_port()
    events_port = int(kept.get("EVENTS_PORT") or free_port())
    if not is_free(events_port):
        events_port = free_port()
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        **made,
        **servers,
        "EGRESS_ALLOWED_HOSTS": "127.0.0.1",
        "EGRESS_ALLOW_PRIVATE": "true",  # the partner of the demo lives on this machine
        "EMAIL_URL": _mail_url(),
        "SHOP_NAME": "Linen & Thread",
        "PORT": str(port),
        "EVENTS_PORT": str(events_port),
        "EVENTS_URL": f"http://127.0.0.1:{events_port}",
        "PARTNER_USER": PARTNER_USER,
        "PARTNER_PORT": str(partner_port),
    }


def _mail_url() -> str:
    """Return where mail goes: into files, unless somebody has named a mail server."""
    if "SMTP_HOST" in os.environ:
        return ""
    return os.environ.get("EMAIL_URL") or f"filemail:///{quote(str(VAR_DIR / 'mail'))}"


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, in one step."""
    half = path.with_name(f"{path.name}.new")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(text)
    half.replace(path)


def save_local_env(settings: dict[str, str]) -> None:
    """Keep the variables where every process of ours finds them."""
    lines = ["# Made by `make up`; a variable that is set in the environment wins."]
    lines += [f"{name}={value}" for name, value in settings.items()]
    write_private(LOCAL_ENV, "\n".join(lines) + "\n")
