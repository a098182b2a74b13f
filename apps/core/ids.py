"""Identifiers: UUIDv7 inside, a prefix and 26 letters outside. They are names, not secrets."""

from uuid import UUID

from ulid import ULID
from uuid6 import uuid7

from apps.core.errors import Missing


def new_id() -> UUID:
    """Return an identifier that sorts by its time of birth."""
    return uuid7()


def public_id(prefix: str, key: UUID) -> str:
    """Return what clients see: `job_01J9ZD0V7K…`."""
    return f"{prefix}_{ULID.from_uuid(key)}"


def from_public_id(prefix: str, text: str) -> UUID:
    """
    Return the key that a client means; a bare UUID is understood, too.

    :raises Missing: if the text is no identifier of this kind
    """
    try:
        if text.startswith(f"{prefix}_"):
            return ULID.from_str(text.removeprefix(f"{prefix}_").upper()).to_uuid()
        return UUID(text)
    except ValueError:
        raise Missing from None
