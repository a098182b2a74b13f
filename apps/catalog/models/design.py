import pghistory
from django.db import models
from django.db.models.functions import Now

from apps.catalog.models.item import Item
from apps.catalog.querysets import DesignQuerySet
from apps.core.cache.noting import noted


@pghistory.track(
    pghistory.InsertEvent("added"),
    pghistory.UpdateEvent("changed"),
    pghistory.DeleteEvent("removed"),
    context_field=pghistory.ContextJSONField(),
    append_only=True,
    model_name="DesignEvent",
)
class Design(models.Model):
    """A variant of an item, with a picture of its own; at most one is the item's primary one."""

    id = models.AutoField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="designs")
    name = models.TextField(db_column="design_name")
    image_path = models.TextField(editable=False)
    is_primary = models.BooleanField(default=False)
    display_order = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DesignQuerySet.as_manager()

    class Meta:
        db_table = "item_designs"
        ordering = ("-is_primary", "display_order", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("item",),
                condition=models.Q(is_primary=True),
                name="design_one_primary_an_item",
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"\S"), name="design_name_not_blank"
            ),
            models.CheckConstraint(condition=~models.Q(image_path=""), name="design_has_an_image"),
        ]
        triggers = noted("items")

    def __str__(self) -> str:
        return self.name
