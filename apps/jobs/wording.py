"""Numbers and states of a job in people's words; every page of the admin uses these."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.jobs.models import Job
from apps.jobs.status import JobState

MINUTE, HOUR, DAY = 60, 3600, 86_400

# What a colour may say beside the word: neutral, active, waiting, good, mixed, bad.
TONE_OF = {
    JobState.QUEUED: "waiting",
    JobState.SCHEDULED: "waiting",
    JobState.RUNNING: "active",
    JobState.PAUSED: "mixed",
    JobState.CANCELLING: "mixed",
    JobState.COMPLETED: "good",
    JobState.PARTIAL: "mixed",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "neutral",
    JobState.EXPIRED: "neutral",
}


class Progress(NamedTuple):
    """How far something is, ready to be drawn."""

    done: int
    total: int | None
    percent: float
    rate: float | None
    seconds_left: int | None
    is_open: bool

    @classmethod
    def of(cls, job: Job) -> "Progress":
        """Return how far a job is."""
        return cls(
            job.progress_done,
            job.progress_total,
            job.percent,
            job.rate_per_second,
            job.eta_seconds,
            job.is_open,
        )

    @property
    def in_words(self) -> str:
        """Return `120 of 560`, as far as that is known."""
        if self.total is None:
            return f"{self.done:,}"
        return f"{self.done:,} of {self.total:,}"

    @property
    def rate_in_words(self) -> str:
        """Return `12.4 rows/s`, or an empty text while nothing moves."""
        if not self.is_open or not self.rate:
            return ""
        return f"{self.rate:,.0f} rows/s" if self.rate >= 10 else f"{self.rate:.1f} rows/s"

    @property
    def left_in_words(self) -> str:
        """Return `about 2 min left`, or an empty text while nobody knows."""
        if not self.is_open or self.seconds_left is None:
            return ""
        return f"about {duration(self.seconds_left)} left"


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units."""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _two(whole, MINUTE, "min", 1, "s")
    if whole < DAY:
        return _two(whole, HOUR, "h", MINUTE, "min")
    return _two(whole, DAY, "d", HOUR, "h")


def _two(seconds: int, large: int, large_name: str, small: int, small_name: str) -> str:
    rest = seconds % large // small
    first = f"{seconds // large} {large_name}"
    return f"{first} {rest} {small_name}" if rest else first


def chip(word: str, tone: str) -> SafeString:
    """Return a small label whose colour repeats what the word says."""
    return format_html('<span class="br-chip br-{}">{}</span>', tone, word)


def state_chip(job: Job) -> SafeString:
    """Return the job's state as a label."""
    return chip(job.state.label, TONE_OF[job.state])


def progress_cell(progress: Progress, name: str, tone: str = "active") -> SafeString:
    """Return a small bar with its numbers, for a list."""
    return format_html(
        '<span class="br-cell"><span class="br-bar br-small" role="progressbar" aria-label="{}"'
        ' aria-valuemin="0" aria-valuemax="100" aria-valuenow="{}" aria-valuetext="{}">'
        '<span class="br-part br-{}" style="width:{}%"></span></span>'
        '<span class="br-number">{}%</span></span>',
        f"Progress of {name}",
        f"{progress.percent:g}",
        f"{progress.percent:g}%, {progress.in_words}",
        tone,
        f"{progress.percent:g}",
        f"{progress.percent:g}",
    )


def moment(when: datetime) -> SafeString:
    """Return a moment in one line of a list; the tooltip has all of it."""
    exact = when.isoformat(timespec="milliseconds")
    this_year = when.year == timezone.now().year
    shown = date_format(timezone.localtime(when), "j M H:i" if this_year else "j M Y H:i")
    return format_html(
        '<time class="br-nowrap" datetime="{}" title="{}">{}</time>', exact, exact, shown
    )
