"""How customers rate and how soon they hear back: the figures of the feedback page."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F, Max, Q, Sum
from django.db.models.functions import TruncDate

from apps.feedback.models import Feedback
from apps.feedback.models.feedback import HIGHEST, LOWEST
from apps.feedback.services.read_stats import average


class Median(Aggregate):
    """The value in the middle: one reply that was forgotten for a year does not move it."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Median"
    allow_distinct = False
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Rated:
    """How many feedbacks, and the stars of all of them."""

    number: int = 0
    stars: int = 0

    @property
    def average(self) -> str | None:
        """Return the mean as everywhere, with two decimals."""
        return average(self.stars, self.number)

    def plus(self, other: "Rated") -> "Rated":
        """Return both together."""
        return Rated(self.number + other.number, self.stars + other.stars)


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """What came in from one day to today, and how it was answered."""

    first: date
    today: date
    stars: dict[int, int]
    days: dict[date, Rated]
    answered: int
    public: int
    median_reply: timedelta | None
    slowest_reply: timedelta | None
    waiting: int

    @property
    def total(self) -> Rated:
        """Return everything in the range."""
        return Rated(
            sum(self.stars.values()), sum(star * count for star, count in self.stars.items())
        )


def read_figures(*, days: int, now: datetime) -> FeedbackFigures:
    """Return the figures of the last so many days (UTC), today included."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    given = Feedback.objects.filter(created_at__gte=datetime.combine(first, time(), UTC))
    told: dict[str, Any] = given.aggregate(
        answered=Count("pk", filter=Q(responded_at__isnull=False)),
        public=Count("pk", filter=Q(is_public=True)),
        median_reply=Median(F("responded_at") - F("created_at")),
        slowest_reply=Max(F("responded_at") - F("created_at")),
    )
    return FeedbackFigures(
        first=first,
        today=today,
        stars=_stars(given),
        days=_days(given),
        waiting=Feedback.objects.unanswered().count(),
        **told,
    )


def _stars(given: Any) -> dict[int, int]:
    counts = dict(given.order_by().values_list("rating").annotate(Count("pk")))
    return {star: counts.get(star, 0) for star in range(HIGHEST, LOWEST - 1, -1)}


def _days(given: Any) -> dict[date, Rated]:
    rows = (
        given.order_by()
        .annotate(day=TruncDate("created_at", tzinfo=UTC))
        .values_list("day")
        .annotate(number=Count("pk"), stars=Sum("rating"))
    )
    return {day: Rated(number, stars) for day, number, stars in rows}
