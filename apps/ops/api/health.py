"""How the house is: for people, for load balancers and for supervisors (etl contract, 4.1-4.3)."""

import time
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Role, User
from apps.core.times import iso
from apps.ops.api.plain import FirstRenderer
from apps.ops.services.check_health import HealthReport, check_health, check_readiness
from apps.ops.services.probing import Health

STARTED = time.monotonic()
NOW = "2025-11-03T09:15:02.418Z"


class HealthOutput(serializers.Serializer[Any]):
    """How the house is; admins also see each part."""

    status = serializers.ChoiceField(choices=[health.word for health in Health])
    timestamp = serializers.DateTimeField()
    version = serializers.CharField()
    uptime = serializers.FloatField(required=False, help_text="Seconds; admins only.")
    environment = serializers.CharField(required=False, help_text="Admins only.")
    checks = serializers.DictField(
        child=serializers.DictField(), required=False, help_text="Admins only."
    )


class ProbeOutput(serializers.Serializer[Any]):
    """The short answer to a probe."""

    status = serializers.CharField()
    timestamp = serializers.DateTimeField()
    version = serializers.CharField()
    checks = serializers.DictField(child=serializers.CharField(), required=False)


class ProbeView(APIView):
    """What all probes share: open to all, never cached, JSON whatever was asked for."""

    permission_classes = (AllowAny,)
    content_negotiation_class = FirstRenderer

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class HealthView(ProbeView):
    def perform_authentication(self, request: Request) -> None:
        """Leave it for later: an expired token must not hide how we are."""

    @extend_schema(
        operation_id="health",
        summary="How the house is",
        tags=["operations"],
        responses={
            200: OpenApiResponse(HealthOutput, "Healthy, or degraded: it works, but look at it."),
            503: OpenApiResponse(HealthOutput, "Unhealthy."),
        },
        examples=[
            OpenApiExample(
                "Anonymous",
                {"status": "healthy", "timestamp": NOW, "version": "0.1.0"},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        report = check_health()
        body = _short(report.health.word)
        if _is_admin(request):
            body |= _for_admins(report)
        return Response(body, status=_http_status(report))


class LiveView(ProbeView):
    authentication_classes = ()

    @extend_schema(
        operation_id="live",
        summary="Whether this process answers",
        description="Asks nobody: neither the database nor the broker.",
        tags=["operations"],
        responses=ProbeOutput,
    )
    def get(self, _request: Request) -> Response:
        return Response(_short("alive"))


class ReadyView(ProbeView):
    authentication_classes = ()

    @extend_schema(
        operation_id="ready",
        summary="Whether this process can serve",
        description="The database answers, all migrations are applied, the broker is reachable.",
        tags=["operations"],
        responses={
            200: OpenApiResponse(ProbeOutput, "Ready."),
            503: OpenApiResponse(ProbeOutput, "Not ready; send requests elsewhere."),
        },
    )
    def get(self, _request: Request) -> Response:
        report = check_readiness()
        word = "not ready" if report.health is Health.UNHEALTHY else "ready"
        checks = {
            name: "failing" if finding.health is Health.UNHEALTHY else "ok"
            for name, finding in report.findings.items()
        }
        return Response(_short(word) | {"checks": checks}, status=_http_status(report))


def _short(word: str) -> dict[str, Any]:
    return {
        "status": word,
        "timestamp": iso(timezone.now()),
        "version": settings.SERVICE_VERSION,
    }


def _for_admins(report: HealthReport) -> dict[str, Any]:
    checks = {
        name: {"status": finding.health.word, **finding.facts}
        for name, finding in report.findings.items()
    }
    return {
        "uptime": round(time.monotonic() - STARTED, 1),
        "environment": settings.ENVIRONMENT,
        "checks": checks,
    }


def _http_status(report: HealthReport) -> int:
    if report.health is Health.UNHEALTHY:
        return status.HTTP_503_SERVICE_UNAVAILABLE
    return status.HTTP_200_OK


def _is_admin(request: Request) -> bool:
    try:
        user = request.user
    except (APIException, OperationalError, InterfaceError):
        return False  # whoever cannot be recognised gets the short answer
    return isinstance(user, User) and user.may_act_as(Role.ADMIN)
