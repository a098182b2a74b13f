"""The rate limit, which every request passes that is not a probe, a picture or a static file."""

import re

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.accounts.rate_limits import allowance_of
from apps.core.api.errors import plain_error
from apps.core.limits import CHARGED, TOO_MANY, Verdict, charge, headers
from apps.core.middleware import GetResponse

log = structlog.get_logger(__name__)


class RateLimitMiddleware:
    """Charge the request to its caller, and tell in each answer what is left."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._exempt = re.compile(settings.RATE_LIMIT_EXEMPT)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._exempt.match(request.path_info):
            return self.get_response(request)
        verdict: Verdict = request.META.get(CHARGED) or self._charge(request)
        response = self.get_response(request) if verdict.allowed else _refusal(request)
        for name, value in headers(verdict).items():
            response[name] = value
        return response

    def _charge(self, request: HttpRequest) -> Verdict:
        subject, limit = allowance_of(request)
        verdict = charge(subject, limit)
        if not verdict.allowed:
            log.info("request.rate_limited", limit=limit.name, subject=subject)
        return verdict


def _refusal(request: HttpRequest) -> HttpResponse:
    return plain_error(request, TOO_MANY, "rate_limited", 429)
