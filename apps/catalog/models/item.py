import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper

from apps.catalog.querysets import SEARCHED, ItemQuerySet
from apps.core.cache.noting import noted


@pghistory.track(
    pghistory.InsertEvent("added"),
    pghistory.UpdateEvent("changed"),
    context_field=pghistory.ContextJSONField(),
    append_only=True,
    model_name="ItemEvent",
)
class Item(models.Model):
    """
    Something that the shop sells.

    A deleted item stays a row: old orders point to it, and staff may bring it back.
    """

    id = models.AutoField(primary_key=True)
    name = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    color = models.TextField(null=True, blank=True)
    fabric = models.TextField(null=True, blank=True)
    special_features = models.TextField(null=True, blank=True)
    image_path = models.TextField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        db_table = "items"
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(
                models.F("created_at").desc(),
                models.F("id").desc(),
                condition=models.Q(deleted_at=None),
                name="item_active_newest_first",
            ),
            models.Index(
                models.F("deleted_at").desc(),
                models.F("id").desc(),
                condition=models.Q(deleted_at__isnull=False),
                name="item_latest_deleted_first",
            ),
            # What `searched` asks for: Django's icontains compares UPPER(column).
            GinIndex(
                *(OpClass(Upper(name), name="gin_trgm_ops") for name in SEARCHED),
                name="item_search",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price__gte=0), name="item_price_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"\S"), name="item_name_not_blank"
            ),
        ]
        triggers = noted("items")

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        """Return whether the shop no longer sells it."""
        return self.deleted_at is not None
