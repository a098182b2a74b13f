"""What must never stand in a log, wherever it came from."""

import re
from collections.abc import MutableMapping
from typing import Any

REDACTED = "[redacted]"
SECRET_NAMES = re.compile(
    r"passw|secret|token|authorization|cookie|credential|api_?key|private_?key", re.IGNORECASE
)
# What our own tokens and keys look like, and whatever follows the words that announce one.
SECRET_TEXTS = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[^\s'\",]+|\bbrk_[\w-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    # Customers' secret links: the page, its older form, and the link that ends mails.
    r"|(?<=/feedback/)(?:unsubscribe/[\w:-]+|[0-9a-f]{64})|(?<=[?&]token=)[\w-]+"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank out secrets by their name and by their looks; a processor of structlog."""
    for name, value in event.items():
        event[name] = _clean(name, value)
    return event


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _clean(str(inner), held) for inner, held in value.items()}
    if SECRET_NAMES.search(name) and isinstance(value, str | bytes):
        return REDACTED
    if isinstance(value, list | tuple):
        return [_clean(name, held) for held in value]
    return SECRET_TEXTS.sub(REDACTED, value) if isinstance(value, str) else value
