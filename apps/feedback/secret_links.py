"""
The secrets in customers' links: 64 hex digits that the database cannot tell.

A secret is a keyed hash of 32 random bytes, the seed. The database holds the seed and a digest of
the secret: neither opens a link, and with a key of FIELD_ENCRYPTION_KEYS the same secret can be
made again while the link is live. Links outlive a new first key; of a key that was taken off the
ring, links go on working but cannot be shown again, and a new one replaces them.
"""

import hmac
import re
import secrets
from typing import Any

from django.conf import settings

from apps.core.tokens import digest

PURPOSE = b"backroom feedback link\0"
SEED_BYTES = 32
SECRET = re.compile(r"[0-9a-f]{64}")


def new_secret() -> tuple[bytes, str]:
    """Return a fresh seed, and its secret under the first key of the ring."""
    seed = secrets.token_bytes(SEED_BYTES)
    return seed, _secret(settings.FIELD_ENCRYPTION_KEYS[0], seed)


def secret_again(seed: bytes, stored_digest: bytes) -> str | None:
    """Return the secret that the digest belongs to; None if its key is off the ring."""
    for key in settings.FIELD_ENCRYPTION_KEYS:
        secret = _secret(key, seed)
        if hmac.compare_digest(digest(secret), stored_digest):
            return secret
    return None


def is_secret(text: Any) -> bool:
    """Return whether this looks like one of ours; anything else needs no query."""
    return isinstance(text, str) and SECRET.fullmatch(text) is not None


def _secret(key: str, seed: bytes) -> str:
    return hmac.digest(key.encode(), PURPOSE + seed, "sha256").hex()
