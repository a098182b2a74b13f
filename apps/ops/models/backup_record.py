from django.db import models
from django.db.models.functions import Now


class BackupRecord(models.Model):
    """That a backup was made, or that one was restored for practice, and how it went."""

    class Kind(models.TextChoices):
        """What was done."""

        BACKUP = "backup", "Backup"
        DRILL = "drill", "Restore drill"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=255)
    at = models.DateTimeField(db_default=Now())
    has_passed = models.BooleanField()
    seconds = models.FloatField()
    report = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [models.Index("kind", models.F("at").desc(), name="backup_record_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
