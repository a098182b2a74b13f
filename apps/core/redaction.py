"""Take what looks like a secret out of JSON before anybody reads it."""

import re
from typing import Any

HIDDEN = "[redacted]"
SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|secret|authorization|(access|refresh|auth|bearer)[-_]?token"
    r"|api[-_]?key|credential|cookie|private[-_]?key",
    re.IGNORECASE,
)


def redacted(value: Any) -> Any:
    """Return the JSON value with the values of telling names hidden, however deep they are."""
    if isinstance(value, dict):
        return {
            name: HIDDEN if SECRET_NAME.search(str(name)) else redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner) for inner in value]
    return value
