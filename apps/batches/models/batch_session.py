from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from apps.batches.querysets import BatchSessionQuerySet
from apps.batches.status import AuthType, Method
from apps.core.encryption import EncryptedJSONField
from apps.core.ids import new_id, public_id


def default_required_fields() -> list[str]:
    """Return what the original asked of every record."""
    return ["memberId", "requestId"]


class BatchSession(models.Model):
    """Where rows are sent, as whom, how fast, and until when."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    api_url = models.URLField(max_length=2048)
    method = models.CharField(max_length=5, choices=Method.choices, default=Method.POST)
    auth_type = models.CharField(max_length=8, choices=AuthType.choices, default=AuthType.BASIC)
    credentials = EncryptedJSONField(null=True)
    credentials_key_id = models.CharField(max_length=16, blank=True)
    required_fields = ArrayField(models.CharField(max_length=128), default=default_required_fields)
    key_field = models.CharField(max_length=128, default="requestId")
    idempotency_header = models.CharField(
        max_length=64, null=True, blank=True, default="Idempotency-Key"
    )
    requests_per_minute = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(1), MaxValueValidator(6000)]
    )
    max_concurrent = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    min_interval_ms = models.PositiveIntegerField(
        default=100, validators=[MaxValueValidator(10_000)]
    )
    timeout_ms = models.PositiveIntegerField(
        default=15_000, validators=[MinValueValidator(1000), MaxValueValidator(60_000)]
    )
    retry_ambiguous = models.BooleanField(default=True)
    pause_on_permission_denied = models.BooleanField(default=False)
    mappings = models.JSONField(default=dict, blank=True)
    # Set by a Retry-After: nobody calls this partner for the session before then.
    not_before = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = BatchSessionQuerySet.as_manager()

    class Meta:
        db_table = "batch_sessions"
        verbose_name = "session"
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index("owner", models.F("created_at").desc(), name="batch_session_by_owner")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(auth_type__in=AuthType.values), name="batch_session_auth_known"
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at=None) | models.Q(credentials=None),
                name="batch_session_deleted_has_no_secret",
            ),
            models.CheckConstraint(
                condition=models.Q(max_concurrent__gte=1, requests_per_minute__gte=1),
                name="batch_session_may_send",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.host} {self.public_id[-6:]}"

    @property
    def public_id(self) -> str:
        """Return what clients see."""
        return public_id("ses", self.pk)

    @property
    def host(self) -> str:
        """Return the partner's host name."""
        return urlsplit(self.api_url).hostname or ""

    def is_expired(self, now: datetime) -> bool:
        """Return whether nothing may be sent any more."""
        return self.deleted_at is not None or self.expires_at <= now
