"""Reply templates: a text with placeholders, filled in for one feedback."""

import re
from collections.abc import Callable

from django.conf import settings

from apps.feedback.models import Feedback

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
PLACEHOLDERS: dict[str, Callable[[Feedback], str]] = {
    "name": lambda feedback: feedback.order.customer_name.strip(),
    "firstName": lambda feedback: feedback.order.customer_name.split()[0],
    "order": lambda feedback: feedback.order.code,
    "rating": lambda feedback: str(feedback.rating),
    "shop": lambda _feedback: settings.SHOP_NAME,
}


def unknown_placeholders(text: str) -> list[str]:
    """Return what is in braces and stands for nothing."""
    return [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]


def fill_in(text: str, feedback: Feedback) -> str:
    """Return the text with everything known put in; what customers wrote is put in once."""

    def value(match: re.Match[str]) -> str:
        known = PLACEHOLDERS.get(match[1])
        return known(feedback) if known else match[0]

    return _PLACEHOLDER.sub(value, text)
