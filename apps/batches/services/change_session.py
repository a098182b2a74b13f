from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from apps.batches.models import BatchSession
from apps.batches.services.open_session import Credentials, refuse_forbidden
from apps.batches.status import AuthType
from apps.core.encryption import key_id
from apps.core.errors import Detail, Gone, Invalid
from apps.core.locking import lock


class SessionClosed(Gone):
    """The session is closed; open another."""

    code = "session_closed"


class LoginNeeded(Invalid):
    """Credentials are never taken along to another address; give them again."""


@transaction.atomic
def change_session(
    *,
    session: BatchSession,
    api_url: str,
    credentials: Credentials | None = None,
    **options: Any,
) -> None:
    """
    Change where and how fast a session sends; rows that wait follow the new rules.

    :param credentials: new ones, or None to keep those it has
    :param options: further columns of the session, such as `name` or `max_concurrent`
    :raises Invalid: if the egress policy does not allow calls to the address
    :raises LoginNeeded: if the address moves to another origin, and no new credentials came
    :raises SessionClosed: if the session was closed
    """
    lock(session)
    if session.deleted_at is not None:
        raise SessionClosed
    if api_url != session.api_url:
        refuse_forbidden(api_url)
    keeps_login = credentials is None and session.auth_type != AuthType.NONE
    if keeps_login and is_elsewhere(api_url, session.api_url):
        raise LoginNeeded(details=[Detail("auth", "required", str(LoginNeeded.__doc__))])
    if credentials is not None:
        session.auth_type = credentials.auth_type
        session.credentials = credentials.secrets or None
        session.credentials_key_id = key_id() if credentials.secrets else ""
    session.api_url = api_url
    for name, value in options.items():
        setattr(session, name, value)
    session.save(
        update_fields=["api_url", "auth_type", "credentials", "credentials_key_id", *options]
    )


def is_elsewhere(api_url: str, other: str) -> bool:
    """Return whether the addresses are of different origins."""
    one, two = urlsplit(api_url), urlsplit(other)
    return (one.scheme, one.netloc) != (two.scheme, two.netloc)
