"""Take what looks like a secret out of a partner's answers before anybody reads them."""

from typing import Any

SHOWN_HEADERS = frozenset(
    {"content-type", "content-length", "x-request-id", "x-correlation-id", "retry-after"}
)


def shown_headers(headers: dict[str, Any] | None) -> dict[str, Any]:
    """Return the headers of an answer that help and tell no secret."""
    return {name: text for name, text in (headers or {}).items() if name.lower() in SHOWN_HEADERS}
