from datetime import datetime, timedelta

from django.db import models

KEPT = timedelta(hours=24)
PAUSE = timedelta(seconds=30)


class GoogleKeys(models.Model):
    """
    The last good set of keys that Google signs with, shared by every process.

    The row also says when we last asked: that is what keeps a flood of made-up keys from becoming
    a flood of calls.
    """

    url = models.TextField(primary_key=True)
    keys = models.JSONField(default=list)
    fetched_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "Google keys"

    def __str__(self) -> str:
        return f"{len(self.keys)} keys of {self.url}"

    def may_be_asked_for(self, now: datetime) -> bool:
        """Return whether enough time has passed since anybody asked Google."""
        return self.tried_at is None or self.tried_at + PAUSE <= now

    def are_good(self, now: datetime) -> bool:
        """Return whether there are keys, and recent enough ones to be trusted."""
        return self.fetched_at is not None and now < self.fetched_at + KEPT
