"""The list of batches: one ordered query for the page, one for the numbers around it."""

from typing import Any

from rest_framework.request import Request

from apps.batches.api.lookup import caller, find_session
from apps.batches.models import BatchRun
from apps.batches.querysets import BatchRunQuerySet


def matching_runs(request: Request, asked: dict[str, Any]) -> BatchRunQuerySet:
    """
    Return the caller's batches that fit, whatever their status.

    :raises SessionNotFound: if a session is named that the caller may not see
    """
    runs = BatchRun.objects.visible_to(caller(request))
    if asked.get("sessionId"):
        runs = runs.filter(session=find_session(request, asked["sessionId"], history=True))
    if asked.get("outcome"):
        runs = runs.filter(outcome__in=asked["outcome"])
    if asked.get("q"):
        runs = runs.mentioning(asked["q"])
    if asked.get("from"):
        runs = runs.filter(job__created_at__gte=asked["from"])
    if asked.get("to"):
        runs = runs.filter(job__created_at__lte=asked["to"])
    return runs.with_status()


def page_of(
    runs: BatchRunQuerySet, statuses: list[str], *, number: int, size: int
) -> list[BatchRun]:
    """Return one page, the newest first."""
    if statuses:
        runs = runs.standing(statuses)
    start = (number - 1) * size
    return list(runs.with_story().order_by("-job__created_at", "-pk")[start : start + size])
