from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.batches.models import BatchSession
from apps.core.egress import EgressDenied, EgressPolicy, check_url
from apps.core.encryption import key_id
from apps.core.errors import Detail, Invalid


@dataclass(frozen=True)
class Credentials:
    """How a session proves itself: the type, and the secrets that the type needs."""

    auth_type: str
    secrets: dict[str, str]


def open_session(
    *,
    owner: User,
    api_url: str,
    credentials: Credentials,
    now: datetime,
    ttl_seconds: int | None = None,
    **options: Any,
) -> BatchSession:
    """
    Remember where rows are to be sent, as whom, and how fast.

    :param options: further columns of the session, such as `name` or `max_concurrent`
    :raises Invalid: if the egress policy does not allow calls to the address
    """
    refuse_forbidden(api_url)
    lifetime = timedelta(seconds=ttl_seconds or settings.SESSION_TTL_SECONDS)
    return BatchSession.objects.create(
        owner=owner,
        api_url=api_url,
        auth_type=credentials.auth_type,
        credentials=credentials.secrets or None,
        credentials_key_id=key_id() if credentials.secrets else "",
        expires_at=now + lifetime,
        **options,
    )


def refuse_forbidden(api_url: str) -> None:
    """
    Stop here if calls to the address are not allowed.

    :raises Invalid: if so
    """
    try:
        check_url(api_url, EgressPolicy.from_settings())
    except EgressDenied as denied:
        complaint = Detail("apiUrl", denied.code, str(denied))
        raise Invalid("Validation failed", details=[complaint]) from None
