"""
The sales figures, kept up to date by what has changed (apps/orders/sales).

Writers only note which order they touched. Whoever reads the figures takes the notes first:
what the orders used to add is taken back, what they add now is added.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F

from apps.orders.sales.windows import PartKind


class SalesChange(models.Model):
    """A note that an order, or a line of it, has changed since it was counted."""

    id = models.BigAutoField(primary_key=True)
    order_id = models.IntegerField()

    class Meta:
        db_table = "sales_changes"

    def __str__(self) -> str:
        return f"order {self.order_id}"


class SalesPart(models.Model):
    """
    What one order, as counted, adds to one group: its source, its customer, an item.

    The subtitle of a customer is the customer's id, that of a source is the order's status.
    """

    id = models.BigAutoField(primary_key=True)
    order_id = models.IntegerField()
    kind = models.TextField(choices=PartKind.choices)
    key = models.UUIDField()
    title = models.TextField()
    subtitle = models.TextField()
    n = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=20, decimal_places=2)
    completed = models.BooleanField()
    at = models.DateTimeField()
    seen = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "sales_parts"
        indexes = [
            models.Index("order_id", name="sales_part_by_order"),
            models.Index("at", name="sales_part_by_date"),
            models.Index("key", F("seen").desc(), name="sales_part_latest_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.title}"


class SalesDay(models.Model):
    """What the orders of one day (UTC), in one state and from one source, add up to."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    status = models.TextField()
    source = models.TextField()
    n = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        db_table = "sales_days"
        constraints = [
            models.UniqueConstraint("day", "status", "source", name="sales_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.n} on {self.day}"


class SalesWindow(models.Model):
    """From when on the figures of a range count, and how many customers are in it."""

    id = models.BigAutoField(primary_key=True)
    days = models.PositiveSmallIntegerField()
    completed_only = models.BooleanField()
    starts_at = models.DateTimeField()
    customers = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "sales_windows"
        constraints = [
            models.UniqueConstraint("days", "completed_only", name="sales_window_once"),
        ]

    def __str__(self) -> str:
        return f"{self.days} days"


class SalesFigure(models.Model):
    """What all orders of a window add up to in one group."""

    id = models.BigAutoField(primary_key=True)
    days = models.PositiveSmallIntegerField()
    completed_only = models.BooleanField()
    kind = models.TextField(choices=PartKind.choices)
    key = models.UUIDField()
    n = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=20, decimal_places=2)
    seen = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "sales_figures"
        constraints = [
            models.UniqueConstraint("key", "days", "completed_only", name="sales_figure_once"),
        ]
        indexes = [
            models.Index(
                "days",
                "completed_only",
                "kind",
                F("n").desc(),
                F("seen").desc(),
                name="sales_figure_most",
            ),
            models.Index(
                "days",
                "completed_only",
                "kind",
                F("revenue").desc(),
                F("n").desc(),
                F("seen").desc(),
                name="sales_figure_dearest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.n} in {self.days} days"
