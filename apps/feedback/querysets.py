from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

from apps.feedback.status import MailKind, MailState
from apps.orders.status import OrderStatus

if TYPE_CHECKING:
    from apps.feedback.models import (  # noqa: F401 - name the generics
        CustomerMail,
        Feedback,
        FeedbackToken,
    )


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Reads of feedback, by name."""

    def newest_first(self) -> "FeedbackQuerySet":
        """Return feedback in the order of every list."""
        return self.order_by("-created_at", "-id")

    def after(self, created_at: datetime, feedback_id: int) -> "FeedbackQuerySet":
        """Return what follows that place of the list, newest first."""
        place = models.Q(created_at__lt=created_at) | models.Q(
            created_at=created_at, pk__lt=feedback_id
        )
        # The first condition alone is what the index is walked by.
        return self.newest_first().filter(place, created_at__lte=created_at)

    def portions(self, size: int = 500) -> "Iterator[list[Feedback]]":
        """Return all of it, newest first, in portions: no list is held in memory."""
        portion = list(self.newest_first()[:size])
        while portion:
            yield portion
            if len(portion) < size:
                return
            portion = list(self.after(portion[-1].created_at, portion[-1].pk)[:size])

    def unanswered(self) -> "FeedbackQuerySet":
        """Return feedback that nobody has replied to."""
        return self.filter(response_text=None)


class FeedbackTokenQuerySet(models.QuerySet["FeedbackToken"]):
    """Reads of links, by name."""

    def open(self) -> "FeedbackTokenQuerySet":
        """Return links that were neither used nor revoked; they may have expired."""
        return self.filter(used_at=None, revoked_at=None)

    def live_at(self, now: datetime) -> "FeedbackTokenQuerySet":
        """Return links that open the form."""
        return self.open().filter(expires_at__gt=now)


class CustomerMailQuerySet(models.QuerySet["CustomerMail"]):
    """Reads of mails, by name."""

    def owed_reminder(self, sent_before: datetime, sent_after: datetime) -> "CustomerMailQuerySet":
        """Return invitations of that time that nobody has followed."""
        followed = self.model._base_manager.filter(order=OuterRef("order"), kind=MailKind.REMINDER)
        return self.filter(
            ~Exists(followed),
            kind=MailKind.INVITATION,
            state=MailState.SENT,
            sent_at__lte=sent_before,
            sent_at__gt=sent_after,
            order__status=OrderStatus.COMPLETED,
            order__feedback=None,
        )
