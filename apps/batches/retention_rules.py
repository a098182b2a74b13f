"""What this app forgets before the jobs themselves are forgotten."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from apps.batches.models import BatchAnswer, BatchRun
from apps.batches.services.remove_rows import remove_rows
from apps.core.retention import Cut, Tally, register
from apps.jobs.status import OPEN


class Answers:
    """Partners' answers; what they meant for a row stays with the row."""

    name = "batch-answers"
    about = "partners' answers with their bodies"

    def age(self) -> timedelta:
        return timedelta(days=settings.BATCH_ANSWER_TTL_DAYS)

    def due(self, cut: Cut) -> Tally:
        return Tally(BatchAnswer.objects.filter(run__in=_ended(cut)).count())

    def remove_some(self, cut: Cut) -> Tally | None:
        has_some = Exists(BatchAnswer.objects.filter(run=OuterRef("pk")))
        some = _ended(cut).filter(has_some).order_by("pk").values_list("pk", flat=True)[:1]
        removed = remove_rows(some, tables=("batch_responses",))
        return Tally(removed) if removed else None


def _ended(cut: Cut) -> QuerySet[BatchRun]:
    ended = BatchRun.objects.filter(job__finished_at__lt=cut.before)
    return ended.exclude(job__status__in=OPEN)


register(Answers())
