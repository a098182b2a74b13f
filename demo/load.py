"""
Bring the database to the newest migration and load the demo's people, key, session and shop.

Running it again changes nothing that is in order; what is missing or forgotten is made anew.
"""

import os
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from config import env
from demo.card import add_to_card, read_card
from demo.catalogue import load_catalogue
from demo.feedback import live_link, load_feedback
from demo.orders import load_orders, load_recipient
from demo.workbook import KEY_FIELD, MAPPING, REQUIRED_FIELDS, WORKBOOK

if TYPE_CHECKING:
    from apps.accounts.models import User

PEOPLE = ("admin", "operator", "viewer")
RATE = {"requests_per_minute": 6000, "max_concurrent": 20, "min_interval_ms": 0}
LEAST_TIME_LEFT = timedelta(days=1)


def load() -> None:
    """Load everything."""
    from apps.accounts.history import recorded_as

    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files()
    people = {name: load_person(name) for name in PEOPLE}
    load_api_key(people["operator"])
    load_session(people["operator"])
    with recorded_as(people["operator"]):
        load_catalogue()
    load_orders(people["operator"])
    load_feedback(people["operator"])
    load_recipient()
    port = os.environ["PORT"]
    url = f"http://127.0.0.1:{port}"
    add_to_card(feedback_url=live_link(url))
    add_to_card(url=url, workbook=str(WORKBOOK), partner_url=_partner_url())


def collect_static_files() -> None:
    """Collect and compress the static files, unless they are those of the last time."""
    files = sorted(path for path in (env.BASE_DIR / "static").rglob("*") if path.is_file())
    sources = [env.BASE_DIR / "requirements" / "base.txt", *files]
    wanted = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = settings.STATIC_ROOT / ".collected"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted)


def load_person(name: str) -> "User":
    """Return the user with this name and role; the password on the card is the one that works."""
    from apps.accounts.models import User
    from apps.accounts.services.create_user import create_user

    user = User.objects.filter(username=name).first()
    password = read_card().get(f"{name}_password") or secrets.token_urlsafe(12)
    if user is None:
        user, _ = create_user(username=name, role=name, is_staff=True, password=password)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    if name == "admin" and not user.is_superuser:
        user.is_superuser = True
        user.save(update_fields=["is_superuser"])
    add_to_card(**{f"{name}_user": name, f"{name}_password": password})
    return user


def load_api_key(operator: "User") -> None:
    """Make a key for scripts, unless the one on the card works."""
    from apps.accounts.services.create_api_key import create_api_key
    from apps.accounts.services.verify_api_key import UnknownApiKey, verify_api_key

    try:
        verify_api_key(read_card().get("api_key", ""))
    except UnknownApiKey:
        _, plaintext = create_api_key(owner=operator, name="Demo scripts")
        add_to_card(api_key=plaintext)


def load_session(operator: "User") -> None:
    """Open a session with the partner, unless one with this address and key is open for a while."""
    from apps.batches.models import BatchSession
    from apps.batches.services.open_session import Credentials, open_session
    from apps.batches.services.save_mapping import save_mapping

    url = f"{_partner_url()}/v2/claims"
    login = {"userId": os.environ["PARTNER_USER"], "apiKey": os.environ["PARTNER_KEY"]}
    now = timezone.now()
    open_ones = BatchSession.objects.filter(
        owner=operator, api_url=url, deleted_at=None, expires_at__gt=now + LEAST_TIME_LEFT
    )
    session = next((session for session in open_ones if session.credentials == login), None)
    if session is None:
        session = open_session(
            owner=operator,
            api_url=url,
            credentials=Credentials("basic", login),
            now=now,
            name="Claims, March",
            key_field=KEY_FIELD,
            required_fields=REQUIRED_FIELDS,
            **RATE,
        )
    save_mapping(session=session, name="Claims workbook", mapping={"mapping": MAPPING})
    add_to_card(session_id=session.public_id)


def _partner_url() -> str:
    return f"http://127.0.0.1:{os.environ['PARTNER_PORT']}"


if __name__ == "__main__":
    django.setup()
    load()
