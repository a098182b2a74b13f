"""Free text: trimmed, blank is nothing, and nothing that the database cannot store."""

from typing import Any

from apps.orders.models.order import LONGEST_NOTES
from apps.orders.refusals import OrderRefused


def free_text(value: Any, field: str, label: str) -> str | None:
    """
    Return the trimmed text, or nothing for null and blank.

    :raises OrderRefused: if it is no text
    """
    if value is None:
        return None
    if not isinstance(value, str) or "\0" in value:
        raise OrderRefused(f"{label} must be text", field)
    return value.strip() or None


def notes(value: Any) -> str | None:
    """
    Return the customer's notes.

    :raises OrderRefused: if they are too long before they are trimmed, as a browser counts
    """
    if isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > LONGEST_NOTES:
        message = f"Customer notes cannot exceed {LONGEST_NOTES} characters"
        raise OrderRefused(message, "customerNotes")
    return free_text(value, "customerNotes", "Customer notes")
