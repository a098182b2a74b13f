"""Middleware that every answer passes, whoever makes it."""

import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import get_urlconf, is_valid_path

from apps.core.client_address import client_address
from apps.core.request_id import adopt_request_id

READS = ("GET", "HEAD")
PAUSES = (0.05, 0.25)  # seconds before the second and the third try
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give the request an id and send it back, so that a complaint can name it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # META, not headers: those are computed once, and must be computed from our id.
        request_id = adopt_request_id(request.META.get("HTTP_X_REQUEST_ID"))
        request.META["HTTP_X_REQUEST_ID"] = request_id
        known = {"request_id": request_id, "address": client_address(request)}
        with structlog.contextvars.bound_contextvars(**known):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class SlashMiddleware:
    """Answer a path with and without its trailing slash, without a redirect."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not _is_known(path, get_urlconf()):
            other = path.rstrip("/") if path.endswith("/") else f"{path}/"
            if other and _is_known(other, get_urlconf()):
                request.path_info = other
        return self.get_response(request)


class RetryReadsMiddleware:
    """
    Ask again where the database went away in the middle of a read, three times in all.

    A restart or a failover ends every connection at once; who only reads need not notice.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in READS:
            return response
        for pause in PAUSES:
            if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE or not _has_lost_database():
                break
            time.sleep(pause)
            response = self.get_response(request)
        return response


def _has_lost_database() -> bool:
    """Return whether the connection is gone: Django looks at it after an error, and drops it."""
    if not connection.errors_occurred:
        return False
    connection.close_if_unusable_or_obsolete()
    return connection.connection is None


@lru_cache(maxsize=1024)
def _is_known(path: str, _urlconf: str | None) -> bool:
    """Return whether a view answers at this path; trying every route in turn takes its time."""
    return bool(is_valid_path(path))
