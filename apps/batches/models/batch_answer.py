from django.db import models
from django.db.models.functions import Now

from apps.batches.models.guards import APPEND_ONLY
from apps.core.ids import public_id


class BatchAnswer(models.Model):
    """How an attempt ended: the partner's answer, or why there is none. Never changed."""

    run = models.ForeignKey(
        "batches.BatchRun",
        on_delete=models.CASCADE,
        related_name="answers",
        db_index=False,
        db_constraint=False,
    )
    pk = models.CompositePrimaryKey("run_id", "seq", "number")
    seq = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(db_default=Now())
    status_code = models.PositiveSmallIntegerField(null=True)
    category = models.TextField(null=True)
    subcode = models.TextField(null=True)
    message = models.TextField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.TextField(null=True)
    is_truncated = models.BooleanField(db_default=False)

    class Meta:
        db_table = "batch_responses"
        ordering = ("run", "seq", "number")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """Return `rsp_<job>:<seq>:<attempt>`: unique by construction."""
        return f"{public_id('rsp', self.run_id)}:{self.seq}:{self.number}"
