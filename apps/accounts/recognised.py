"""
Bearer tokens that this process has verified, for layers that answer without asking the database.

`recognise` is cheap and knows nothing that is not certain: an entry lives until its token expires,
five minutes at most, and only as long as `PEOPLE_VERSION_KEY` holds what it held before the user
was read. Whatever changes who may do what (a role, a key, a login that ends) changes that value.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from apps.accounts.models import ApiKey, User
from apps.accounts.remembered import Remembered
from apps.core.breaker import Breaker
from apps.core.ids import new_id
from apps.core.outbox import enqueue
from apps.core.tokens import digest

log = structlog.get_logger(__name__)

PEOPLE_VERSION_KEY = "people:version"
REMEMBERED = timedelta(minutes=5)
KEYS_REMEMBERED = timedelta(minutes=1)  # then the use of an API key is noted again


@dataclass(frozen=True, slots=True)
class Recognised:
    """The caller behind a token; `scopes` is empty where the whole role counts."""

    user_id: UUID
    role: str
    expires_at: float
    scopes: tuple[str, ...]
    version: bytes


_recognised: Remembered[Recognised] = Remembered(most=4096)
_redis = Breaker("redis, for the version of people")


def recognise(token: str, *, version: bytes | None, now: float) -> Recognised | None:
    """
    Return the caller, or None where only the real authentication can tell.

    :param version: what PEOPLE_VERSION_KEY holds in Redis now
    :param now: seconds since 1970
    """
    key = digest(token)
    found = _recognised.get(key, now)
    if found is None or found.version == version:
        return found
    _recognised.forget(key)  # so that the real authentication remembers it anew
    return None


def people_version() -> bytes | None:
    """Return what PEOPLE_VERSION_KEY holds, to be asked for before the user is read."""
    if not _redis.lets_through():
        return None
    try:
        version = _read_or_begin()
    except RedisError:
        _redis.failed()
        return None
    _redis.succeeded()
    return version


def _read_or_begin() -> bytes | None:
    redis = get_redis_connection()
    version: bytes | None = redis.get(PEOPLE_VERSION_KEY)
    if version is None:
        redis.set(PEOPLE_VERSION_KEY, new_id().bytes, nx=True)
        version = redis.get(PEOPLE_VERSION_KEY)
    return version


def is_remembered(token: str, now: datetime) -> bool:
    """Return whether there is an entry, current or not."""
    return _recognised.get(digest(token), now.timestamp()) is not None


def remember(
    token: str,
    user: User,
    credential: Any,
    *,
    version: bytes | None,
    expires_at: float,
    now: datetime,
) -> None:
    """Recognise the token from now on, if the version is known from before it was verified."""
    if version is None:
        return
    is_key = isinstance(credential, ApiKey)
    until = min(expires_at, (now + (KEYS_REMEMBERED if is_key else REMEMBERED)).timestamp())
    scopes = tuple(credential.scopes) if is_key else ()
    caller = Recognised(user.pk, user.role, until, scopes, version)
    _recognised.put(digest(token), caller, until=until)


def forget_recognised() -> None:
    """Have this process verify every token anew."""
    _recognised.clear()


def forget_everybody() -> None:
    """Have every process verify every token anew, as soon as this transaction commits."""
    # Should Redis not be there at that moment, the relay sees to it when it is.
    enqueue("accounts.change_people_version")
    transaction.on_commit(_change_version_now)


def change_people_version() -> None:
    """
    Make what all processes remember worthless.

    :raises RedisError: if Redis is not there
    """
    _recognised.clear()
    get_redis_connection().set(PEOPLE_VERSION_KEY, new_id().bytes)


def _change_version_now() -> None:
    try:
        change_people_version()
    except RedisError as error:
        log.warning("people_version.not_changed", reason=type(error).__name__)
