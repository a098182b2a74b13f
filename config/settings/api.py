"""The REST API: who may call, how errors read, how it is documented."""

from config import env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.BearerAuthentication",
        "apps.accounts.authentication.StaffSessionAuthentication",
    ],
    # Deny by default: a view that names no role asks for an operator to write, a viewer to read.
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.permissions.HasRole"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsing.OrjsonParser"],
    "EXCEPTION_HANDLER": "apps.core.api.errors.render_error",
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.BackroomSchema",
    "DEFAULT_PAGINATION_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a parameter of exports, no renderer's name
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Backroom",
    "DESCRIPTION": "The back room of a shop: batches, uploads and background jobs.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["apps.accounts.permissions.HasRole"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api",
    "ENUM_NAME_OVERRIDES": {
        "BatchStatus": "apps.batches.status.BatchStatus",
        "JobStatus": "apps.jobs.status.JobStatus",
        "JobState": "apps.jobs.status.JobState",
        "RowState": "apps.batches.status.RowState",
        "OrderSource": "apps.orders.status.OrderSource",
        "OrderStatus": "apps.orders.status.OrderStatus",
        "PaymentStatus": "apps.orders.status.PaymentStatus",
        "ConfirmationStatus": "apps.orders.status.ConfirmationStatus",
        "DeliveryStatus": "apps.orders.status.DeliveryStatus",
    },
}

CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/(api|upload|status|generate|export)"
CORS_EXPOSE_HEADERS = [
    "X-Request-ID",
    "X-Total-Count",
    "ETag",
    "Retry-After",
    "Location",
    "X-Order-Version",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
]

# Where the events process is reached from outside; empty: a proxy in front sends streams there.
EVENTS_URL = env.text("EVENTS_URL", default="").rstrip("/")
EVENTS_MAX_STREAMS = env.number("EVENTS_MAX_STREAMS", default=500)
EVENTS_MAX_STREAMS_PER_USER = 20

ACCESS_TOKEN_SECONDS = 15 * 60
REFRESH_TOKEN_SECONDS = 7 * 24 * 3600
IDEMPOTENCY_HOURS = 24
SERVICE_NAME = env.text("SERVICE_NAME", default="backroom")
SERVICE_VERSION = "0.1.0"
ENVIRONMENT = env.text("ENVIRONMENT", default="production")  # a label; it switches nothing
