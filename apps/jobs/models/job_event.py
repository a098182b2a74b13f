from django.db import models
from django.db.models.functions import Now

from apps.jobs.models.guards import APPEND_ONLY


class JobEvent(models.Model):
    """Something that happened to a job; the timeline is only ever added to."""

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=32)
    level = models.CharField(max_length=8, default="info")
    message = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict)
    actor = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "job_events"
        ordering = ("id",)
        indexes = [models.Index("job", "at", name="job_event_by_time")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.kind} {self.message}".strip()
