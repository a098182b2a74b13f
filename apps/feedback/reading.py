"""The fields of a feedback, one reader each, in the order in which the contract checks them."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.feedback.models.feedback import HIGHEST, LONGEST_TEXT, LOWEST
from apps.feedback.refusals import FeedbackRefused
from apps.orders.reading.numbers import leading_integer

Sent = Mapping[str, Any]
Reader = Callable[[Sent, str], Any]


def rating(sent: Sent, field: str) -> int:
    """
    Return the overall rating.

    :raises FeedbackRefused: if it is missing, or none from 1 to 5
    """
    if sent.get(field) is None:
        raise FeedbackRefused("Overall rating is required", field)
    return _stars(sent[field], field, "Overall rating")


def _optional_rating(label: str) -> Reader:
    def read(sent: Sent, field: str) -> int | None:
        value = sent.get(field)
        # The customers' client sends 0 for stars that nobody has touched.
        if value is None or leading_integer(value) == 0:
            return None
        return _stars(value, field, label)

    return read


def _stars(value: Any, field: str, label: str) -> int:
    stars = leading_integer(value)
    if stars is None or not LOWEST <= stars <= HIGHEST:
        raise FeedbackRefused(f"{label} must be between {LOWEST} and {HIGHEST}", field)
    return stars


def _text(label: str) -> Reader:
    def read(sent: Sent, field: str) -> str | None:
        value = sent.get(field)
        if value is None:
            return None
        if not isinstance(value, str) or "\0" in value:
            raise FeedbackRefused(f"{label} must be text", field)
        if length(value) > LONGEST_TEXT:
            raise FeedbackRefused(f"{label} cannot exceed {LONGEST_TEXT} characters", field)
        return value.strip() or None

    return read


def length(text: str) -> int:
    """Return the length as browsers count it, before anything is trimmed."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _flag(sent: Sent, field: str) -> bool:
    value = sent[field]
    if isinstance(value, bool):
        return value
    raise FeedbackRefused(f"{field} must be true or false", field)


# By JSON name: the column, and who reads it.
RATINGS: dict[str, tuple[str, Reader]] = {
    "rating": ("rating", rating),
    "productQuality": ("product_quality", _optional_rating("Product quality rating")),
    "deliveryExperience": ("delivery_experience", _optional_rating("Delivery experience rating")),
}
COMMENT: dict[str, tuple[str, Reader]] = {"comment": ("comment", _text("Comment"))}
STAFFS: dict[str, tuple[str, Reader]] = {
    "responseText": ("response_text", _text("Response")),
    "isPublic": ("is_public", _flag),
}


def read_answer(sent: Sent) -> dict[str, Any]:
    """
    Return what a customer says, by column.

    :raises FeedbackRefused: with the sentence of the first field that is not acceptable
    """
    readers = {**RATINGS, **COMMENT}
    return {column: read(sent, field) for field, (column, read) in readers.items()}


def read_sent(sent: Sent, *, only: Mapping[str, tuple[str, Reader]]) -> dict[str, Any]:
    """
    Return what was sent of these fields, by column.

    :raises FeedbackRefused: with the sentence of the first field that is not acceptable
    """
    return {column: read(sent, field) for field, (column, read) in only.items() if field in sent}
