"""How a batch stands, for its page: counts of rows, why they failed, what can be retried."""

from typing import Any, NamedTuple

from django.db.models import Count

from apps.batches.admin.links import rows_url
from apps.batches.models import BatchRow, BatchRun
from apps.batches.presentation import percent_of, seconds_left
from apps.batches.services.reopen_rows import INVALID, SCOPES
from apps.batches.status import UNSUCCESSFUL, Category, RowState
from apps.jobs.wording import Progress

MOST_GROUPS = 30
UNSUCCESSFUL_FILTER = "unsuccessful"

# In the order of the bar: what is settled first, what is open last.
TONES = {
    RowState.SUCCEEDED: "good",
    RowState.NEEDS_ACTION: "mixed",
    RowState.FAILED: "bad",
    RowState.UNKNOWN: "odd",
    RowState.SKIPPED: "neutral",
    RowState.CANCELLED: "neutral",
    RowState.RETRYING: "waiting",
    RowState.IN_FLIGHT: "active",
    RowState.PENDING: "open",
}
TERMS = {
    RowState.SUCCEEDED: ("succeeded", "succeeded"),
    RowState.NEEDS_ACTION: ("needs action", "need action"),
    RowState.FAILED: ("failed", "failed"),
    RowState.UNKNOWN: ("unknown", "unknown"),
    RowState.SKIPPED: ("skipped", "skipped"),
    RowState.CANCELLED: ("cancelled", "cancelled"),
    RowState.RETRYING: ("retrying", "retrying"),
    RowState.IN_FLIGHT: ("in flight", "in flight"),
    RowState.PENDING: ("pending", "pending"),
}
SCOPE_LABELS = {
    "failed": "Failed rows",
    "unknown": "Rows whose answer nobody saw",
    "all_unsuccessful": "Every row without success",
}


class Segment(NamedTuple):
    """The rows in one state, as a part of the bar and a line of the table."""

    state: str
    label: str
    tone: str
    rows: int
    percent: float
    url: str


class Group(NamedTuple):
    """Rows that failed in the same way."""

    category: str
    status_code: int | None
    message: str
    rows: int
    url: str


class Scope(NamedTuple):
    """A choice of what to send again."""

    value: str
    label: str
    rows: int


def progress_of_run(run: BatchRun) -> Progress:
    """Return how far a batch is; its counts are fresher than its job's."""
    return Progress(
        run.done_rows,
        run.total,
        percent_of(run),
        run.job.rate_per_second,
        seconds_left(run),
        run.job.is_open,
    )


def segments_of(run: BatchRun) -> list[Segment]:
    """Return the states that rows are in, and how many."""
    counts = run.counts
    return [
        Segment(
            state=str(state),
            label=str(state.label),
            tone=tone,
            rows=counts[state],
            percent=round(100 * counts[state] / run.total, 3),
            url=rows_url(run, state=state),
        )
        for state, tone in TONES.items()
        if counts[state]
    ]


def arithmetic_of(run: BatchRun) -> str:
    """Return `560 = 485 succeeded + 61 need action + 14 failed`."""
    counts = run.counts
    terms = [
        f"{counts[state]:,} {one if counts[state] == 1 else many}"
        for state, (one, many) in TERMS.items()
        if counts[state]
    ]
    return f"{run.total:,} = {' + '.join(terms) or '0'}"


def failures_of(run: BatchRun) -> tuple[list[Group], int]:
    """Return the kinds of failures, the most frequent first, and how many rows are of others."""
    ended = run.needs_action + run.failed + run.unknown
    if not ended:
        return [], 0
    rows = BatchRow.objects.filter(run=run, state__in=UNSUCCESSFUL, category__isnull=False)
    counted = (
        rows.order_by()
        .values("category", "status_code", "message")
        .annotate(rows=Count("pk"))
        .order_by("-rows", "category", "status_code", "message")[:MOST_GROUPS]
    )
    groups = [_group(run, dict(each)) for each in counted]
    return groups, ended - sum(group.rows for group in groups)


def _group(run: BatchRun, found: dict[str, Any]) -> Group:
    category, status, message = found["category"], found["status_code"], found["message"] or ""
    url = rows_url(
        run,
        state=UNSUCCESSFUL_FILTER,
        category=category,
        status="none" if status is None else status,
        message=message,
    )
    label = Category(category).label if category in Category.values else category
    return Group(label, status, message, found["rows"], url)


def scopes_of(run: BatchRun) -> list[Scope]:
    """Return what of a finished batch could be sent again, with the number of rows."""
    if run.job.is_open or not (run.needs_action + run.failed + run.unknown + run.cancelled):
        return []
    counts = run.counts
    invalid = invalid_rows(run)
    scopes = []
    for value, states in SCOPES.items():
        rows = sum(counts[state] for state in states)
        rows -= invalid if RowState.NEEDS_ACTION in states else 0
        if rows:
            scopes.append(Scope(value, SCOPE_LABELS[value], rows))
    return scopes


def invalid_rows(run: BatchRun) -> int:
    """Return how many rows cannot be sent before somebody corrects them."""
    if not run.needs_action:
        return 0
    rows = BatchRow.objects.filter(run=run, state=RowState.NEEDS_ACTION, subcode=INVALID)
    return rows.count()
