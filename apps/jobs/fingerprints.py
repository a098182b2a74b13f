"""What failures have in common, so that a thousand of them are read as one."""

import re
from hashlib import blake2b

# What differs between two failures of one cause: names in quotes, identifiers, and numbers.
CHANGING = (
    (re.compile(r"\b(?:[a-z]+_)?[0-9A-HJKMNP-TV-Z]{26}\b"), "…"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "…"),
    (re.compile(r"'[^']{1,200}'|\"[^\"]{1,200}\"|“[^”]{1,200}”|`[^`]{1,200}`"), "…"),
    (re.compile(r"\b0x[0-9a-f]+\b|\b[0-9a-f]{16,}\b", re.IGNORECASE), "…"),
    (re.compile(r"\d[\d.,:]*\d|\d"), "…"),
)


def without_particulars(message: str) -> str:
    """Return the message with a mark for everything that is only true of one failure."""
    for pattern, mark in CHANGING:
        message = pattern.sub(mark, message)
    return " ".join(message.split())


def fingerprint_of(*, kind: str, code: str, message: str, origin: str = "") -> str:
    """
    Return the same 16 letters for failures of the same cause.

    :param origin: where in our code it went wrong, if it did
    """
    text = "\x1f".join((kind, code, origin, without_particulars(message)))
    return blake2b(text.encode(), digest_size=8).hexdigest()
