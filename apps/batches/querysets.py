from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from apps.accounts.models import Role, User
from apps.batches.status import OPEN_STATES, UNSUCCESSFUL

if TYPE_CHECKING:
    from apps.batches.models import BatchRow, BatchSession  # noqa: F401 - name the generics


class BatchSessionQuerySet(models.QuerySet["BatchSession"]):
    """Reads of sessions, by name."""

    def visible_to(self, user: User) -> "BatchSessionQuerySet":
        """Return the user's own sessions; all of them to an admin."""
        kept = self.filter(deleted_at=None)
        return kept if user.may_act_as(Role.ADMIN) else kept.filter(owner=user)

    def usable(self, now: datetime) -> "BatchSessionQuerySet":
        """Return sessions by which rows may still be sent."""
        return self.filter(deleted_at=None, expires_at__gt=now)


class BatchRowQuerySet(models.QuerySet["BatchRow"]):
    """Reads of rows, by name."""

    def unfinished(self) -> "BatchRowQuerySet":
        """Return rows that still wait for a final state."""
        return self.filter(state__in=OPEN_STATES)

    def unsuccessful(self) -> "BatchRowQuerySet":
        """Return rows that ended without success and may be sent again on request."""
        return self.filter(state__in=UNSUCCESSFUL)
