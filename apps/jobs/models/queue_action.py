from django.db import models
from django.db.models.functions import Now

from apps.jobs.models.guards import APPEND_ONLY

DONE = {
    "pause": "paused",
    "resume": "resumed",
    "retry": "retried",
    "cancel": "cancelled",
    "delete": "removed",
}


class QueueAction(models.Model):
    """Who did what to a queue, or to many jobs at once; what one job went through is its events."""

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=16)
    subject = models.CharField(max_length=500)
    reason = models.CharField(max_length=500, blank=True)
    # Of how many jobs, where jobs are meant.
    count = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "queue_actions"
        ordering = ("-id",)
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.in_words

    @property
    def in_words(self) -> str:
        """Return what was done: `paused queue export`."""
        return f"{DONE.get(self.action, self.action)} {self.subject}"
