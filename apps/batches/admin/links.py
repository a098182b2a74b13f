"""Addresses of filtered lists, for whatever shows a number."""

from urllib.parse import urlencode

from django.urls import reverse

from apps.batches.models import BatchRun


def rows_url(run: BatchRun | None = None, **filters: object) -> str:
    """Return the address of a list of rows."""
    asked = ({"batch": str(run.pk)} if run else {}) | filters
    return _list("batches_batchrow", asked)


def runs_url(**filters: object) -> str:
    """Return the address of a list of batches."""
    return _list("batches_batchrun", filters)


def _list(model: str, filters: dict[str, object]) -> str:
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address
