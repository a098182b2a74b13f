from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.ids import new_id


class SavedSchema(models.Model):
    """A schema under a name. Versions never change; a change is a new version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    document = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "saved_schemas"
        ordering = ("name", "-version")
        constraints = [
            models.UniqueConstraint(fields=("name", "version"), name="saved_schema_once"),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="saved_schema_version_from_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"
