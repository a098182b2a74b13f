import pghistory
from django.db import models
from django.db.models import Q

from apps.catalog.models import Design, Item
from apps.core.cache.noting import noted
from apps.orders.models.guards import NOTE_ADDED, NOTE_MOVED, NOTE_REMOVED
from apps.orders.models.order import Order


@pghistory.track(
    pghistory.InsertEvent("added"),
    pghistory.UpdateEvent("changed"),
    pghistory.DeleteEvent("removed"),
    context_field=pghistory.ContextJSONField(),
    append_only=True,
    model_name="OrderItemEvent",
)
class OrderItem(models.Model):
    """One line of an order, with the name and the price of the day it was agreed."""

    id = models.AutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="order_items")
    design = models.ForeignKey(
        Design, on_delete=models.SET_NULL, null=True, blank=True, related_name="order_items"
    )
    name = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    quantity = models.PositiveIntegerField()
    customization_request = models.TextField(null=True, blank=True)

    class Meta:
        db_table = "order_items"
        verbose_name = "line"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="order_item_quantity_positive"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="order_item_price_not_negative"),
        ]
        triggers = [NOTE_ADDED, NOTE_MOVED, NOTE_REMOVED, *noted("orders")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"  # noqa: RUF001 - the sign for times, meant
