from django.db import models
from django.db.models.functions import Now

from apps.batches.models.guards import COUNT_INSERTED, COUNT_MOVED, SUCCESS_IS_FINAL
from apps.batches.querysets import BatchRowQuerySet
from apps.batches.status import RowState


class BatchRow(models.Model):
    """One record on its way to the partner."""

    # The trigger `count_inserted` refuses rows without a run, once a statement and not once a row.
    run = models.ForeignKey(
        "batches.BatchRun",
        on_delete=models.CASCADE,
        related_name="rows",
        db_index=False,
        db_constraint=False,
    )
    seq = models.PositiveIntegerField()
    row = models.PositiveIntegerField(null=True)
    key = models.TextField(blank=True, default="")
    member = models.TextField(blank=True, default="")
    # The exact body that is sent, and its SHA-256.
    payload = models.TextField()
    fingerprint = models.BinaryField(max_length=32)
    revision = models.PositiveSmallIntegerField(db_default=1)
    state = models.TextField(choices=RowState.choices, db_default=RowState.PENDING.value)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    # Attempts of this revision since the last explicit retry: three and no more.
    tries = models.PositiveSmallIntegerField(db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    category = models.TextField(null=True)
    subcode = models.TextField(null=True)
    message = models.TextField(null=True)
    issues = models.JSONField(null=True)
    hint = models.TextField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    updated_at = models.DateTimeField(db_default=Now())

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        db_table = "batch_records"
        verbose_name = "row"
        ordering = ("run", "seq")
        constraints = [
            models.UniqueConstraint("run", "seq", name="batch_row_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=RowState.values), name="batch_row_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state=RowState.RETRYING, next_attempt_at__isnull=False)
                | ~models.Q(state=RowState.RETRYING) & models.Q(next_attempt_at=None),
                name="batch_row_due_iff_retrying",
            ),
        ]
        # None of them holds `state`: rows change it twice, and an update that touches no indexed
        # value (HOT) costs a third. Open rows are found by `seq`, beyond the run's cursor.
        indexes = [
            models.Index(
                "run",
                "next_attempt_at",
                condition=models.Q(next_attempt_at__isnull=False),
                name="batch_row_due",
            ),
            models.Index(
                "run",
                "category",
                condition=models.Q(category__isnull=False),
                name="batch_row_by_category",
            ),
            models.Index("key", "run", name="batch_row_by_key"),
        ]
        triggers = [COUNT_INSERTED, COUNT_MOVED, SUCCESS_IS_FINAL]

    def __str__(self) -> str:
        return f"row {self.row or self.seq} {self.key}".strip()
