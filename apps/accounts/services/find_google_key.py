"""
The key that a token of Google was signed with, from memory, from the database, or from Google.

A process asks its own memory first, then the row that all processes share, and Google last: one
process at a time, and once in half a minute whatever the tokens say. So made-up keys cost nothing
but a look into memory, and while Google is down the last good keys go on working for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.db import OperationalError, connection, transaction

from apps.accounts.google_keys import UnusableKeys, download_keys, parse_keys
from apps.accounts.models import GoogleKeys
from apps.core.egress import EgressDenied, NetworkFailure
from apps.core.errors import DomainError, Unavailable
from apps.core.locking import wait_alone

log = structlog.get_logger(__name__)

RELOAD = timedelta(seconds=60)
PATIENCE_MS = 8000  # longer than a call to Google may take
RETRY_SECONDS = 5


class UnknownKey(DomainError):
    """Google has not signed with this key."""

    code = "unknown_key"


class KeysUnreachable(Unavailable):
    """Google's keys cannot be fetched at the moment; try again shortly."""


@dataclass(frozen=True)
class _Snapshot:
    """The shared row as this process has last seen it."""

    row: GoogleKeys
    keys: dict[str, RSAPublicKey]
    read_at: datetime

    def key(self, kid: str, now: datetime) -> RSAPublicKey | None:
        return self.keys.get(kid) if self.row.are_good(now) else None

    def is_old(self, now: datetime) -> bool:
        """Return whether another process may have replaced or withdrawn keys meanwhile."""
        return not self.read_at <= now < self.read_at + RELOAD


_seen: dict[str, _Snapshot] = {}


def find_google_key(kid: str, now: datetime) -> RSAPublicKey:
    """
    Return the public key of that name.

    :raises UnknownKey: if Google does not publish it
    :raises KeysUnreachable: if that cannot be known, because Google does not answer
    """
    url = settings.GOOGLE_JWKS_URL
    snapshot = _seen.get(url)
    if snapshot is None or snapshot.is_old(now):
        snapshot = _read(url, now)
    if (key := snapshot.key(kid, now)) is not None:
        return key
    # Nobody asks Google during the pause, so what memory does not know then nobody knows.
    if snapshot.row.may_be_asked_for(now):
        snapshot = _read(url, now)
        if kid not in snapshot.keys or not snapshot.row.are_good(now):
            snapshot = refresh_google_keys(now)
        if (key := snapshot.key(kid, now)) is not None:
            return key
    if snapshot.row.failure or not snapshot.row.are_good(now):
        raise KeysUnreachable(retry_after=RETRY_SECONDS)
    raise UnknownKey


def refresh_google_keys(now: datetime) -> _Snapshot:
    """
    Ask Google, unless somebody has just done so; whoever comes meanwhile waits for the answer.

    :raises KeysUnreachable: if the one who asks takes too long
    """
    url = settings.GOOGLE_JWKS_URL
    try:
        with transaction.atomic():
            _wait_in_line(url)
            row, _ = GoogleKeys.objects.get_or_create(url=url)
            if row.may_be_asked_for(now):
                _ask(row, now)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        raise KeysUnreachable(retry_after=RETRY_SECONDS) from None
    return _remember(row, now)


def keep_google_keys_fresh(*, now: datetime) -> None:
    """Ask now and then, so that nobody's request has to, and withdrawn keys end here, too."""
    if settings.GOOGLE_SIGN_IN:
        refresh_google_keys(now)


def _wait_in_line(url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
    wait_alone(f"google keys {url}")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")


def _ask(row: GoogleKeys, now: datetime) -> None:
    row.tried_at = now
    try:
        row.keys = download_keys(row.url)
    except (NetworkFailure, EgressDenied, UnusableKeys) as error:
        row.failure = str(error)
        log.warning("google_keys.not_fetched", reason=str(error), since=str(row.fetched_at))
    else:
        row.fetched_at, row.failure = now, ""
        log.info("google_keys.fetched", keys=len(row.keys))
    row.save()


def _read(url: str, now: datetime) -> _Snapshot:
    row = GoogleKeys.objects.filter(url=url).first() or GoogleKeys(url=url)
    return _remember(row, now)


def _remember(row: GoogleKeys, now: datetime) -> _Snapshot:
    snapshot = _seen[row.url] = _Snapshot(row, parse_keys(row.keys), now)
    return snapshot


def forget_seen_keys() -> None:
    """Have this process look at the shared row again."""
    _seen.clear()
