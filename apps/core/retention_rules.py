"""What this app forgets."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from apps.core.models import IdempotentAnswer, OutboxMessage
from apps.core.retention import Cut, Tally, register

AT_ONCE = 5_000


class IdempotencyKeys:
    """The first answers to POSTs with an Idempotency-Key."""

    name = "idempotency-keys"
    about = "answers that are replayed for an Idempotency-Key"

    def age(self) -> timedelta:
        return timedelta(hours=settings.IDEMPOTENCY_HOURS)

    def due(self, cut: Cut) -> Tally:
        return Tally(self._due(cut).count())

    def remove_some(self, cut: Cut) -> Tally | None:
        some = self._due(cut).order_by("created_at")[:AT_ONCE]
        count, _ = IdempotentAnswer.objects.filter(pk__in=some.values("pk")).delete()
        return Tally(count) if count else None

    def _due(self, cut: Cut) -> QuerySet[IdempotentAnswer]:
        return IdempotentAnswer.objects.filter(created_at__lt=cut.before)


class DeadLetters:
    """Tasks that failed too often, and that nobody wanted to run again."""

    name = "dead-letters"
    about = "background tasks that failed too often"

    def age(self) -> timedelta:
        return timedelta(days=settings.FAILED_JOB_TTL_DAYS)

    def due(self, cut: Cut) -> Tally:
        return Tally(self._due(cut).count())

    def remove_some(self, cut: Cut) -> Tally | None:
        some = self._due(cut).order_by("pk")[:AT_ONCE]
        count, _ = OutboxMessage.objects.filter(pk__in=some.values("pk")).delete()
        return Tally(count) if count else None

    def _due(self, cut: Cut) -> QuerySet[OutboxMessage]:
        return OutboxMessage.objects.filter(failed_at__lt=cut.before)


register(IdempotencyKeys())
register(DeadLetters())
