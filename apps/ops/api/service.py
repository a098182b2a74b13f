"""`GET /`: who answers here and whether it works (jobs contract, 5)."""

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.times import iso
from apps.ops.api.health import NOW, ProbeView
from apps.ops.services.check_health import check_health
from apps.ops.services.probing import Health

WORDS = {Health.HEALTHY: "ok", Health.DEGRADED: "degraded", Health.UNHEALTHY: "down"}
SHOWN = ("database", "redis")


class ServiceOutput(serializers.Serializer[Any]):
    """The service, and the two servers it stands on."""

    service = serializers.CharField()
    version = serializers.CharField()
    status = serializers.ChoiceField(choices=list(WORDS.values()))
    checks = serializers.DictField(child=serializers.CharField())
    time = serializers.DateTimeField()


class ServiceView(ProbeView):
    authentication_classes = ()

    @extend_schema(
        operation_id="service",
        summary="The service and its state",
        description="A browser is redirected to the staff's pages.",
        tags=["operations"],
        responses={
            200: OpenApiResponse(ServiceOutput, "It works, if `degraded` not all of it."),
            302: OpenApiResponse(description="A browser, to the staff's pages."),
            503: OpenApiResponse(ServiceOutput, "Down; `checks` says what is failing."),
        },
        examples=[
            OpenApiExample(
                "Ok",
                {
                    "service": "backroom",
                    "version": "0.1.0",
                    "status": "ok",
                    "checks": {"database": "ok", "redis": "ok"},
                    "time": NOW,
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        if "text/html" in request.headers.get("Accept", ""):
            return HttpResponseRedirect(reverse("admin:index"))
        report = check_health()
        checks = {
            name: "ok" if report.findings[name].health is Health.HEALTHY else "failing"
            for name in SHOWN
        }
        failing = {
            name: "failing"
            for name, finding in report.findings.items()
            if finding.health is Health.UNHEALTHY
        }
        body = {
            "service": settings.SERVICE_NAME,
            "version": settings.SERVICE_VERSION,
            "status": WORDS[report.health],
            "checks": checks | failing,
            "time": iso(timezone.now()),
        }
        return Response(body, status=503 if report.health is Health.UNHEALTHY else 200)
