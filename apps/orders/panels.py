"""What apps above this one add to an order's page in the admin, without this one knowing them."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.orders.models import Order

Panel = Callable[[HttpRequest, Order], SafeString]
_panels: list[Panel] = []


def add_panel(panel: Panel) -> None:
    """Have this panel shown on the page of every order."""
    _panels.append(panel)


def panels_of(request: HttpRequest, order: Order) -> list[SafeString]:
    """Return the panels of one order, for whoever looks at it."""
    return [panel(request, order) for panel in _panels]
