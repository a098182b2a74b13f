"""Five failures in a quarter of an hour lock a user name, and an address, for the rest of it."""

from typing import Any

import structlog
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.client_address import client_address
from apps.core.errors import TooMany
from apps.core.locking import wait_alone

log = structlog.get_logger(__name__)


class LoginLocked(TooMany):
    """Too many failed logins; try again in a few minutes."""

    code = "login_locked"


@transaction.atomic
def authenticate_in_turn(request: HttpRequest, *, username: str, password: str) -> User | None:
    """
    Return the active user whom name and password belong to, or None; count a failure.

    One attempt per address and per name at a time: in parallel, any number would pass the
    lock before the first failure is counted.

    :raises LoginLocked: if the name or the address has failed too often
    """
    address = client_address(request)
    wait_alone(f"login from {address}")  # always before the name, so that no two wait in a ring
    wait_alone(f"login as {username}")
    if not AxesProxyHandler.is_allowed(request, {"username": username}):
        log.warning("login.locked", username=username, address=address)
        raise LoginLocked(retry_after=seconds_locked(username, address))
    user = authenticate(request, username=username, password=password)
    return user if isinstance(user, User) else None


def refuse_while_locked(request: HttpRequest, user: User) -> None:
    """
    Hold the lock also against those who come without a password.

    :raises LoginLocked: if the user's name or the address has failed too often
    """
    if not AxesProxyHandler.is_allowed(request, {"username": user.username}):
        raise LoginLocked(retry_after=seconds_locked(user.username, client_address(request)))


def seconds_locked(username: str, address: str | None) -> int:
    """Return in how many seconds both locks, the name's and the address's, will have ended."""
    return max(_seconds_locked(Q(username=username)), _seconds_locked(Q(ip_address=address)))


def _seconds_locked(attempts: Q) -> int:
    """Walk back to the failure that reached the limit: the lock ends when it is too old."""
    now, failures = timezone.now(), 0
    recent = AccessAttempt.objects.filter(
        attempts, attempt_time__gt=now - settings.AXES_COOLOFF_TIME
    )
    for attempt in recent.order_by("-attempt_time"):
        failures += attempt.failures_since_start
        if failures >= settings.AXES_FAILURE_LIMIT:
            left = attempt.attempt_time + settings.AXES_COOLOFF_TIME - now
            return int(left.total_seconds()) + 1
    return 1


def forgive(username: str, address: str | None) -> None:
    """
    Forget the failures of this user at this address.

    Not those of other users there: else whoever owns one account could go on guessing another's
    password for ever, by signing in between the guesses.
    """
    AccessAttempt.objects.filter(username=username, ip_address=address).delete()


def unlock(user: User) -> None:
    """Let the user try again at once, from wherever."""
    AccessAttempt.objects.filter(username=user.username).delete()


def tell_locked(request: HttpRequest, retry_after: int | None) -> None:
    """Have `answer_locked` turn the page that is about to be rendered into a 429."""
    request.axes_locked_out = True  # type: ignore[attr-defined]
    request.login_retry_after = retry_after  # type: ignore[attr-defined]


def answer_locked(
    request: HttpRequest, response: HttpResponse, _credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Keep the answer that the view gave: it speaks its caller's language."""
    if retry_after := getattr(request, "login_retry_after", None):
        response.status_code = 429
        response["Retry-After"] = str(retry_after)
    return response
