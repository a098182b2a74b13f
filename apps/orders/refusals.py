"""Why an order is not accepted: the sentences that the staff client shows."""

from collections.abc import Iterable
from typing import Any

from apps.core.errors import Detail, DomainError, Missing, Refused


class OrderRefused(Refused):
    """The order cannot be accepted like this."""

    code = "order_refused"

    def __init__(self, message: str, field: str = "") -> None:
        """Name the field that is to blame."""
        super().__init__(message, details=[Detail(field, "invalid", message)] if field else None)


class OrderNotFound(Missing):
    """Order not found"""

    code = "order_not_found"


class OrderChanged(DomainError):
    """Somebody else has changed the order since you opened it; load it again."""

    code = "order_changed"

    def __init__(self, version: int) -> None:
        """Tell the version that the order has now."""
        super().__init__(extra={"version": version})


def must_be_one_of(label: str, field: str, allowed: Iterable[Any]) -> OrderRefused:
    """Return the refusal of a word that is none of the allowed ones."""
    return OrderRefused(f"Invalid {label}. Must be one of: {', '.join(allowed)}", field)
