"""Figures for Prometheus: the same whichever process is asked (etl contract, 4.5)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.authentication import BearerAuthentication, StaffSessionAuthentication
from apps.accounts.permissions import HasRole
from apps.ops.api.plain import FirstRenderer
from apps.ops.services.backup_figures import backup_ages
from apps.ops.services.job_figures import JobFigures, job_figures
from apps.ops.services.process_metrics import process_metrics

log = structlog.get_logger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SCRAPER = "metrics-token"
AGES = {
    "backup": ("backup_age_seconds", "How long ago the latest backup was made."),
    "drill": ("restore_drill_age_seconds", "How long ago a restore drill last passed."),
}


class MetricsTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` with METRICS_TOKEN, for a scraper that is nobody's user."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str] | None:
        token = settings.METRICS_TOKEN
        header = request.headers.get("Authorization", "")
        if token and constant_time_compare(header, f"Bearer {token}"):
            return AnonymousUser(), SCRAPER
        return None

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


class MayScrape(HasRole):
    """A scraper with the token, or any viewer."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth == SCRAPER or super().has_permission(request, view)


class ProcessCollector(Collector):
    """What all processes have counted."""

    def collect(self) -> Iterator[Metric]:
        yield from process_metrics(Path(settings.METRICS_DIR))


class LedgerCollector(Collector):
    """What waits in PostgreSQL; while it is away, the rest is still worth scraping."""

    def collect(self) -> Iterator[Metric]:
        try:
            figures, ages = job_figures(), backup_ages()
        except DatabaseError as error:
            log.warning("metrics.database_unavailable", reason=type(error).__name__)
            yield GaugeMetricFamily("database_up", "Whether PostgreSQL answers.", value=0)
            return
        yield GaugeMetricFamily("database_up", "Whether PostgreSQL answers.", value=1)
        yield from _families(figures)
        for kind, (name, help_text) in AGES.items():
            if kind in ages:  # what never happened has no age; alert on its absence
                yield GaugeMetricFamily(name, help_text, value=ages[kind])


def _families(figures: JobFigures) -> Iterator[Metric]:
    for name, help_text, value in (
        ("outbox_unpublished", "Due tasks that are not with the broker.", figures.unpublished),
        ("outbox_oldest_seconds", "Age of the oldest of them.", figures.oldest_unpublished),
        ("outbox_set_aside", "Tasks that failed too often.", figures.set_aside),
    ):
        yield GaugeMetricFamily(name, help_text, value=value)
    jobs = GaugeMetricFamily("jobs_open", "Jobs that are not finished.", labels=["type", "status"])
    for labels, count in figures.open_jobs.items():
        jobs.add_metric(labels, count)
    yield jobs
    queues = GaugeMetricFamily(
        "queue_oldest_seconds", "How long the oldest due task waits for a worker.", labels=["queue"]
    )
    for queue, seconds in sorted(figures.oldest_of_queue.items()):
        queues.add_metric([queue], seconds)
    yield queues


class PrometheusView(APIView):
    authentication_classes = (
        MetricsTokenAuthentication,
        BearerAuthentication,
        StaffSessionAuthentication,
    )
    permission_classes = (MayScrape,)
    content_negotiation_class = FirstRenderer
    scope = "operations"

    @extend_schema(
        operation_id="prometheus",
        summary="Figures for Prometheus",
        description="Requests, jobs, outbox and queues, summed over all processes.",
        tags=["operations"],
        responses={
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, "Text format 0.0.4."),
        },
    )
    def get(self, _request: Request) -> HttpResponse:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(ProcessCollector())
        registry.register(LedgerCollector())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)
