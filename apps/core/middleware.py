"""Middleware that every answer passes, whoever makes it."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path

from apps.core.client_address import client_address
from apps.core.request_id import adopt_request_id

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
        if not is_valid_path(path):
            other = path.rstrip("/") if path.endswith("/") else f"{path}/"
            if other and is_valid_path(other):
                request.path_info = other
        return self.get_response(request)
