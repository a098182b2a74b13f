"""The first page of the admin: the shop's figures, then those of the work under way."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.staff import staff_of
from apps.batches.dashboard import dashboard
from apps.orders.first_page import shop_figures


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the page what this person may see."""
    shown = dashboard(request, context)
    if staff_of(request).has_perm("orders.view_order"):
        shown["figures"] = [*shop_figures(timezone.now()), *shown["figures"]]
    return shown
