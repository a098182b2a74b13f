import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual

from apps.core.cache.noting import noted
from apps.orders.models.guards import COUNT_DELETED, COUNT_INSERTED, NOTE_CHANGED, NOTE_PLACED
from apps.orders.querysets import OrderQuerySet
from apps.orders.status import (
    HIGHEST_PRIORITY,
    OPEN,
    ConfirmationStatus,
    DeliveryStatus,
    OrderSource,
    OrderStatus,
    PaymentStatus,
)

LONGEST_NOTES = 5000


def _one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"order_{field}_known"
    )


@pghistory.track(
    pghistory.InsertEvent("placed"),
    pghistory.UpdateEvent("changed"),
    context_field=pghistory.ContextJSONField(),
    append_only=True,
    model_name="OrderEvent",
    exclude=["version"],
)
class Order(models.Model):
    """What a customer has ordered, from placing to delivery; names and prices as agreed then."""

    id = models.AutoField(primary_key=True)
    code = models.TextField(editable=False)
    order_from = models.TextField("source", choices=OrderSource.choices)
    customer_name = models.TextField()
    customer_id = models.TextField(
        "customer id",
        help_text="A handle, a phone number or a mail address; invitations need the last one.",
    )
    address = models.TextField(null=True, blank=True)
    total_price = models.DecimalField(max_digits=10, decimal_places=2, editable=False)
    status = models.TextField(choices=OrderStatus.choices, default=OrderStatus.PENDING)
    payment_status = models.TextField(choices=PaymentStatus.choices, default=PaymentStatus.UNPAID)
    paid_amount = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    confirmation_status = models.TextField(
        choices=ConfirmationStatus.choices, default=ConfirmationStatus.UNCONFIRMED
    )
    customer_notes = models.TextField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=0)
    order_date = models.DateTimeField(null=True, blank=True)
    expected_delivery_date = models.DateTimeField(null=True, blank=True)
    delivery_status = models.TextField(
        choices=DeliveryStatus.choices, default=DeliveryStatus.NOT_SHIPPED
    )
    tracking_id = models.TextField("tracking id", null=True, blank=True)
    delivery_partner = models.TextField(null=True, blank=True)
    actual_delivery_date = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Grows with every change; an editor that names the one it has read never overwrites another.
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        db_table = "orders"
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint("code", name="order_code_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^ORD[0-9]{6,}$"), name="order_code_well_formed"
            ),
            _one_of("order_from", OrderSource),
            _one_of("status", OrderStatus),
            _one_of("payment_status", PaymentStatus),
            _one_of("confirmation_status", ConfirmationStatus),
            _one_of("delivery_status", DeliveryStatus),
            models.CheckConstraint(
                condition=Q(customer_name__regex=r"\S", customer_id__regex=r"\S"),
                name="order_customer_not_blank",
            ),
            models.CheckConstraint(
                condition=Q(priority__lte=HIGHEST_PRIORITY), name="order_priority_in_range"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("customer_notes"), LONGEST_NOTES),
                name="order_notes_not_too_long",
            ),
            models.CheckConstraint(
                condition=Q(total_price__gte=0), name="order_total_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(paid_amount__gte=0, paid_amount__lte=F("total_price")),
                name="order_paid_at_most_the_total",
                violation_error_message="Paid amount cannot exceed total price",
            ),
            models.CheckConstraint(
                condition=~Q(payment_status=PaymentStatus.PARTIALLY_PAID)
                | Q(paid_amount__gt=0, paid_amount__lt=F("total_price")),
                name="order_partly_paid_is_neither_nothing_nor_all",
                violation_error_message="Partially paid orders must have a paid amount greater"
                " than 0 and less than the total price",
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="order_newest_first"),
            models.Index("customer_id", name="order_by_customer"),
            # The priority list: open orders, by either of its two reasons.
            models.Index(
                "expected_delivery_date",
                condition=Q(status__in=OPEN),
                name="order_open_by_due_date",
            ),
            models.Index(
                "priority",
                condition=Q(status__in=OPEN, priority__gte=HIGHEST_PRIORITY),
                name="order_open_and_urgent",
            ),
            models.Index("status", F("created_at").desc(), name="order_by_status"),
        ]
        triggers = [COUNT_INSERTED, COUNT_DELETED, NOTE_PLACED, NOTE_CHANGED, *noted("orders")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        """Return whether there is still something to do."""
        return self.status in OPEN
