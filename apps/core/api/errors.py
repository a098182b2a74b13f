"""One error body everywhere: message, error, code, details, requestId (design.md 1.5)."""

import math
import sys
from typing import Any

import orjson
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core import errors
from apps.core.request_id import current_request_id

log = structlog.get_logger(__name__)

STATUS_OF = {
    errors.Missing: status.HTTP_404_NOT_FOUND,
    errors.Incomplete: status.HTTP_400_BAD_REQUEST,
    errors.Refused: status.HTTP_400_BAD_REQUEST,
    errors.Invalid: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.NotSignedIn: status.HTTP_401_UNAUTHORIZED,
    errors.Forbidden: status.HTTP_403_FORBIDDEN,
    errors.Gone: status.HTTP_410_GONE,
    errors.TooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    errors.WrongType: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    errors.TooMany: status.HTTP_429_TOO_MANY_REQUESTS,
    errors.NoSpace: status.HTTP_507_INSUFFICIENT_STORAGE,
    errors.Unavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
}
CODE_OF = {
    400: "malformed_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}
RETRY_SECONDS = 5
NO_DATABASE = "The database is not reachable; try again shortly."


def error_body(
    message: str, code: str, details: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return the envelope; `message` and `error` are the same sentence."""
    return {
        "message": message,
        "error": message,
        "code": code,
        "details": details or [],
        "requestId": current_request_id(),
    }


def render_error(error: Exception, context: dict[str, Any]) -> Response:
    """Answer whatever a view raised; only a bug of ours is a 500, and it tells nothing."""
    set_rollback()
    if isinstance(error, errors.DomainError):
        return _domain_error(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _api_error(error)
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database.unavailable", reason=type(error).__name__)
        return _unavailable()
    view = type(context.get("view")).__name__
    log.exception("request.crashed", view=view, exc_info=error)
    return Response(error_body("Something went wrong on our side.", "internal_error"), status=500)


def _domain_error(error: errors.DomainError) -> Response:
    kinds = (kind for kind in type(error).__mro__ if kind in STATUS_OF)
    answer_status = next((STATUS_OF[kind] for kind in kinds), status.HTTP_409_CONFLICT)
    body = error_body(str(error), error.code, [detail.as_json() for detail in error.details])
    response = Response(body | error.extra, status=answer_status)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def _unavailable() -> Response:
    body = error_body(NO_DATABASE, "unavailable")
    return Response(body, status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def _api_error(error: exceptions.APIException) -> Response:
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.ValidationError):
        details = [detail.as_json() for detail in flatten(error.detail)]
        body = error_body("Validation failed", "validation_failed", details)
        return Response(body, status=status.HTTP_422_UNPROCESSABLE_ENTITY, headers=headers)
    body = error_body(str(error.detail), _code_of(error))
    return Response(body, status=error.status_code, headers=headers)


def _code_of(error: exceptions.APIException) -> str:
    """Return the code that the raiser gave, else ours for the status."""
    if isinstance(error, exceptions.ParseError):
        return "malformed_json"
    given = str(error.get_codes())
    return CODE_OF.get(error.status_code, given) if given == error.default_code else given


def flatten(detail: Any, path: str = "") -> list[errors.Detail]:
    """Turn DRF's nested complaints into a list with paths: `rateLimit.maxConcurrent`, `a[2]`."""
    if isinstance(detail, dict):
        found = []
        for name, inner in detail.items():
            step = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            found += flatten(inner, step)
        return found
    if isinstance(detail, list):
        if all(isinstance(item, str) for item in detail):
            return [
                errors.Detail(path, str(getattr(item, "code", "invalid")), str(item))
                for item in detail
            ]
        return [
            complaint
            for position, item in enumerate(detail)
            for complaint in flatten(item, f"{path}[{position}]")
        ]
    return [errors.Detail(path, str(getattr(detail, "code", "invalid")), str(detail))]


def plain_error(_request: HttpRequest, message: str, code: str, answer_status: int) -> HttpResponse:
    """Answer from outside DRF (URL not found, CSRF, a crash in middleware), in the same shape."""
    body = orjson.dumps(error_body(message, code))
    return HttpResponse(body, status=answer_status, content_type="application/json")


# Django passes `exception` by name.
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django itself refuses, such as a foreign Host header."""
    if isinstance(exception, RequestDataTooBig):
        return plain_error(request, "This is larger than we accept.", "payload_too_large", 413)
    return plain_error(request, "The request could not be understood.", "malformed_request", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a refused permission outside DRF."""
    return plain_error(request, "You may not do this.", "forbidden", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that came without its CSRF token."""
    log.warning("csrf.refused", reason=reason)
    message = "The page was open too long; reload it and send the form again."
    return plain_error(request, message, "csrf_failed", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path that does not exist."""
    return plain_error(request, "There is nothing at this address.", "not_found", 404)


def crashed(request: HttpRequest) -> HttpResponse:
    """Answer a crash outside DRF; the log has the story, the caller has the request id."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = plain_error(request, NO_DATABASE, "unavailable", 503)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    return plain_error(request, "Something went wrong on our side.", "internal_error", 500)
