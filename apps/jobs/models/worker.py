from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Worker(models.Model):
    """
    A worker as it described itself when it was last heard of; it writes here every few seconds.

    What it works on stands in the jobs: `process_ids` are the names under which its processes
    hold leases.
    """

    name = models.CharField(max_length=255, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    version = models.CharField(max_length=32)
    queues = ArrayField(models.CharField(max_length=64), default=list)
    processes = models.PositiveIntegerField()
    process_ids = ArrayField(models.CharField(max_length=255), default=list)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_default=Now())
    leaving_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workers"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
