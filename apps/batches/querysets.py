from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Now

from apps.accounts.models import Role, User
from apps.batches.status import OPEN_STATES, UNSUCCESSFUL, BatchStatus
from apps.core.lean import columns, fetch_as
from apps.jobs.models import Job, JobEvent, QueueState
from apps.jobs.status import JobStatus, JobType

if TYPE_CHECKING:
    from apps.batches.models import BatchRow, BatchRun, BatchSession  # noqa: F401 - name generics


def _standing() -> Case:
    """Return the one translation of the ledger's columns into the words of the batch contract."""
    queue_stands = Exists(
        QueueState.objects.filter(
            name__in=(QueueState.SLICES, JobType.BATCH), paused_at__isnull=False
        )
    )
    return Case(
        When(job__status=JobStatus.COMPLETED, then=Value(BatchStatus.COMPLETED)),
        When(
            job__status=JobStatus.FAILED,
            job__error_code="cancelled",
            then=Value(BatchStatus.CANCELLED),
        ),
        When(job__status=JobStatus.FAILED, then=Value(BatchStatus.FAILED)),
        When(job__paused_at__isnull=False, then=Value(BatchStatus.PAUSED)),
        When(job__lease_until__isnull=False, then=Value(BatchStatus.ACTIVE)),
        When(job__next_attempt_at__gt=Now(), then=Value(BatchStatus.DELAYED)),
        When(queue_stands, then=Value(BatchStatus.PAUSED)),
        When(job__status=JobStatus.IN_PROGRESS, then=Value(BatchStatus.ACTIVE)),
        default=Value(BatchStatus.WAITING),
        output_field=models.TextField(),
    )


def _number(query: "models.QuerySet[models.Model]", of: models.Aggregate) -> Coalesce:
    """Return the aggregate over a correlated query as a column of the outer one, 0 for none."""
    grouped = query.order_by().annotate(everything=Value(1)).values("everything")
    number = Subquery(grouped.annotate(number=of).values("number"))
    return Coalesce(number, 0, output_field=models.IntegerField())


class BatchSessionQuerySet(models.QuerySet["BatchSession"]):
    """Reads of sessions, by name."""

    def visible_to(self, user: User) -> "BatchSessionQuerySet":
        """Return the user's own sessions; all of them to an admin."""
        kept = self.filter(deleted_at=None)
        return kept if user.may_act_as(Role.ADMIN) else kept.filter(owner=user)

    def remembered_by(self, user: User) -> "BatchSessionQuerySet":
        """Return the sessions whose history the user may read: deleted ones, too."""
        return self.all() if user.may_act_as(Role.ADMIN) else self.filter(owner=user)

    def seen_by(self, user: User, key: UUID, *, history: bool = False) -> "BatchSession | None":
        """Return the user's session without its secrets, a deleted one only for its history."""
        secrets = ("credentials",)
        found = fetch_as(
            self.model,
            f"""
            SELECT {columns(self.model, without=secrets)} FROM {self.model._meta.db_table}
            WHERE id = %(key)s AND (%(all)s OR owner_id = %(user)s)
            AND (%(history)s OR deleted_at IS NULL)
            """,  # noqa: S608 - made of our own model
            without=secrets,
            key=key,
            user=user.pk,
            all=user.may_act_as(Role.ADMIN),
            history=history,
        )
        return found[0] if found else None

    def with_job_counts(self) -> "BatchSessionQuerySet":
        """Add `job_count` and `open_errors`, without the secrets."""
        runs = apps.get_model("batches", "BatchRun").objects.filter(session=OuterRef("pk"))
        return self.defer("credentials").annotate(
            job_count=_number(runs.filter(job__archived_at=None), Count("pk")),
            open_errors=_number(runs, Sum("needs_action")),
        )

    def with_counts(self) -> "BatchSessionQuerySet":
        """Add `job_count`, `open_errors` and `log_count`, without the secrets."""
        answers = apps.get_model("batches", "BatchAnswer").objects
        return self.with_job_counts().annotate(
            log_count=_number(
                JobEvent.objects.filter(job__batch__session=OuterRef("pk")), Count("pk")
            )
            + _number(answers.filter(run__session=OuterRef("pk")), Count("*")),
        )

    def usable(self, now: datetime) -> "BatchSessionQuerySet":
        """Return sessions by which rows may still be sent."""
        return self.filter(deleted_at=None, expires_at__gt=now)


class BatchRunQuerySet(models.QuerySet["BatchRun"]):
    """Reads of batches, by name."""

    def visible_to(self, user: User) -> "BatchRunQuerySet":
        """Return the user's own batches; all of them to an admin."""
        kept = self.filter(job__archived_at=None)
        return kept if user.may_act_as(Role.ADMIN) else kept.filter(job__owner=user)

    def with_status(self) -> "BatchRunQuerySet":
        """Add `status`: one of the seven words of the batch contract."""
        return self.annotate(status=_standing())

    def standing(self, statuses: list[str]) -> "BatchRunQuerySet":
        """Return the batches in one of these statuses, after `with_status`."""
        return self.filter(Q(("status__in", statuses)))

    def numbers_by_status(self) -> dict[str, int]:
        """Return how many batches there are of each of the seven, after `with_status`."""
        words = {word: Count("pk", filter=Q(("status", word))) for word in BatchStatus.values}
        return self.order_by().aggregate(**words)

    def with_story(self) -> "BatchRunQuerySet":
        """Add all that a job's progress is told from: job, session, and who else waits."""
        waiting = Job.objects.filter(type=JobType.BATCH, status=JobStatus.PENDING, paused_at=None)
        return (
            self.select_related("job", "session")
            .defer("session__credentials", "staged", "source", "job__params")
            .annotate(backlog=_number(waiting, Count("pk")))
        )

    def mentioning(self, text: str) -> "BatchRunQuerySet":
        """Return batches with a row of this key or this member."""
        rows = apps.get_model("batches", "BatchRow").objects
        found = rows.filter(Q(key=text) | Q(member=text)).order_by().values("run_id")
        return self.filter(pk__in=found)


class BatchRowQuerySet(models.QuerySet["BatchRow"]):
    """Reads of rows, by name."""

    def fitting(
        self, *, states: list[str], categories: list[str], text: str | None
    ) -> "BatchRowQuerySet":
        """Return the rows that fit whichever of these is given."""
        rows = self.filter(state__in=states) if states else self.all()
        if categories:
            rows = rows.filter(category__in=categories)
        if text:
            rows = rows.filter(Q(key__icontains=text) | Q(member__icontains=text))
        return rows

    def unfinished(self) -> "BatchRowQuerySet":
        """Return rows that still wait for a final state."""
        return self.filter(state__in=OPEN_STATES)

    def unsuccessful(self) -> "BatchRowQuerySet":
        """Return rows that ended without success and may be sent again on request."""
        return self.filter(state__in=UNSUCCESSFUL)
