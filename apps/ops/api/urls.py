from django.urls import URLPattern, path

from apps.ops.api.documents import ApiDocs, ApiSchema
from apps.ops.api.health import HealthView, LiveView, ReadyView
from apps.ops.api.metrics import PrometheusView
from apps.ops.api.service import ServiceView

app_name = "ops"
urlpatterns: list[URLPattern] = [
    path("", ServiceView.as_view(), name="service"),
    path("api/health", HealthView.as_view(), name="health"),
    path("api/health/live", LiveView.as_view(), name="live"),
    path("api/health/ready", ReadyView.as_view(), name="ready"),
    path("api/metrics/prometheus", PrometheusView.as_view(), name="prometheus"),
    path("api/schema", ApiSchema.as_view(), name="schema"),
    path("api/docs", ApiDocs.as_view(), name="docs"),
    # What supervisors try first; the documents name the paths above only.
    path("health", HealthView.as_view(schema=None)),
    path("health/live", LiveView.as_view(schema=None)),
    path("health/ready", ReadyView.as_view(schema=None)),
    path("healthz", LiveView.as_view(schema=None)),
    path("readyz", ReadyView.as_view(schema=None)),
]
