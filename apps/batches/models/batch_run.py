from django.db import models
from django.db.models import F, Q

from apps.batches.querysets import BatchRunQuerySet
from apps.batches.status import COUNTER_OF, Outcome
from apps.core.ids import public_id


def _counters() -> models.expressions.Combinable:
    total = F("expanded") * 0
    for counter in COUNTER_OF.values():
        total = total + F(counter)
    return total


class BatchRun(models.Model):
    """What a batch has beyond its job: source, options, and the counts of its rows."""

    job = models.OneToOneField(
        "jobs.Job", on_delete=models.CASCADE, primary_key=True, related_name="batch"
    )
    session = models.ForeignKey(
        "batches.BatchSession", on_delete=models.PROTECT, related_name="runs"
    )
    upload = models.ForeignKey(
        "uploads.Upload", null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Inline records as accepted, compressed, until they have become rows.
    staged = models.BinaryField(null=True)
    source = models.JSONField(null=True)
    sheet = models.CharField(max_length=255, blank=True)
    verbose = models.BooleanField(default=False)
    allow_duplicates = models.BooleanField(default=False)
    possible_duplicates = models.PositiveIntegerField(default=0)
    first_record = models.JSONField(default=dict)
    # No row before this number is open: where the next slice begins to look.
    cursor = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, null=True)
    # What the last second's progress knew besides the counts: latency, calls in flight.
    pulse = models.JSONField(default=dict)

    total = models.PositiveIntegerField(default=0)
    expanded = models.PositiveIntegerField(default=0)
    is_expanded = models.BooleanField(default=False)
    pending = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    retrying = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    needs_action = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)

    objects = BatchRunQuerySet.as_manager()

    class Meta:
        db_table = "batch_runs"
        verbose_name = "batch"
        verbose_name_plural = "batches"
        ordering = ("-job_id",)
        constraints = [
            models.CheckConstraint(condition=Q(expanded=_counters()), name="batch_run_rows_add_up"),
            models.CheckConstraint(
                condition=Q(total__gte=F("expanded"))
                & (Q(is_expanded=False) | Q(total=F("expanded"))),
                name="batch_run_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(outcome=None) | Q(is_expanded=True, pending=0, in_flight=0, retrying=0),
                name="batch_run_finished_when_all_rows_are",
            ),
            models.CheckConstraint(
                condition=Q(is_expanded=False) | Q(staged=None),
                name="batch_run_staged_until_expanded",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values) | Q(outcome=None),
                name="batch_run_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return public_id("job", self.pk)

    @property
    def open_rows(self) -> int:
        """Return how many rows have no final state yet, those not yet expanded included."""
        return self.total - self.expanded + self.pending + self.in_flight + self.retrying

    @property
    def done_rows(self) -> int:
        """Return how many rows have their final state."""
        return self.total - self.open_rows

    @property
    def counts(self) -> dict[str, int]:
        """Return the contract's `counts`; rows not yet expanded are pending."""
        found = {str(state): getattr(self, name) for state, name in COUNTER_OF.items()}
        found["pending"] += self.total - self.expanded
        return found
