import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from apps.core.cache.noting import noted
from apps.feedback.querysets import FeedbackQuerySet
from apps.orders.models import Order
from apps.orders.status import OrderStatus

LOWEST, HIGHEST = 1, 5
LONGEST_TEXT = 1000


def _in_range(field: str) -> models.CheckConstraint:
    # NULL passes a CHECK, so that a rating which may be missing needs no word of its own.
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": LOWEST, f"{field}__lte": HIGHEST}),
        name=f"feedback_{field}_in_range",
    )


def _not_too_long(field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=LessThanOrEqual(Length(field), LONGEST_TEXT),
        name=f"feedback_{field}_not_too_long",
    )


@pghistory.track(
    pghistory.InsertEvent("given"),
    pghistory.UpdateEvent("changed"),
    context_field=pghistory.ContextJSONField(),
    append_only=True,
    model_name="FeedbackEvent",
    exclude=["updated_at"],
)
class Feedback(models.Model):
    """What a customer says about an order, and what the shop answers."""

    id = models.AutoField(primary_key=True)
    # One to one: however many links and clicks there are, the database keeps one feedback.
    order = models.OneToOneField(
        Order,
        on_delete=models.CASCADE,
        related_name="feedback",
        # What staff are offered when they write down what they were told.
        limit_choices_to={"status": OrderStatus.COMPLETED, "feedback": None},
    )
    rating = models.PositiveSmallIntegerField()
    comment = models.TextField(null=True, blank=True)
    product_quality = models.PositiveSmallIntegerField(null=True, blank=True)
    delivery_experience = models.PositiveSmallIntegerField(null=True, blank=True)
    is_public = models.BooleanField("public", default=True)
    response_text = models.TextField("reply", null=True, blank=True)
    responded_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        db_table = "feedbacks"
        verbose_name_plural = "feedback"
        ordering = ("-created_at", "-id")
        triggers = noted("feedbacks")
        constraints = [
            _in_range("rating"),
            _in_range("product_quality"),
            _in_range("delivery_experience"),
            _not_too_long("comment"),
            _not_too_long("response_text"),
            models.CheckConstraint(
                condition=Q(response_text=None, responded_at=None)
                | Q(response_text__isnull=False, responded_at__isnull=False),
                name="feedback_responded_at_iff_responded",
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="feedback_newest_first"),
            models.Index("rating", F("created_at").desc(), name="feedback_by_rating"),
            models.Index("is_public", F("created_at").desc(), name="feedback_by_visibility"),
            models.Index("created_at", condition=Q(response_text=None), name="feedback_unanswered"),
        ]

    def __str__(self) -> str:
        return f"{self.rating} of {HIGHEST} for {self.order}"

    @property
    def is_answered(self) -> bool:
        """Return whether the shop has replied."""
        return self.responded_at is not None
