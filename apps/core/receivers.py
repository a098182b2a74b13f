"""One line in the log for each request; what the path or the query carried is not in it."""

import time
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_structlog.signals import (
    bind_extra_request_failed_metadata,
    bind_extra_request_finished_metadata,
    bind_extra_request_metadata,
)

from apps.core.client_address import client_address

STARTED = "backroom.started"


@receiver(bind_extra_request_metadata)
def note_start(request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    request.META[STARTED] = time.perf_counter()
    log_kwargs["request"] = request.method  # a path or a query may hold a secret link


@receiver(bind_extra_request_finished_metadata)
def describe_answer(
    request: HttpRequest, response: HttpResponse, log_kwargs: dict[str, Any], **_: Any
) -> None:
    log_kwargs.clear()
    log_kwargs.update(_about(request), status=response.status_code)


@receiver(bind_extra_request_failed_metadata)
def describe_failure(request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    log_kwargs.clear()
    log_kwargs.update(_about(request), status=500)


def _about(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    started = request.META.get(STARTED, time.perf_counter())
    return {
        "method": request.method,
        "path": f"/{match.route}" if match else "(unknown)",
        "duration_ms": round((time.perf_counter() - started) * 1000, 1),
        "ip": client_address(request),
        "user_id": _known_user(request),
    }


def _known_user(request: HttpRequest) -> str | None:
    """Return who it was, if that is known by now: a line in the log is not worth a query."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return str(user.pk) if user is not None and user.pk else None
