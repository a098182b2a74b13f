from django.db import models


class PeriodicRun(models.Model):
    """How a task of the timetable went when it last ran; one row each, written over."""

    name = models.CharField(max_length=100, primary_key=True)
    started_at = models.DateTimeField()
    took_ms = models.FloatField()
    # Empty after a success.
    error = models.CharField(max_length=500, blank=True)
    worker = models.CharField(max_length=255)
    failed_in_a_row = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "periodic_runs"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
