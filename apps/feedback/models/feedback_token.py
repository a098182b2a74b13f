from datetime import datetime

from django.db import models
from django.db.models import F, Q

from apps.feedback.querysets import FeedbackTokenQuerySet
from apps.feedback.status import LinkState
from apps.orders.models import Order


class FeedbackToken(models.Model):
    """
    The secret of a customer's link.

    Only its digest is kept; who holds the key of apps/feedback/secret_links.py makes the same
    secret again from the seed, so that staff may copy a live link twice.
    """

    id = models.AutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="feedback_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    seed = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = FeedbackTokenQuerySet.as_manager()

    class Meta:
        db_table = "feedback_tokens"
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                "order",
                condition=Q(used_at=None, revoked_at=None),
                name="feedback_token_one_open_per_order",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="feedback_token_lives_a_while"
            ),
        ]

    def __str__(self) -> str:
        return f"Link {self.pk} of {self.order}"

    def state_at(self, now: datetime) -> LinkState:
        """Return what has become of the link."""
        if self.used_at:
            return LinkState.USED
        if self.revoked_at:
            return LinkState.REVOKED
        return LinkState.LIVE if self.expires_at > now else LinkState.EXPIRED
