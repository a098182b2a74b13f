"""How a range is cut for a chart: by day, by week from Monday on, or by month."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from apps.orders.sales.overview import Overview, Sold

DAY = timedelta(days=1)
MOST_DAYS = 31
MOST_WEEKS = 26


class Span(NamedTuple):
    """Some days in a row, with what was sold in them; the last one may be open."""

    first: date
    last: date | None
    sold: Sold

    @property
    def label(self) -> str:
        """Return `3 Nov`, `3-9 Nov`, `Nov 2026`, or `Later`."""
        return label_of(self.first, self.last)


def label_of(first: date, last: date | None) -> str:
    """Return what some days in a row are called."""
    if last is None:
        return "Later"
    if first == last:
        return f"{first.day} {first:%b}"
    if first.day == 1 and (last + DAY).day == 1:
        return f"{first:%b %Y}"
    if first.month == last.month:
        return f"{first.day}–{last.day} {last:%b}"  # noqa: RUF001 - a dash, meant
    return f"{first.day} {first:%b} – {last.day} {last:%b}"  # noqa: RUF001


def spans_of(overview: Overview) -> list[Span]:
    """Return the range in spans without a gap; what is dated later than today comes last."""
    first, today = overview.first, overview.today
    spans = [Span(start, end, _sum(overview, start, end)) for start, end in cut(first, today)]
    later = _sum(overview, today + DAY, date.max)
    return [*spans, Span(today + DAY, None, later)] if later.number else spans


def cut(first: date, today: date) -> Iterator[tuple[date, date]]:
    """Return the first and last day of each span of a range."""
    days = (today - first).days + 1
    while first <= today:
        if days <= MOST_DAYS:
            last = first
        elif days <= MOST_WEEKS * 7:
            last = first + timedelta(days=6 - first.weekday())
        else:
            last = (first.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY
        yield first, min(last, today)
        first = last + DAY


def _sum(overview: Overview, first: date, last: date) -> Sold:
    total = Sold()
    for day, sold in overview.days.items():
        if first <= day <= last:
            total = total.plus(sold)
    return total
