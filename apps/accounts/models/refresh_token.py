from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.cache.noting import noted_columns
from apps.core.ids import new_id


class RefreshToken(models.Model):
    """One link of a login's chain; using it twice revokes the whole family."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="refresh_tokens"
    )
    family = models.UUIDField(db_index=True)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        triggers = noted_columns("accounts", "revoked_at")

    def __str__(self) -> str:
        return f"login {self.family}"
